//! What `messages:send` accepts, and what reaches the device.

use pushbridge_fcm_emulator::Platform;
use serde_json::{Value, json};

use crate::support::{Answer, Bench, SOON, to_token};

/// Sends a body as text, so that duplicate keys survive.
async fn send_text(bench: &Bench, path: &str, text: &str) -> Answer {
    let request = bench.http1.post(bench.url(path)).bearer_auth("owner").body(text.to_owned());
    Answer::of(request.send().await.unwrap()).await
}

/// B1: a message sent to a registration token reaches that device and no other.
#[tokio::test]
async fn a_message_reaches_the_device_it_is_addressed_to() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let other = bench.control().add_device(Platform::Android);
    for client in [&bench.http1, &bench.http2] {
        let response = bench.try_send(client, &to_token(&phone)).await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let answer = Answer::of(response).await;
        let name = answer.body["name"].as_str().unwrap();
        assert!(name.starts_with("projects/demo/messages/0:1795478400000000%"), "{name}");
        let inbox = bench.control().inbox(&phone.id, 0).unwrap();
        assert_eq!(inbox.last().unwrap().name, name);
    }
    let inbox = bench.control().wait_for_inbox(&phone.id, 2, SOON).await.unwrap();
    assert_eq!(inbox[0].message, to_token(&phone)["message"]);
    assert_ne!(inbox[0].name, inbox[1].name);
    assert!(bench.control().inbox(&other.id, 0).unwrap().is_empty());
}

#[tokio::test]
async fn a_fid_is_a_target_of_its_own_and_inside_token() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for target in ["fid", "token"] {
        let answer = bench.send(&json!({"message": {target: phone.fcm_fid.expose()}})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let inbox = bench.control().inbox(&phone.id, 0).unwrap();
    assert_eq!(inbox[0].message, json!({"fid": phone.fcm_fid.expose()}));
    assert_eq!(inbox[1].message, json!({"token": phone.fcm_fid.expose()}));
}

/// B11: notification and data messages arrive with every field, in FCM's canonical names.
#[tokio::test]
async fn every_field_arrives_in_snake_case() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let answer = bench
        .send(&json!({"message": {
            "token": phone.fcm_token.expose(),
            "data": {"camelKey": "", "emoji": "🎉"},
            "notification": {"title": "T", "body": "B", "image": "https://example.com/i.png"},
            "fcmOptions": {"analyticsLabel": "spring_sale"},
            "android": {
                "collapseKey": "c", "priority": "high", "ttl": "3.500000000s", "restrictedPackageName": "com.example.app",
                "directBootOk": true, "bandwidthConstrainedOk": true, "restrictedSatelliteOk": false,
                "notification": {
                    "channelId": "c1", "color": "#a1B2c3", "notificationCount": "3", "eventTime": "2026-11-24T00:00:00Z",
                    "notificationPriority": "priority_max", "visibility": "PUBLIC", "proxy": "IF_PRIORITY_LOWERED",
                    "vibrateTimings": ["0.1s", "2s"], "bodyLocKey": "k", "bodyLocArgs": ["a", ""], "sticky": false,
                    "lightSettings": {"color": {"red": 1, "alpha": 0.5}, "lightOnDuration": "1s", "lightOffDuration": "1s"},
                },
            },
            "webpush": {
                "headers": {"TTL": "60"}, "data": {"w": "1"}, "fcmOptions": {"link": "https://example.com/"},
                "notification": {"title": "W", "requireInteraction": true, "actions": [{"action": "a", "n": null}]},
            },
            "apns": {
                "headers": {"apns-priority": "5"}, "liveActivityToken": "lat",
                "payload": {"aps": {"badge": 0, "mutable-content": 1}, "customKey": {"deepKey": 1.5}},
                "fcmOptions": {"image": "https://example.com/i.png"},
            },
        }}))
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let inbox = bench.control().inbox(&phone.id, 0).unwrap();
    let mut message = inbox[0].message.clone();
    message["token"] = json!("[token]");
    insta::assert_json_snapshot!("canonical_message", message);
}

#[tokio::test]
async fn android_v2_is_accepted_alone() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let v2 = json!({"ttl": "60s", "remote_notification": {"mutable_content": true,
        "notification": {"title": "T", "id": 7}}});
    let sync = json!({"background_sync": {}});
    for android_v2 in [v2, sync] {
        let message = json!({"token": phone.fcm_token.expose(), "android_v2": android_v2});
        let answer = bench.send(&json!({"message": message})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().last().unwrap().message, message);
    }
}

#[tokio::test]
async fn the_last_of_duplicate_keys_wins() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let token = phone.fcm_token.expose();
    let text = format!(
        r#"{{"message":{{"token":"not-a-token","data":{{"k":1,"k":"last"}},"token":"{token}","android":{{"ttl":"1h"}},"android":{{}}}}}}"#
    );
    let answer = send_text(&bench, "/v1/projects/demo/messages:send", &text).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let inbox = bench.control().inbox(&phone.id, 0).unwrap();
    assert_eq!(inbox[0].message, json!({"token": token, "data": {"k": "last"}, "android": {}}));
}

#[tokio::test]
async fn host_and_googles_query_parameters_are_ignored() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let request = bench
        .http1
        .post(format!("{}?alt=json&$.xgafv=2&prettyPrint=false", bench.send_url()))
        .header("host", "fcm.googleapis.com")
        .header("x-goog-api-format-version", "2")
        .header("access_token_auth", "true")
        .bearer_auth("owner")
        .json(&to_token(&phone));
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn validate_only_checks_everything_and_delivers_nothing() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for name in ["validate_only", "validateOnly"] {
        let mut body = to_token(&phone);
        body[name] = json!(true);
        let answer = bench.send(&body).await;
        assert_eq!(answer.body, json!({"name": "projects/demo/messages/fake_message_id"}));
    }
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
    assert!(bench.control().requests(0).iter().all(|request| !request.accepted));
    let dead = json!({"validate_only": true, "message": {"fid": "c000000000000000000000"}});
    assert_eq!(bench.send(&dead).await.fcm_code(), Some("UNREGISTERED"));
}

#[tokio::test]
async fn topics_and_conditions_are_accepted_and_reach_nobody_yet() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for target in [json!({"topic": "news~1.%"}), json!({"condition": "'a' in topics && !('b' in topics)"})] {
        let answer = bench.send(&json!({"message": target})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
    let logged = bench.control().requests(0);
    assert!(logged.iter().all(|request| request.accepted && request.device.is_none()));
}

#[tokio::test]
async fn message_names_look_like_those_of_each_platform() {
    let bench = Bench::start().await;
    let (ios, web) = (bench.control().add_device(Platform::Ios), bench.control().add_device(Platform::Web));
    let id = |answer: Answer| -> String {
        let name: &str = answer.body["name"].as_str().unwrap();
        name.strip_prefix("projects/demo/messages/").unwrap().to_owned()
    };
    assert!(id(bench.send_to(&ios).await).starts_with("0:1795478400000000%"));
    let uuid = id(bench.send_to(&web).await);
    assert_eq!(uuid.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let topic = id(bench.send(&json!({"message": {"topic": "news"}})).await);
    assert!(topic.bytes().all(|byte| byte.is_ascii_digit()), "{topic}");
}

#[tokio::test]
async fn exactly_4096_bytes_of_data_fit() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let of = |bytes: usize| -> Value {
        json!({"message": {"token": phone.fcm_token.expose(), "data": {"key": "v".repeat(bytes - 3)}}})
    };
    assert_eq!(bench.send(&of(4096)).await.status, 200);
    assert_eq!(bench.send(&of(4097)).await.fcm_code(), Some("INVALID_ARGUMENT"));
}
