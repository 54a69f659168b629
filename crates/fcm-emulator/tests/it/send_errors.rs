//! Every row of FCM's error table, over both HTTP versions, with its whole body.

use std::collections::BTreeMap;

use pushbridge_fcm_emulator::{Control, Device, DeviceChange, Platform};
use serde_json::{Value, json};

use crate::support::{Answer, Bench, to_token};

/// A payload to a living device.
fn payload(device: &Device, fields: Value) -> Value {
    let mut message = fields;
    message["token"] = json!(device.fcm_token.expose());
    json!({"message": message})
}

fn device_in(control: &Control, platform: Platform, change: DeviceChange) -> Device {
    let device = control.add_device(platform);
    control.change(&device.id, change).unwrap();
    device
}

/// Sends each case over both HTTP versions, checks that the answers agree, and returns them by case.
async fn answers(bench: &Bench, cases: Vec<(&'static str, Value)>) -> BTreeMap<&'static str, Value> {
    let mut answers = BTreeMap::new();
    for (case, body) in cases {
        let over_http1 = Answer::of(bench.try_send(&bench.http1, &body).await.unwrap()).await;
        let over_http2 = Answer::of(bench.try_send(&bench.http2, &body).await.unwrap()).await;
        assert_eq!(over_http1, over_http2, "{case}");
        assert_eq!(over_http1.status, over_http1.body["error"]["code"], "{case}");
        let shown = over_http1.body["error"].clone();
        assert!(answers.insert(case, shown).is_none(), "{case} stands twice");
    }
    answers
}

#[tokio::test]
async fn targets_are_refused_by_what_they_are_worth() {
    let bench = Bench::start().await;
    let control = bench.control();
    let phone = control.add_device(Platform::Android);
    let rotated = device_in(control, Platform::Android, DeviceChange::Rotate);
    let unknown_token = format!("fGw0qy4TGgk:APA91b{}", "x".repeat(134));
    let to_fid = |fid: &str| json!({"message": {"fid": fid}});
    let elsewhere = payload(&phone, json!({"android": {"restricted_package_name": "com.example.other"}}));
    let cases = vec![
        ("malformed token", json!({"message": {"token": "not-a-token"}})),
        ("empty token", json!({"message": {"token": ""}})),
        ("unknown token", json!({"message": {"token": unknown_token}})),
        ("unknown fid", to_fid("c000000000000000000000")),
        ("unknown fid as token", json!({"message": {"token": "c000000000000000000000"}})),
        ("malformed fid", to_fid("not-a-fid")),
        ("token as fid", to_fid(phone.fcm_token.expose())),
        ("rotated token", to_token(&rotated)),
        ("rotated fid", to_fid(rotated.fcm_fid.expose())),
        ("uninstalled", to_token(&device_in(control, Platform::Ios, DeviceChange::Uninstall))),
        ("expired", to_token(&device_in(control, Platform::Android, DeviceChange::Expire))),
        ("apns dead", to_token(&device_in(control, Platform::Ios, DeviceChange::ApnsDead))),
        ("other project", to_token(&device_in(control, Platform::Android, DeviceChange::OtherProject))),
        ("other package", elsewhere),
    ];
    insta::assert_json_snapshot!("refused_targets", answers(&bench, cases).await);
    assert!(control.requests(0).iter().all(|request| !request.accepted));
}

#[tokio::test]
async fn unreadable_requests_carry_bad_request_only() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let token = phone.fcm_token.expose();
    let cases = vec![
        ("unknown field", json!({"message": {"token": token, "foo": 1}})),
        ("unknown root field", json!({"message": {"token": token}, "dry_run": true})),
        ("number in data", payload(&phone, json!({"data": {"k": 12}}))),
        ("bool in data", payload(&phone, json!({"data": {"k": true}}))),
        ("null in data", payload(&phone, json!({"data": {"k": null}}))),
        ("data is a list", payload(&phone, json!({"data": []}))),
        ("notification is text", payload(&phone, json!({"notification": "hello"}))),
        ("title is a number", payload(&phone, json!({"notification": {"title": 1}}))),
        ("ttl is a number", payload(&phone, json!({"android": {"ttl": 3600}}))),
        ("ttl without unit", payload(&phone, json!({"android": {"ttl": "3600"}}))),
        ("unknown priority", payload(&phone, json!({"android": {"priority": "urgent"}}))),
        ("priority in android_v2", payload(&phone, json!({"android_v2": {"priority": "HIGH"}}))),
        ("event_time", payload(&phone, json!({"android": {"notification": {"event_time": "now"}}}))),
        ("count", payload(&phone, json!({"android": {"notification": {"notification_count": 1.5}}}))),
        ("loc args", payload(&phone, json!({"android": {"notification": {"body_loc_args": ["a", 2]}}}))),
        ("apns payload is text", payload(&phone, json!({"apns": {"payload": "{}"}}))),
        ("validate_only is text", json!({"validate_only": "yes", "message": {"token": token}})),
        ("token is a number", json!({"message": {"token": 1}})),
        ("two targets", json!({"message": {"token": token, "topic": "news"}})),
        ("two errors", payload(&phone, json!({"data": {"k": 1}, "android": {"ttl": "1h"}}))),
        ("root is a list", json!([])),
    ];
    let answers = answers(&bench, cases).await;
    for (case, error) in &answers {
        let details = error["details"].as_array().unwrap();
        assert_eq!(details.len(), 1, "{case}");
        assert_eq!(details[0]["@type"], "type.googleapis.com/google.rpc.BadRequest", "{case}");
    }
    insta::assert_json_snapshot!("unreadable_requests", answers);
}

#[tokio::test]
async fn requests_that_read_well_but_mean_nonsense_carry_an_fcm_error() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let data = |key: &str| payload(&phone, json!({"data": {key: "v"}}));
    let ttl = |ttl: &str| payload(&phone, json!({"android": {"ttl": ttl}}));
    let condition = |text: &str| json!({"message": {"condition": text}});
    let light = json!({"android": {"notification": {"light_settings": {"light_on_duration": "1s"}}}});
    let platform_data = |platform: &str| payload(&phone, json!({platform: {"data": {"from": "v"}}}));
    let cases = vec![
        ("no message", json!({})),
        ("no target", json!({"message": {"data": {"k": "v"}}})),
        ("key from", data("from")),
        ("key message_type", data("message_type")),
        ("key google.", data("google.x")),
        ("key gcm.notification.", data("gcm.notification.x")),
        ("android key", platform_data("android")),
        ("android_v2 key", platform_data("android_v2")),
        ("webpush key", platform_data("webpush")),
        ("both androids", payload(&phone, json!({"android": {}, "android_v2": {}}))),
        ("ttl too long", ttl("2419201s")),
        ("ttl negative", ttl("-1s")),
        ("label", payload(&phone, json!({"fcm_options": {"analytics_label": "a b"}}))),
        (
            "label too long",
            payload(&phone, json!({"apns": {"fcm_options": {"analytics_label": "a".repeat(51)}}})),
        ),
        ("color", payload(&phone, json!({"android": {"notification": {"color": "red"}}}))),
        ("light settings", payload(&phone, light)),
        ("http link", payload(&phone, json!({"webpush": {"fcm_options": {"link": "http://example.com"}}}))),
        ("topic with prefix", json!({"message": {"topic": "/topics/news"}})),
        ("topic empty", json!({"message": {"topic": ""}})),
        ("topic too long", json!({"message": {"topic": "t".repeat(901)}})),
        ("condition", condition("'a' in topics &&")),
        ("six topics", condition(&["'a' in topics"; 6].join(" || "))),
        ("too large", payload(&phone, json!({"notification": {"body": "b".repeat(4100)}}))),
        ("bad payload to a dead token", json!({"message": {"fid": "not-a-fid", "data": {"from": "v"}}})),
    ];
    let answers = answers(&bench, cases).await;
    for (case, error) in &answers {
        let details = error["details"].as_array().unwrap();
        let codes = details.iter().filter(|detail| detail["errorCode"] == "INVALID_ARGUMENT").count();
        assert_eq!((error["code"].as_u64(), codes), (Some(400), 1), "{case}");
    }
    insta::assert_json_snapshot!("meaningless_requests", answers);
}

#[tokio::test]
async fn values_at_the_limits_are_accepted() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for fields in [
        json!({"android": {"ttl": "2419200s"}}),
        json!({"android": {"ttl": "2419200.999s"}}),
        json!({"android": {"ttl": "0s"}}),
        json!({"data": {"collapse_key": "overwritten, but allowed"}}),
        json!({"data": {"googly": "v", "gcm": "v"}}),
        json!({"fcm_options": {"analytics_label": "a".repeat(50)}}),
        json!({"android": {"restricted_package_name": "com.example.app"}}),
    ] {
        let answer = bench.send(&payload(&phone, fields.clone())).await;
        assert_eq!(answer.status, 200, "{fields}: {answer:?}");
    }
    let topic = json!({"message": {"topic": "t".repeat(900)}});
    assert_eq!(bench.send(&topic).await.status, 200);
}

#[tokio::test]
async fn callers_without_a_valid_bearer_or_for_another_project_are_refused() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let body = to_token(&phone);
    let mut refused = BTreeMap::new();
    for client in [&bench.http1, &bench.http2] {
        let post = || client.post(bench.send_url()).json(&body);
        let requests = [
            ("no header", post()),
            ("not a bearer", post().basic_auth("owner", Some("owner"))),
            ("unknown bearer", post().bearer_auth("ya29.unknown")),
            (
                "other project",
                client.post(bench.url("/v1/projects/mine/messages:send")).bearer_auth("owner").json(&body),
            ),
        ];
        for (case, request) in requests {
            let response = request.send().await.unwrap();
            let challenge =
                response.headers().get("www-authenticate").map(|text| text.to_str().unwrap().to_owned());
            let answer = Answer::of(response).await;
            let shown = json!({"error": answer.body["error"], "www-authenticate": challenge});
            assert_eq!(refused.entry(case).or_insert_with(|| shown.clone()), &shown);
        }
    }
    insta::assert_json_snapshot!("refused_callers", refused);
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
}

#[tokio::test]
async fn an_expired_bearer_is_told_so() {
    let bench = Bench::start().await;
    let signer = crate::assertion::Signer::new(bench.emulator.service_account_json());
    let form = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", &signer.sign(&signer.claims())),
    ];
    let issued = Answer::of(bench.http1.post(bench.url("/token")).form(&form).send().await.unwrap()).await;
    bench.control().expire_access_tokens();
    let request =
        bench.http1.post(bench.send_url()).bearer_auth(issued.body["access_token"].as_str().unwrap());
    let answer = Answer::of(request.json(&json!({})).send().await.unwrap()).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.body["error"]["details"][0]["reason"], "ACCESS_TOKEN_EXPIRED");
    assert_eq!(answer.fcm_code(), None);
}

#[tokio::test]
async fn what_is_no_json_or_no_route_is_refused() {
    let bench = Bench::start().await;
    let post = |text: String| bench.http1.post(bench.send_url()).bearer_auth("owner").body(text).send();
    for text in ["{", "hello", "{\"message\":{}} x"] {
        let answer = Answer::of(post(text.into()).await.unwrap()).await;
        let violation = &answer.body["error"]["details"][0]["fieldViolations"][0];
        assert_eq!(violation, &json!({"description": "Invalid JSON payload received. Unexpected token."}));
    }
    let empty = Answer::of(post(String::new()).await.unwrap()).await;
    assert_eq!(empty.body["error"]["message"], "Recipient of the message is not set.");
    let huge = Answer::of(post("x".repeat(1024 * 1024 + 1)).await.unwrap()).await;
    assert_eq!((huge.status, huge.fcm_code()), (400, None));
    for response in [
        bench.http1.get(bench.send_url()).send().await.unwrap(),
        bench.http1.post(bench.url("/fcm/send")).send().await.unwrap(),
    ] {
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    }
}
