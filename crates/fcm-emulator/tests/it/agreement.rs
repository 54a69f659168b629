//! The project's FCM client and the emulator judge one table of payloads alike. Each has its own code for it and its own
//! tests; what stands here are the places where the two once differed, with the verdict that FCM's documentation gives.

use pushbridge_fcm_emulator::Platform;
use serde_json::{Value, json};

use crate::support::Bench;

const FINE: bool = true;
const REFUSED: bool = false;

fn shown(fields: &Value) -> Value {
    json!({"android": {"notification": fields}})
}

fn light(color: &Value) -> Value {
    shown(&json!({"light_settings": {"color": color, "light_on_duration": "1s", "light_off_duration": "1s"}}))
}

/// An APNs payload of so many bytes of keys and values, and more with its punctuation.
fn apns(bytes: usize) -> Value {
    json!({"apns": {"payload": {"aps": {"alert": "v".repeat(bytes - 8)}}}})
}

fn cases() -> Vec<(Value, bool)> {
    let big = json!({"k": "v".repeat(5000)});
    vec![
        (json!({"webpush": {"data": {"from": "x"}}}), REFUSED),
        (json!({"webpush": {"data": {"google.x": "x"}}}), REFUSED),
        (json!({"webpush": {"data": {"collapse_key": "x"}}}), FINE),
        (json!({"android": {"ttl": "2419200s"}}), FINE),
        (json!({"android": {"ttl": "2419200.5s"}}), FINE),
        (json!({"android": {"ttl": "2419201s"}}), REFUSED),
        (json!({"android": {"ttl": "-1s"}}), REFUSED),
        (apns(4096), FINE),
        (apns(4097), REFUSED),
        (json!({"data": big, "android": {"data": {}}}), REFUSED),
        (json!({"data": big, "webpush": {"data": {}}}), REFUSED),
        (shown(&json!({"body_loc_args": ["a"]})), REFUSED),
        (shown(&json!({"title_loc_args": ["a"]})), REFUSED),
        (shown(&json!({"title_loc_args": []})), FINE),
        (shown(&json!({"title_loc_key": "k", "title_loc_args": ["a"]})), FINE),
        (light(&json!({"red": 1.0, "green": 0.0, "blue": 0.5, "alpha": 1.0})), FINE),
        (light(&json!({"red": 1.01})), REFUSED),
        (light(&json!({"alpha": -0.01})), REFUSED),
        (shown(&json!({"visibility": 3})), FINE),
        (shown(&json!({"visibility": 4})), REFUSED),
        (json!({"android": {"priority": 1}}), FINE),
        (json!({"android": {"priority": 2}}), REFUSED),
        (json!({"unknown": 1}), REFUSED),
        (json!({"android": {"unknown": 1}}), REFUSED),
    ]
}

#[tokio::test]
async fn client_and_emulator_judge_alike() {
    let bench = Bench::start().await;
    let device = bench.control().add_device(Platform::Android);
    for (payload, fine) in cases() {
        let short: String = payload.to_string().chars().take(120).collect();
        assert_eq!(pushbridge_fcm::validate(&payload, 0).is_ok(), fine, "the client: {short}");
        let mut message = payload;
        message["token"] = json!(device.fcm_token.expose());
        let status = bench.send(&json!({"message": message, "validate_only": true})).await.status;
        assert_eq!(status, if fine { 200 } else { 400 }, "the emulator: {short}");
    }
}

/// Targets of topics and conditions: FCM's regular expression and its grammar.
fn audiences() -> Vec<(&'static str, String, bool)> {
    let or = |count: usize| vec!["'a' in topics"; count].join(" || ");
    let deep = |count: usize| format!("{}'a' in topics{}", "(".repeat(count), ")".repeat(count));
    let of = |field: &'static str, text: &str, fine| (field, text.to_owned(), fine);
    vec![
        of("topic", "news", FINE),
        of("topic", "A-Z_a.z~0%9", FINE),
        of("topic", &"t".repeat(900), FINE),
        of("topic", &"t".repeat(901), REFUSED),
        of("topic", "", REFUSED),
        of("topic", "a b", REFUSED),
        of("topic", "/topics/news", REFUSED),
        of("condition", "'a' in topics", FINE),
        of("condition", "\"a\" in topics", FINE),
        of("condition", "!('a' in topics) && !'b' in topics", FINE),
        of("condition", "'a' in topics && ('b' in topics || 'c' in topics)", FINE),
        of("condition", &or(5), FINE),
        of("condition", &or(6), REFUSED),
        of("condition", &deep(40), FINE),
        of("condition", &deep(60), REFUSED),
        of("condition", "", REFUSED),
        of("condition", "news", REFUSED),
        of("condition", "'a' in topics &&", REFUSED),
        of("condition", "'a' in topics and 'b' in topics", REFUSED),
        of("condition", "'a' in topics)", REFUSED),
        of("condition", "('a' in topics", REFUSED),
        of("condition", "'a' intopics", REFUSED),
        of("condition", "'a b' in topics", REFUSED),
        of("condition", "'a\" in topics", REFUSED),
    ]
}

#[tokio::test]
async fn client_and_emulator_judge_topics_and_conditions_alike() {
    let bench = Bench::start().await;
    for (field, text, fine) in audiences() {
        let client = match field {
            "topic" => pushbridge_fcm::TopicName::try_from(text.as_str()).is_ok(),
            _ => pushbridge_fcm::check_condition(&text).is_ok(),
        };
        assert_eq!(client, fine, "the client: {field} {text:.60}");
        let message = json!({field: text, "data": {"k": "v"}});
        let status = bench.send(&json!({"message": message, "validate_only": true})).await.status;
        assert_eq!(status, if fine { 200 } else { 400 }, "the emulator: {field} {text:.60}");
    }
}
