//! A phone: the real core on real files, with a device of the emulator in the part of the platform.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use pushbridge_core::{
    MessageDisposition, Platform, PlatformEffect, Ports, PullId, PushConfig, PushCore, PushError,
    PushListener, PushStatus, RegistrationKind, SyncOutcome, SyncTrigger,
    clock::{Clock as _, ManualClock},
    entropy::SeededEntropy,
};
use pushbridge_fcm_emulator::{Control, Device, DeviceChange, DeviceId};
use pushbridge_wire::Timestamp;
use tokio::{task::JoinSet, time::timeout};

use super::{
    PATIENCE, START_MS, Shop,
    files::{copy_marker, copy_store, erase},
    net::{Link, Net},
    session::{Provider, Session},
};

/// Longer than any test: a run ends by its own means.
const DEADLINE: Duration = Duration::from_secs(3_600);

/// A phone with the app on it.
pub(crate) struct Phone {
    pub(crate) core: Arc<PushCore>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) link: Arc<Link>,
    pub(crate) session: Arc<Session>,
    pub(crate) device: DeviceId,
    /// What this version of the app was built for: the platform names its address in that dialect.
    dialect: RegistrationKind,
    control: Control,
    shop: Shop,
    folder: PathBuf,
    entropy: Arc<SeededEntropy>,
    /// Process starts so far: each life has a folder of its own, as the one before may be read.
    life: u32,
    run: JoinSet<Result<SyncOutcome, PushError>>,
    seen: u64,
}

/// A question to the platform that has its answer, which the core has not heard yet.
#[derive(Clone)]
pub(crate) struct Pull {
    id: Option<PullId>,
    reset: Option<u64>,
    dialect: RegistrationKind,
    value: String,
}

/// A message that the core let through or dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Handed {
    pub(crate) user: String,
    pub(crate) number: usize,
    pub(crate) to_the_app: bool,
}

/// Effects stand in the status until they are done, so nothing is missed there.
struct Quiet;

impl PushListener for Quiet {
    fn on_effect(&self, _: PlatformEffect) {}
    fn on_status(&self, _: PushStatus) {}
}

impl Phone {
    /// Installs the app; the platform has an address and has told nobody.
    pub(crate) fn install(control: &Control, shop: &Shop, net: &Net, index: usize, folder: PathBuf) -> Self {
        let device = control.add_device(pushbridge_fcm_emulator::Platform::Android).id;
        let clock = Arc::new(ManualClock::at(Timestamp::from_ms(START_MS)));
        let link = Arc::new(Link::new(index, net.clone()));
        let session = Session::new(shop.clone());
        // Phones of one world must differ; their ids may repeat in another world, which is another app.
        let entropy = Arc::new(SeededEntropy::new(1 + index as u64 * 0x1000_0001));
        let core = open(&folder, 0, shop, (&clock, &entropy, &link), &session).unwrap();
        let (control, shop) = (control.clone(), shop.clone());
        Self {
            core,
            clock,
            link,
            session,
            device,
            dialect: RegistrationKind::FcmToken,
            control,
            shop,
            folder,
            entropy,
            life: 0,
            run: JoinSet::new(),
            seen: 0,
        }
    }

    pub(crate) fn status(&self) -> PushStatus {
        self.core.snapshot().unwrap()
    }

    pub(crate) fn device(&self) -> Device {
        self.control.device(&self.device).unwrap()
    }

    /// What the platform names now, in the app's dialect.
    pub(crate) fn address(&self) -> String {
        let device = self.device();
        match self.dialect {
            RegistrationKind::FcmToken => device.fcm_token.expose().to_owned(),
            RegistrationKind::FcmFid => device.fcm_fid.expose().to_owned(),
        }
    }

    fn named(&self, id: Option<PullId>, reset: Option<u64>) -> Pull {
        Pull { id, reset, dialect: self.dialect, value: self.address() }
    }

    /// The app is updated to one that speaks the other dialect, or set back; its process starts anew.
    pub(crate) async fn change_dialect(&mut self) {
        self.dialect = match self.dialect {
            RegistrationKind::FcmToken => RegistrationKind::FcmFid,
            RegistrationKind::FcmFid => RegistrationKind::FcmToken,
        };
        self.crash().await;
    }

    /// Asks the platform for the address.
    pub(crate) fn pull(&self) -> Pull {
        self.named(Some(self.core.begin_pull().unwrap()), None)
    }

    /// What the core asks of the platform when it wants a fresh address: deleteToken, then getToken. With `keeps` the
    /// platform gives the same value again.
    pub(crate) fn reset_platform(&self, keeps: bool) -> Option<Pull> {
        let reset = self.status().pending_reset?;
        if !keeps {
            self.change(DeviceChange::Rotate);
        }
        Some(self.named(None, Some(reset)))
    }

    /// The platform's answer reaches the core.
    pub(crate) fn report(&self, pull: Pull) {
        let Pull { id, reset, dialect, value } = pull;
        match reset {
            Some(reset) => self.core.reset_done(reset, dialect, value).unwrap(),
            None => self.core.on_registration(dialect, value, id).unwrap(),
        };
    }

    /// Asks and reports at once, as at every process start.
    pub(crate) fn report_now(&self) {
        self.report(self.pull());
    }

    pub(crate) fn change(&self, change: DeviceChange) {
        self.control.change(&self.device, change).unwrap();
    }

    /// FCM gives the app another token and calls `onNewToken`, if the app lives to hear it.
    pub(crate) fn rotate(&self, heard: bool) {
        self.change(DeviceChange::Rotate);
        if heard {
            self.report(self.named(None, None));
        }
    }

    /// A person logs in, with a session at the back end.
    pub(crate) async fn login(&self, user: &str) {
        self.session.begin(user).await;
        self.core.login(user.to_owned()).unwrap();
    }

    pub(crate) fn logout(&self) {
        self.session.end();
        self.core.logout().unwrap();
    }

    /// Starts a sync, unless one is under way. Returns when the core waits for the network or has nothing to do.
    pub(crate) async fn start_sync(&mut self, trigger: SyncTrigger) -> Option<SyncOutcome> {
        if self.run.is_empty() {
            let core = self.core.clone();
            self.run.spawn(async move { core.sync_now(DEADLINE, trigger).await });
        }
        self.until_idle().await
    }

    /// Waits until the core waits for the network, or its run has ended: then how.
    pub(crate) async fn until_idle(&mut self) -> Option<SyncOutcome> {
        let idle = async {
            loop {
                if self.run.is_empty() || self.link.is_waiting() {
                    return None;
                }
                tokio::select! {
                    Some(ended) = self.run.join_next() => return Some(ended.unwrap().unwrap()),
                    () = self.link.asked() => {}
                }
            }
        };
        timeout(PATIENCE, idle).await.expect("the core comes to rest")
    }

    /// The app hears its pushes since the last time.
    pub(crate) fn hear(&mut self) -> Vec<Handed> {
        let mut handed = Vec::new();
        for message in self.control.inbox(&self.device, self.seen).unwrap() {
            self.seen = message.seq;
            let data = string_map(&message.message["data"]);
            let read = addressee(&data);
            let disposition = self.core.on_message(data).unwrap();
            if let Some((user, number)) = read {
                let to_the_app = matches!(disposition, MessageDisposition::Deliver { .. });
                handed.push(Handed { user, number, to_the_app });
            }
        }
        handed
    }

    /// What the back end sent and the device got, after its `after`-th message: sequence number, user, number.
    pub(crate) fn arrived(&self, after: u64) -> Vec<(u64, Option<(String, usize)>)> {
        let inbox = self.control.inbox(&self.device, after).unwrap();
        inbox.iter().map(|message| (message.seq, addressee(&string_map(&message.message["data"])))).collect()
    }

    /// The process dies at this moment and starts again on what it left on disk.
    pub(crate) async fn crash(&mut self) {
        let (old, new) = (self.store(), self.store_of(self.life + 1));
        copy_store(&old, &new);
        self.close().await;
        erase(&old);
        self.reopen(self.life + 1);
    }

    /// Ends the process in order.
    pub(crate) async fn close(&mut self) {
        self.link.hang_up();
        self.core.shutdown(Duration::ZERO).await;
        self.run.shutdown().await;
    }

    fn reopen(&mut self, life: u32) {
        self.life = life;
        let ports = (&self.clock, &self.entropy, &self.link);
        self.core = open(&self.folder, life, &self.shop, ports, &self.session).unwrap();
    }

    /// The store is lost: data cleared, or the app installed anew.
    pub(crate) async fn lose_store(&mut self) {
        self.close().await;
        erase(&self.store());
        erase(&self.markers());
        self.session.end();
        self.reopen(self.life + 1);
    }

    /// A backup takes the store, and with `whole` the marker that no backup should take.
    pub(crate) fn back_up(&self, to: &std::path::Path) {
        erase(to);
        copy_store(&self.store(), &to.join("store"));
        copy_marker(&self.markers(), &to.join("marker"));
    }

    /// A backup, perhaps another phone's, is put in the place of the store. With `whole` its marker too, so that the
    /// core cannot tell.
    pub(crate) async fn restore(&mut self, backup: &std::path::Path, whole: bool) {
        self.close().await;
        let life = self.life + 1;
        copy_store(&backup.join("store"), &self.store_of(life));
        if whole {
            copy_marker(&backup.join("marker"), &self.markers());
        }
        self.reopen(life);
    }

    pub(crate) fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) fn set_back(&self, by: Duration) {
        self.clock.set(self.clock.now().minus(by));
    }

    fn store(&self) -> PathBuf {
        self.store_of(self.life)
    }

    fn store_of(&self, life: u32) -> PathBuf {
        self.folder.join(format!("store-{life}"))
    }

    fn markers(&self) -> PathBuf {
        self.folder.join("marker")
    }
}

fn open(
    folder: &std::path::Path,
    life: u32,
    shop: &Shop,
    (clock, entropy, link): (&Arc<ManualClock>, &Arc<SeededEntropy>, &Arc<Link>),
    session: &Arc<Session>,
) -> Result<Arc<PushCore>, PushError> {
    let store = folder.join(format!("store-{life}"));
    // The transport is the test's; the URL is never used.
    let mut config = PushConfig::new(
        "https://push.example.com",
        &shop.id,
        &store.display().to_string(),
        Platform::Android,
    );
    config.marker_dir = Some(folder.join("marker").display().to_string());
    config.request_timeout = DEADLINE;
    config.credentials_timeout = PATIENCE;
    let ports = Ports { clock: clock.clone(), entropy: entropy.clone(), transport: link.clone() };
    PushCore::open_with(config, ports, Arc::new(Provider(session.clone())), Arc::new(Quiet))
}

fn string_map(value: &serde_json::Value) -> HashMap<String, String> {
    let pair = |(key, value): (&String, &serde_json::Value)| Some((key.clone(), value.as_str()?.to_owned()));
    value.as_object().map(|map| map.iter().filter_map(pair).collect()).unwrap_or_default()
}

/// For whom the back end meant it; none for the server's own.
fn addressee(data: &HashMap<String, String>) -> Option<(String, usize)> {
    Some((data.get("for")?.clone(), data.get("number")?.parse().ok()?))
}
