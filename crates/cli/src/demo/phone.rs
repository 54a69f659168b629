//! A simulated phone: the real core, with a device of the emulator in the part of the platform.

use std::{collections::HashMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use pushbridge_core::{
    LogoutState, MessageDisposition, PlatformEffect, PushConfig, PushCore, PushListener, PushStatus,
    RegistrationKind, SyncOutcome, SyncTrigger,
};
use pushbridge_fcm_emulator::{Control, DeviceChange, DeviceId, Platform};

use super::{backend::Session, relay::Relay, report::Difference};

/// How long a sync may take. Generous: the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(20);

/// A phone with the app on it.
pub(super) struct Phone {
    pub(super) name: &'static str,
    core: Arc<PushCore>,
    control: Control,
    device: DeviceId,
    relay: Relay,
    seen: u64,
}

/// What a phone got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Received {
    pub(super) title: String,
    /// Whether the core would hand it to the app; the system shows a notification without asking.
    pub(super) handed_over: bool,
}

/// What is needed to install the app on a phone.
pub(super) struct Install {
    pub(super) name: &'static str,
    pub(super) app: String,
    pub(super) store: PathBuf,
    pub(super) server: SocketAddr,
    pub(super) session: Session,
    pub(super) platform: Platform,
}

/// Effects are read from the core's status, which holds them until they are done; nothing may be missed there.
struct Quiet;

impl PushListener for Quiet {
    fn on_effect(&self, _: PlatformEffect) {}
    fn on_status(&self, _: PushStatus) {}
}

fn core_failed(error: impl std::fmt::Display) -> Difference {
    Difference(format!("the core failed: {error}"))
}

impl Phone {
    /// Installs the app on a new phone: the platform gives it its first address.
    pub(super) async fn install(control: &Control, install: Install) -> Result<Self, Difference> {
        let device = control.add_device(install.platform).id;
        Self::open(control, device, 0, install).await
    }

    /// Installs the app anew on the same phone: another store, another address.
    pub(super) async fn reinstall(self, install: Install) -> Result<Self, Difference> {
        let Self { core, control, device, seen, .. } = self;
        core.shutdown(Duration::from_secs(5)).await;
        control.change(&device, DeviceChange::Reinstall).map_err(core_failed)?;
        Self::open(&control, device, seen, install).await
    }

    async fn open(
        control: &Control,
        device: DeviceId,
        seen: u64,
        install: Install,
    ) -> Result<Self, Difference> {
        let relay = Relay::start(install.server).await.map_err(core_failed)?;
        let store = install.store.display().to_string();
        let platform = match install.platform {
            Platform::Ios => pushbridge_core::Platform::Ios,
            Platform::Web => pushbridge_core::Platform::Web,
            Platform::Android => pushbridge_core::Platform::Android,
        };
        let mut config = PushConfig::new(&relay.url(), &install.app, &store, platform);
        config.https_only = false;
        config.app_version = Some("1.0.0".to_owned());
        let core = PushCore::open(config, Arc::new(install.session), Arc::new(Quiet)).map_err(core_failed)?;
        let phone = Self { name: install.name, core, control: control.clone(), device, relay, seen };
        phone.platform_callback()?;
        Ok(phone)
    }

    /// The platform tells the app its address, as `onNewToken` does; the core only takes it in.
    fn platform_callback(&self) -> Result<(), Difference> {
        let pull = self.core.begin_pull().map_err(core_failed)?;
        let token = self.token()?;
        self.core.on_registration(RegistrationKind::FcmToken, token, Some(pull)).map_err(core_failed)?;
        Ok(())
    }

    fn token(&self) -> Result<String, Difference> {
        let device = self.control.device(&self.device).map_err(core_failed)?;
        Ok(device.fcm_token.expose().to_owned())
    }

    /// What may be shown of the present address.
    pub(super) fn fingerprint(&self) -> Result<String, Difference> {
        let status = self.core.snapshot().map_err(core_failed)?;
        Ok(status.address_fingerprint.unwrap_or_else(|| "none".to_owned()))
    }

    /// FCM gives the app another token.
    pub(super) fn rotate(&self) -> Result<(), Difference> {
        self.control.change(&self.device, DeviceChange::Rotate).map_err(core_failed)?;
        self.platform_callback()
    }

    /// The person deletes the app; nobody tells the server.
    pub(super) fn uninstall(&self) -> Result<(), Difference> {
        self.control.change(&self.device, DeviceChange::Uninstall).map_err(core_failed)?;
        Ok(())
    }

    pub(super) fn set_online(&self, online: bool) {
        self.relay.set_online(online);
    }

    pub(super) async fn login(&self, user: &str) -> Result<(), Difference> {
        self.core.login(user.to_owned()).map_err(core_failed)?;
        self.settle().await
    }

    /// Durable at once; done when [`Self::settle`] says so.
    pub(super) fn logout(&self) -> Result<(), Difference> {
        self.core.logout().map_err(core_failed)?;
        Ok(())
    }

    /// Whether the last logout is done, and the wall was closed.
    pub(super) fn logout_is_done(&self) -> Result<bool, Difference> {
        let status = self.core.snapshot().map_err(core_failed)?;
        Ok(status.logout == LogoutState::Done { wall_closed: true })
    }

    pub(super) fn status(&self) -> Result<PushStatus, Difference> {
        self.core.snapshot().map_err(core_failed)
    }

    /// Does what the core asks of the platform and syncs, until there is nothing left to do.
    pub(super) async fn settle(&self) -> Result<(), Difference> {
        const ROUNDS: usize = 6;
        for _ in 0..ROUNDS {
            self.answer_reset()?;
            let outcome = self.sync().await?;
            let waits = self.core.snapshot().map_err(core_failed)?.pending_reset.is_some();
            match outcome {
                SyncOutcome::UpToDate | SyncOutcome::Delivered { .. } if !waits => return Ok(()),
                SyncOutcome::UpToDate | SyncOutcome::Delivered { .. } | SyncOutcome::AwaitingAddress => {}
                other => return Err(Difference(format!("{} could not sync: {other:?}", self.name))),
            }
        }
        Err(Difference(format!("{} is still not in step with the server", self.name)))
    }

    /// One sync, whatever comes of it.
    pub(super) async fn sync(&self) -> Result<SyncOutcome, Difference> {
        self.core.sync_now(DEADLINE, SyncTrigger::NetworkBack).await.map_err(core_failed)
    }

    /// deleteToken, then getToken.
    fn answer_reset(&self) -> Result<(), Difference> {
        let Some(reset) = self.core.snapshot().map_err(core_failed)?.pending_reset else { return Ok(()) };
        self.control.change(&self.device, DeviceChange::Rotate).map_err(core_failed)?;
        self.core.reset_done(reset, RegistrationKind::FcmToken, self.token()?).map_err(core_failed)?;
        Ok(())
    }

    /// What has come since the last call, without the server's own messages.
    pub(super) fn receive(&mut self) -> Result<Vec<Received>, Difference> {
        let mut received = Vec::new();
        for message in self.control.inbox(&self.device, self.seen).map_err(core_failed)? {
            self.seen = message.seq;
            let data = string_map(&message.message["data"]);
            let title = match message.message["notification"]["title"].as_str() {
                Some(title) => title.to_owned(),
                None => data.get("title").cloned().unwrap_or_default(),
            };
            match self.core.on_message(data).map_err(core_failed)? {
                MessageDisposition::Deliver { .. } => received.push(Received { title, handed_over: true }),
                MessageDisposition::DropForeignLogin => received.push(Received { title, handed_over: false }),
                MessageDisposition::Sync | MessageDisposition::Challenge | MessageDisposition::Ignore => {}
            }
        }
        Ok(received)
    }

    pub(super) async fn close(&self) {
        self.core.shutdown(Duration::from_secs(5)).await;
    }
}

fn string_map(value: &serde_json::Value) -> HashMap<String, String> {
    let pair = |(key, value): (&String, &serde_json::Value)| Some((key.clone(), value.as_str()?.to_owned()));
    value.as_object().map(|map| map.iter().filter_map(pair).collect()).unwrap_or_default()
}
