//! Real cores on real sockets: each request that a core can make, and each answer that it can get.

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

use pushbridge_core::{
    CredentialReply, CredentialsProvider, LogoutState, MessageDisposition, Platform, PlatformEffect,
    PushConfig, PushCore, PushListener, PushStatus, ReceiptEvent,
    RegistrationKind::{FcmFid, FcmToken},
    SyncOutcome, SyncTrigger, TlsRoots,
};
use pushbridge_fcm_emulator::{Device, DeviceChange};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use super::log::Secrets;
use crate::fixture::{Fixture, PATIENCE};

const FORGED: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJlbW1hIn0.Zm9yZ2VkLWJ5LWEtY29yZQ";
const PROXY_PASSWORD: &str = "password-of-the-proxy-0123";

/// An app whose first proof is refused.
struct App(String);

impl CredentialsProvider for App {
    fn request(&self, _user_id: String, force_refresh: bool, reply: Arc<CredentialReply>) {
        reply.provide(if force_refresh { self.0.clone() } else { FORGED.to_owned() });
    }
}

impl PushListener for App {
    fn on_effect(&self, effect: PlatformEffect) {
        tracing::debug!(?effect, "an app logs what it hears");
    }

    fn on_status(&self, status: PushStatus) {
        tracing::debug!(?status, "an app logs what it hears");
    }
}

/// Lives through everything and adds what of it is secret. What the cores show of themselves.
pub(super) async fn live(fixture: &Fixture, secrets: &mut Secrets) -> String {
    let folder = tempfile::tempdir().unwrap();
    let proof = fixture.user_token("emma").await;
    secrets.add("a forged proof of a core", FORGED);
    secrets.add("a proof of a core", &proof);
    let first = folder.path().join("first");
    let core = open(fixture, &first, &proof, |_| ());
    secrets.add("a core's secret", &secret_in(&first));
    let mut device = fixture.control().add_device(pushbridge_fcm_emulator::Platform::Android);
    add_device(secrets, &device);
    core.on_registration(FcmToken, token(&device), None).unwrap();
    core.login("emma".to_owned()).unwrap();
    delivered(&core).await;
    device = fixture.control().change(&device.id, DeviceChange::Rotate).unwrap();
    add_device(secrets, &device);
    core.on_registration(FcmToken, token(&device), None).unwrap();
    delivered(&core).await;
    core.receipt("msg_1".to_owned(), ReceiptEvent::Opened).unwrap();
    core.on_registration(FcmFid, device.fcm_fid.expose().to_owned(), None).unwrap();
    delivered(&core).await;
    let mut shown = show(&core);

    // The app is installed anew over the same device: challenge and echo.
    let second = folder.path().join("second");
    let anew = open(fixture, &second, &proof, |_| ());
    secrets.add("another core's secret", &secret_in(&second));
    anew.on_registration(FcmFid, device.fcm_fid.expose().to_owned(), None).unwrap();
    anew.login("emma".to_owned()).unwrap();
    delivered(&anew).await;
    shown += &show(&anew);
    let challenge = challenge(fixture, &device).await;
    secrets.add("a nonce of a core", &challenge["pb_challenge"]);
    assert_eq!(anew.on_message(challenge).unwrap(), MessageDisposition::Challenge);
    delivered(&anew).await;
    anew.logout().unwrap();
    let reset = anew.snapshot().unwrap().pending_reset.unwrap();
    device = fixture.control().change(&device.id, DeviceChange::Rotate).unwrap();
    add_device(secrets, &device);
    anew.reset_done(reset, FcmToken, token(&device)).unwrap();
    delivered(&anew).await;
    assert!(matches!(anew.snapshot().unwrap().logout, LogoutState::Done { .. }));
    shown += &show(&anew);
    shown += &failures(fixture, folder.path(), secrets, &device).await;
    for core in [core, anew] {
        core.shutdown(PATIENCE).await;
    }
    shown
}

type Change = Box<dyn Fn(&mut PushConfig)>;

/// No connection, no TLS, a server that is none, a proxy that refuses, a store that is damaged.
async fn failures(fixture: &Fixture, folder: &Path, secrets: &mut Secrets, device: &Device) -> String {
    secrets.add("a proxy's password", PROXY_PASSWORD);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let emulator = fixture.emulator.url().to_owned();
    let address = fixture.http.address;
    let failing: [(&str, Change); 4] = [
        ("closed", Box::new(move |config| config.base_url = format!("http://{closed}"))),
        ("tls", Box::new(move |config| config.base_url = format!("https://{address}"))),
        ("portal", Box::new(move |config| config.base_url.clone_from(&emulator))),
        (
            "proxy",
            Box::new(move |config| config.proxy = Some(format!("http://me:{PROXY_PASSWORD}@{closed}"))),
        ),
    ];
    let mut shown = String::new();
    for (name, change) in failing {
        let store = folder.join(name);
        for damaged in [false, true] {
            let core = open(fixture, &store, "no-proof-at-all", &*change);
            secrets.add(format!("secret of {name}, damaged: {damaged}"), &secret_in(&store));
            if let Some(reset) = core.snapshot().unwrap().pending_reset {
                core.reset_done(reset, FcmToken, token(device)).unwrap();
            }
            core.on_registration(FcmToken, token(device), None).unwrap();
            let outcome = core.sync_now(PATIENCE, SyncTrigger::Start).await.unwrap();
            assert!(matches!(outcome, SyncOutcome::Deferred { .. }), "{name}: {outcome:?}");
            shown += &format!("{} {outcome:?}", show(&core));
            core.shutdown(PATIENCE).await;
            std::fs::write(store.join("pushbridge-core.db"), "garbage ".repeat(1_000)).unwrap();
        }
    }
    shown
}

fn open(fixture: &Fixture, store: &Path, proof: &str, change: impl Fn(&mut PushConfig)) -> Arc<PushCore> {
    let url = format!("http://{}", fixture.http.address);
    let mut config = PushConfig::new(&url, "shop", store.to_str().unwrap(), Platform::Android);
    config.https_only = false;
    config.tls = TlsRoots::Bundled;
    change(&mut config);
    let app = Arc::new(App(proof.to_owned()));
    PushCore::open(config, app.clone(), app).unwrap()
}

async fn delivered(core: &PushCore) {
    let outcome = core.sync_now(PATIENCE, SyncTrigger::Start).await.unwrap();
    assert!(matches!(outcome, SyncOutcome::Delivered { .. } | SyncOutcome::UpToDate), "{outcome:?}");
}

fn show(core: &PushCore) -> String {
    format!("{:?} {:?}\n", core.snapshot().unwrap(), core.diagnose().unwrap())
}

fn token(device: &Device) -> String {
    device.fcm_token.expose().to_owned()
}

fn add_device(secrets: &mut Secrets, device: &Device) {
    secrets.add("a core's token", device.fcm_token.expose());
    secrets.add("a core's FID", device.fcm_fid.expose());
}

/// What nobody but the core and its store know.
fn secret_in(store: &Path) -> String {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(store.join("pushbridge-core.db"), flags).unwrap();
    connection.busy_timeout(Duration::from_secs(5)).unwrap();
    let identity = "SELECT body FROM section WHERE name = 'identity'";
    let body: String = connection.query_row(identity, [], |row| row.get(0)).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    body["secret"].as_str().unwrap().to_owned()
}

/// The challenge that reached the device.
async fn challenge(fixture: &Fixture, device: &Device) -> HashMap<String, String> {
    for count in 1.. {
        let inbox = fixture.control().wait_for_inbox(&device.id, count, PATIENCE).await.unwrap();
        let data = inbox.iter().map(|one| &one.message["data"]).find(|data| data["pb_challenge"].is_string());
        if let Some(data) = data {
            return serde_json::from_value(data.clone()).unwrap();
        }
    }
    unreachable!("the wait ends in time or panics")
}
