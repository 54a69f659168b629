//! Quotas from outside: what counts, what is answered, and when there is room again.

use std::time::Duration;

use jiff::Timestamp;
use pushbridge_fcm::{
    ClientSettings, FcmClient, Message, ProjectId, ServiceAccount, Target, ThrottleScope, TokenSettings,
    TokenSource, Verdict,
};
use pushbridge_fcm_emulator::{Options, Platform, Quotas};
use serde_json::{Value, json};

use crate::support::{Answer, Bench, START, to_token};

/// Sends to the device and returns the status with its Retry-After.
async fn send(bench: &Bench, body: &Value) -> (u16, Option<String>) {
    let answer = bench.try_send(&bench.http1, body).await.unwrap();
    let retry_after = answer.headers().get("retry-after").map(|text| text.to_str().unwrap().to_owned());
    (answer.status().as_u16(), retry_after)
}

/// What the detail `QuotaFailure` names.
fn violation(refused: &Answer) -> Value {
    let details = refused.body["error"]["details"].as_array().unwrap();
    let of_quota = |detail: &&Value| detail["@type"] == "type.googleapis.com/google.rpc.QuotaFailure";
    details.iter().find(of_quota).unwrap()["violations"][0].clone()
}

#[tokio::test]
async fn above_the_projects_quota_sends_are_refused_until_the_minute_is_over() {
    let quotas = Quotas { project_per_minute: Some(2), ..Quotas::default() };
    let bench = Bench::with(Options { quotas, ..Options::default() }).await;
    let phone = bench.control().add_device(Platform::Ios);
    assert_eq!(send(&bench, &to_token(&phone)).await.0, 200);
    bench.clock.advance(Duration::from_millis(20_500));
    assert_eq!(send(&bench, &json!({"message": {"token": "not-a-token"}})).await.0, 400, "counts too");
    assert_eq!(send(&bench, &to_token(&phone)).await, (429, Some("40".into())));
    let refused = bench.send_to(&phone).await;
    assert_eq!(refused.fcm_code(), Some("QUOTA_EXCEEDED"));
    assert_eq!(refused.body["error"]["status"], "RESOURCE_EXHAUSTED");
    assert_eq!(
        violation(&refused),
        json!({"subject": "project:demo", "description": "Message rate exceeded."})
    );
    let stranger = bench.http1.post(bench.send_url()).json(&to_token(&phone)).send().await.unwrap();
    assert_eq!(stranger.status(), 401, "who may not send at all is told so");
    bench.clock.advance(Duration::from_millis(39_500));
    assert_eq!(send(&bench, &to_token(&phone)).await.0, 200);
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 2);
}

#[tokio::test]
async fn above_a_devices_rate_only_that_device_is_refused() {
    let bench = Bench::start().await;
    let quotas = json!({"device_per_minute": 2, "device_per_hour": 3});
    let set = bench.http1.put(bench.control_url("/quotas")).json(&quotas).send().await.unwrap();
    assert_eq!(set.status(), 200);
    let [phone, other] =
        [Platform::Android, Platform::Android].map(|platform| bench.control().add_device(platform));
    let dry = json!({"validate_only": true, "message": {"token": phone.fcm_token.expose()}});
    for expected in [200, 200, 429] {
        assert_eq!(send(&bench, &dry).await.0, 200, "a dry run counts for no device");
        assert_eq!(send(&bench, &to_token(&phone)).await.0, expected);
    }
    let refused = bench.send_to(&phone).await;
    let sentence = "Device message rate exceeded.";
    assert_eq!(
        (refused.fcm_code(), &refused.body["error"]["message"]),
        (Some("QUOTA_EXCEEDED"), &json!(sentence))
    );
    assert_eq!(violation(&refused), json!({"subject": "device", "description": sentence}));
    assert_eq!(send(&bench, &to_token(&other)).await.0, 200);
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(send(&bench, &to_token(&phone)).await.0, 200);
    assert_eq!(send(&bench, &to_token(&phone)).await, (429, Some("3540".into())), "the hour is full");
    let iphone = bench.control().add_device(Platform::Ios);
    for _ in 0..3 {
        assert_eq!(send(&bench, &to_token(&iphone)).await.0, 200, "APNs' limits are not known");
    }
}

/// What the answer is for: a client pauses this phone alone, or the whole project.
#[tokio::test]
async fn the_client_tells_a_devices_limit_from_the_projects() {
    let bench = Bench::start().await;
    // The assertion is signed by the machine's clock.
    bench.clock.advance(Duration::try_from(Timestamp::now().as_duration()).unwrap().saturating_sub(START));
    let account = ServiceAccount::from_json(bench.emulator.service_account_json()).unwrap();
    let tokens = TokenSource::new(account, TokenSettings::default());
    let project = ProjectId::try_from("demo").unwrap();
    let client = FcmClient::new(project, bench.emulator.url(), tokens, &ClientSettings::default()).unwrap();
    let phone = bench.control().add_device(Platform::Android);
    let target = Target::Token(phone.fcm_token.expose().to_owned());
    for (quotas, scope) in [
        (Quotas { device_per_minute: Some(0), ..Quotas::default() }, ThrottleScope::Device),
        (Quotas { device_per_hour: Some(0), ..Quotas::default() }, ThrottleScope::Device),
        (Quotas { project_per_minute: Some(0), ..Quotas::default() }, ThrottleScope::Project),
    ] {
        bench.control().set_quotas(quotas);
        let refused = client.send(&target, &Message::default(), false).await.unwrap_err();
        assert_eq!(refused.throttle_scope(), Some(scope), "{refused}");
        assert!(matches!(refused.verdict(), Verdict::Throttled { after: Some(_) }), "{refused}");
    }
}

#[tokio::test]
async fn quotas_are_shown_changed_and_reset() {
    let bench = Bench::start().await;
    let off = json!({"project_per_minute": null, "device_per_minute": null, "device_per_hour": null});
    assert_eq!(bench.get_control("/quotas").await.body, off);
    bench.control().set_quotas(Quotas::of_fcm());
    let of_fcm = json!({"project_per_minute": 600_000, "device_per_minute": 240, "device_per_hour": 5_000});
    assert_eq!(bench.get_control("/quotas").await.body, of_fcm);
    bench.control().reset();
    assert_eq!(bench.get_control("/quotas").await.body, off);
    let wrong = bench.http1.put(bench.control_url("/quotas")).body(r#"{"per_day":1}"#).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}
