//! The life of a device, through the control API and what sends are answered.

use std::time::Duration;

use pushbridge_fcm_emulator::{Device, DeviceChange, DeviceState, NewDevice, Options, Platform};
use serde_json::{Value, json};

use crate::support::{Bench, to_token};

async fn change(bench: &Bench, id: &Value, change: &str) -> Value {
    let path = format!("/devices/{}/{change}", id.as_str().unwrap());
    let answer = bench.post_control(&path, Value::Null).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body
}

async fn send_status(bench: &Bench, device: &Value) -> u16 {
    bench.send(&json!({"message": {"token": device["fcm_token"]}})).await.status
}

/// B4, B8: a rotated token replaces the old one, which is unregistered from then on.
#[tokio::test]
async fn a_rotation_gives_new_values_and_ends_the_old_ones() {
    let bench = Bench::start().await;
    let before = bench.post_control("/devices", json!({"platform": "android"})).await.body;
    let after = change(&bench, &before["id"], "rotate").await;
    assert_eq!(after["id"], before["id"]);
    assert_ne!(after["fcm_token"], before["fcm_token"]);
    assert_ne!(after["fcm_fid"], before["fcm_fid"]);
    assert!(after["fcm_token"].as_str().unwrap().starts_with(after["fcm_fid"].as_str().unwrap()));
    assert_eq!(send_status(&bench, &before).await, 404);
    assert_eq!(bench.send(&json!({"message": {"fid": before["fcm_fid"]}})).await.status, 404);
    assert_eq!(send_status(&bench, &after).await, 200);
    assert_eq!(bench.send(&json!({"message": {"fid": after["fcm_fid"]}})).await.status, 200);
    let logged: Vec<_> = bench.control().requests(0).iter().map(|request| request.device.clone()).collect();
    assert!(
        logged.iter().all(|id| id.as_ref().unwrap().as_str() == before["id"]),
        "dead addresses are known"
    );
}

/// B4: uninstalling ends the token, reinstalling on the same device gives another.
#[tokio::test]
async fn a_reinstalled_app_has_new_values() {
    let bench = Bench::start().await;
    let before = bench.post_control("/devices", json!({"platform": "ios"})).await.body;
    assert_eq!(change(&bench, &before["id"], "uninstall").await["state"], "unregistered");
    assert_eq!(send_status(&bench, &before).await, 404);
    let after = change(&bench, &before["id"], "reinstall").await;
    assert_eq!(after["state"], "active");
    assert_eq!(send_status(&bench, &before).await, 404);
    assert_eq!(send_status(&bench, &after).await, 200);
}

#[tokio::test]
async fn an_expired_device_comes_back_by_a_rotation() {
    let bench = Bench::start().await;
    let before = bench.post_control("/devices", json!({"platform": "android"})).await.body;
    assert_eq!(change(&bench, &before["id"], "expire").await["state"], "expired");
    let after = change(&bench, &before["id"], "rotate").await;
    assert_eq!(after["state"], "active");
    assert_eq!((send_status(&bench, &before).await, send_status(&bench, &after).await), (404, 200));
}

#[tokio::test]
async fn a_device_of_another_project_stays_there() {
    let bench = Bench::start().await;
    let made = bench.post_control("/devices", json!({"platform": "web", "project": "theirs"})).await.body;
    assert_eq!((&made["state"], &made["project"]), (&json!("other_project"), &json!("theirs")));
    assert_eq!(send_status(&bench, &made).await, 403);
    let rotated = change(&bench, &made["id"], "rotate").await;
    assert_eq!(send_status(&bench, &rotated).await, 403);
    let ours = bench.post_control("/devices", json!({"platform": "web", "project": "demo"})).await.body;
    assert_eq!(send_status(&bench, &ours).await, 200);
    assert_eq!(change(&bench, &ours["id"], "other-project").await["state"], "other_project");
    assert_eq!(send_status(&bench, &ours).await, 403);
}

#[tokio::test]
async fn messages_wait_for_a_device_without_network() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().change(&phone.id, DeviceChange::Offline).unwrap();
    let send = |n: usize, android: Value| {
        let token = phone.fcm_token.expose();
        json!({"message": {"token": token, "data": {"n": n.to_string()}, "android": android}})
    };
    for (n, android) in [
        json!({}),
        json!({"ttl": "0s"}),
        json!({"ttl": "3600s"}),
        json!({"collapse_key": "score"}),
        json!({"collapse_key": "score"}),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(bench.send(&send(n, android)).await.status, 200);
    }
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
    bench.clock.advance(Duration::from_secs(3600));
    let online = bench.control().change(&phone.id, DeviceChange::Online).unwrap();
    assert!(online.online);
    let inbox = bench.control().inbox(&phone.id, 0).unwrap();
    let arrived: Vec<_> =
        inbox.iter().map(|message| message.message["data"]["n"].as_str().unwrap()).collect();
    assert_eq!(arrived, ["0", "4"]);
    assert!(inbox.iter().all(|message| message.at_us == 3_600_000_000));
    assert!(bench.control().requests(0).iter().all(|request| request.accepted));
}

#[tokio::test]
async fn what_waits_for_an_app_goes_with_it() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().change(&phone.id, DeviceChange::Offline).unwrap();
    bench.send_to(&phone).await;
    bench.control().change(&phone.id, DeviceChange::Reinstall).unwrap();
    bench.control().change(&phone.id, DeviceChange::Online).unwrap();
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
}

#[tokio::test]
async fn impossible_changes_say_what_to_do_instead() {
    let bench = Bench::start().await;
    let phone = bench.post_control("/devices", json!({"platform": "android"})).await.body;
    let id = phone["id"].as_str().unwrap();
    let post = async |change: &str| bench.post_control(&format!("/devices/{id}/{change}"), Value::Null).await;
    let apns = post("apns-dead").await;
    assert_eq!((apns.status, &apns.body["code"]), (409, &json!("conflict")));
    change(&bench, &phone["id"], "uninstall").await;
    let rotate = post("rotate").await;
    assert_eq!(rotate.status, 409);
    assert!(rotate.body["detail"].as_str().unwrap().contains("reinstall"));
    let unknown = post("explode").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.body["detail"].as_str().unwrap().contains("uninstall"));
}

#[tokio::test]
async fn one_seed_gives_one_world() {
    let seeded = |seed| Options { seed: Some(seed), ..Options::default() };
    let live = |bench: &Bench| -> Vec<Device> {
        let control = bench.control();
        let mut devices = control.add_devices(&NewDevice::of(Platform::Android), 3);
        devices.push(control.change(&devices[0].id, DeviceChange::Rotate).unwrap());
        devices
    };
    let (one, two, other) =
        (Bench::with(seeded(7)).await, Bench::with(seeded(7)).await, Bench::with(seeded(8)).await);
    let lived = live(&one);
    assert_eq!(lived, live(&two));
    assert_ne!(lived[0].fcm_token, live(&other)[0].fcm_token);
    let name = one.send_to(&lived[1]).await;
    assert_eq!(name, two.send_to(&lived[1]).await, "message ids repeat too");
    one.control().reset();
    assert_eq!(live(&one), lived, "a reset begins the sequence again");
    assert_eq!(one.send_to(&lived[1]).await, name);
}

#[tokio::test]
async fn a_device_that_rotates_for_ever_is_remembered_by_its_last_addresses() {
    let bench = Bench::start().await;
    let first = bench.control().add_device(Platform::Android);
    let mut latest = first.clone();
    for _ in 0..17 {
        latest = bench.control().change(&first.id, DeviceChange::Rotate).unwrap();
    }
    assert_eq!(latest.state, DeviceState::Active);
    assert_eq!(bench.send(&to_token(&first)).await.status, 404, "long forgotten, still unregistered");
    assert_eq!(bench.send(&to_token(&latest)).await.status, 200);
    let devices: Vec<_> = bench.control().requests(0).into_iter().map(|request| request.device).collect();
    assert_eq!(devices, [None, Some(first.id)]);
}

/// A phone that lies still: what is urgent comes through, the rest waits by the rules of a phone without network.
#[tokio::test]
async fn a_dozing_phone_gets_high_priority_alone() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().change(&phone.id, DeviceChange::Doze).unwrap();
    let token = phone.fcm_token.expose();
    for message in [
        json!({"token": token, "data": {"is": "data"}}),
        json!({"token": token, "data": {"is": "high"}, "android": {"priority": "high"}}),
        json!({"token": token, "data": {"is": "shown"}, "notification": {"title": "t"}}),
        json!({"token": token, "data": {"is": "normal"}, "notification": {"title": "t"}, "android": {"priority": "normal"}}),
        json!({"token": token, "data": {"is": "now or never"}, "android": {"ttl": "0s"}}),
    ] {
        assert_eq!(bench.send(&json!({"message": message})).await.status, 200);
    }
    let arrived = || -> Vec<Value> {
        let inbox = bench.control().inbox(&phone.id, 0).unwrap();
        inbox.into_iter().map(|mut message| message.message["data"]["is"].take()).collect()
    };
    assert_eq!(arrived(), ["high", "shown"]);
    // Out of a tunnel in a pocket: the network alone wakes nobody.
    bench.control().change(&phone.id, DeviceChange::Offline).unwrap();
    bench
        .send(&json!({"message": {"token": token, "data": {"is": "late"}, "android": {"priority": "high"}}}))
        .await;
    bench.control().change(&phone.id, DeviceChange::Wake).unwrap();
    assert_eq!(arrived(), ["high", "shown"], "awake, but without network");
    bench.control().change(&phone.id, DeviceChange::Doze).unwrap();
    bench.control().change(&phone.id, DeviceChange::Online).unwrap();
    assert_eq!(arrived(), ["high", "shown", "late"]);
    assert!(bench.control().change(&phone.id, DeviceChange::Wake).is_ok_and(|phone| !phone.dozing));
    assert_eq!(arrived(), ["high", "shown", "late", "data", "normal"]);
    let iphone = bench.control().add_device(Platform::Ios);
    let refused = bench.control().change(&iphone.id, DeviceChange::Doze).unwrap_err();
    assert!(refused.to_string().contains("use `offline`"), "{refused}");
}
