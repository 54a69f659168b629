//! The real FCM client against the emulator: OAuth, HTTP/2 and FCM's own error bodies.

use std::time::Duration;

use pushbridge_fcm_emulator::{Device, DeviceChange, FaultSpec, FcmEmulator, Options, Platform};
use serde_json::json;

use super::Running;
use crate::{
    store::NewApp,
    testing::{Bench, Phone},
};

const PATIENCE: Duration = Duration::from_secs(20);

/// App `shop` sends to an emulator, where anna's phone is.
async fn start() -> (Bench, FcmEmulator, Device) {
    let bench = Bench::new().await;
    let emulator = FcmEmulator::start(Options::default()).await.unwrap();
    let app = NewApp {
        service_account: emulator.service_account_json().to_owned(),
        fcm_endpoint: Some(emulator.url().to_owned()),
        ..bench.shop.app.clone()
    };
    assert!(bench.app.store.replace_app(app, "operator", bench.now()).await.unwrap());
    let device = emulator.control().add_device(Platform::Android);
    let mut phone = Phone::new(1, "anna");
    phone.token = Some(device.fcm_token.expose().to_owned());
    bench.put(&mut phone).await;
    (bench, emulator, device)
}

/// A5, A7: from the backend's request to the device's inbox, through OAuth and FCM's v1 API.
#[tokio::test]
async fn a_message_arrives_on_the_device_with_the_servers_keys() {
    let (bench, emulator, device) = start().await;
    let running = Running::start(&bench.app);
    let message =
        json!({"notification": {"title": "hi"}, "android": {"data": {"a": "1"}, "priority": "high"}});
    let accepted = bench.accept(json!({"to": {"user": "anna"}, "message": message})).await.unwrap();
    let inbox = emulator.control().wait_for_inbox(&device.id, 1, PATIENCE).await.unwrap();
    let keys = json!({"pb_app": "shop", "pb_msg": accepted.message_id, "pb_login": "login-1"});
    assert_eq!(inbox[0].message["data"], keys);
    assert_eq!(inbox[0].message["android"]["data"]["pb_login"], "login-1");
    assert_eq!(inbox[0].message["android"]["data"]["a"], "1");
    running.stop().await;
    assert_eq!(bench.fate(&accepted).await, ("sent".to_owned(), None));
    emulator.shutdown().await;
}

/// B4: a token that the platform gave up is retired by FCM's own answer.
#[tokio::test]
async fn an_uninstalled_app_is_retired_by_fcms_own_answer() {
    let (bench, emulator, device) = start().await;
    emulator.control().change(&device.id, DeviceChange::Uninstall).unwrap();
    let mut settled = bench.app.wake.watch_settled();
    let running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    settled.changed().await.unwrap();
    running.stop().await;
    assert_eq!(bench.fate(&accepted).await, ("failed".to_owned(), Some("unregistered".to_owned())));
    assert_eq!(bench.text("SELECT address_state FROM installations").await, "retired");
    emulator.shutdown().await;
}

#[tokio::test]
async fn an_outage_of_fcm_parks_the_delivery_and_leaves_the_address_alone() {
    let (bench, emulator, _device) = start().await;
    let fault: FaultSpec = serde_json::from_value(json!({"status": 503, "times": 1})).unwrap();
    emulator.control().add_fault(fault).unwrap();
    let mut settled = bench.app.wake.watch_settled();
    let running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    settled.changed().await.unwrap();
    running.stop().await;
    assert_eq!(bench.fate(&accepted).await, ("pending".to_owned(), Some("unavailable".to_owned())));
    assert_eq!(bench.text("SELECT address_state FROM installations").await, "live");
    emulator.shutdown().await;
}
