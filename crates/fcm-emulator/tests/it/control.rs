//! The control API as a person with curl meets it.

use pushbridge_fcm_emulator::Platform;
use serde_json::{Value, json};

use crate::support::{Answer, Bench};

#[tokio::test]
async fn one_call_makes_one_device_or_many() {
    let bench = Bench::start().await;
    let one = bench.post_control("/devices", json!({"platform": "ios", "package": "com.example.shop"})).await;
    assert_eq!(one.status, 201);
    let keys: Vec<&str> = one.body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["dozing", "fcm_fid", "fcm_token", "id", "online", "package", "platform", "project", "state"]
    );
    assert_eq!((&one.body["package"], &one.body["state"]), (&json!("com.example.shop"), &json!("active")));
    let many = bench.post_control("/devices", json!({"platform": "web", "count": 1001})).await;
    assert_eq!(many.body["devices"].as_array().unwrap().len(), 1001);
    let shown = bench.get_control(&format!("/devices/{}", one.body["id"].as_str().unwrap())).await;
    assert_eq!(shown.body, one.body);

    let page = bench.get_control("/devices").await.body;
    assert_eq!((page["devices"].as_array().unwrap().len(), &page["next"]), (1000, &json!(1000)));
    assert_eq!(page["devices"][0], one.body);
    let rest = bench.get_control("/devices?from=1000").await.body;
    assert_eq!((rest["devices"].as_array().unwrap().len(), &rest["next"]), (2, &Value::Null));
    assert_eq!(bench.control().devices().len(), 1002);
}

#[tokio::test]
async fn wrong_control_calls_are_told_what_to_do() {
    let bench = Bench::start().await;
    let mut refused = serde_json::Map::new();
    for (case, body) in [
        ("no platform", json!({})),
        ("unknown platform", json!({"platform": "windows"})),
        ("unknown field", json!({"platform": "ios", "name": "x"})),
        ("no devices", json!({"platform": "ios", "count": 0})),
        ("too many devices", json!({"platform": "ios", "count": 100_001})),
        ("bad project", json!({"platform": "ios", "project": "A B"})),
    ] {
        refused.insert(case.into(), bench.post_control("/devices", body).await.body);
    }
    let no_json = bench.http1.post(bench.control_url("/devices")).body("platform=ios").send().await.unwrap();
    assert_eq!(no_json.headers()["content-type"], "application/problem+json");
    refused.insert("no json".into(), Answer::of(no_json).await.body);
    refused.insert("no such call".into(), bench.get_control("/phones").await.body);
    refused.insert("no such method".into(), bench.get_control("/reset").await.body);
    refused.insert("no such device".into(), bench.get_control("/devices/dev_0").await.body);
    refused.insert("bad page".into(), bench.get_control("/devices?from=x").await.body);
    refused.insert("bad query".into(), bench.get_control("/requests?since=1").await.body);
    insta::assert_json_snapshot!("refused_control_calls", refused);
}

#[tokio::test]
async fn a_reset_forgets_everything_but_the_account() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.send_to(&phone).await;
    bench.post_control("/faults", json!({"status": 503})).await;
    let answer = bench.post_control("/reset", Value::Null).await;
    assert_eq!(answer.status, 204);
    assert_eq!(bench.get_control("/faults").await.body, json!({"faults": []}));
    assert_eq!(bench.get_control("/requests").await.body, json!({"requests": []}));
    let none = json!({"requests": 0, "connections": 0, "max_in_flight": 0, "max_streams": 0});
    assert_eq!(bench.get_control("/stats").await.body, none);
    assert!(bench.control().devices().is_empty());
    assert_eq!(bench.send_to(&phone).await.status, 404);
}

#[tokio::test]
async fn stats_count_sends_and_their_connections() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for client in [&bench.http1, &bench.http2, &bench.http2] {
        bench.try_send(client, &crate::support::to_token(&phone)).await.unwrap().bytes().await.unwrap();
    }
    let expected = json!({"requests": 3, "connections": 2, "max_in_flight": 1, "max_streams": 1});
    assert_eq!(bench.get_control("/stats").await.body, expected);
    bench.control().reset();
    let phone = bench.control().add_device(Platform::Android);
    bench.try_send(&bench.http2, &crate::support::to_token(&phone)).await.unwrap();
    assert_eq!(bench.control().stats().connections, 1, "a connection that stayed open counts again");
}
