//! The 4,096 bytes. In: a canonical message. Out: whether any platform's payload is over them. Next: `rules`.
//!
//! FCM counts keys and values together. Which platform a token belongs to is known only later, so every variant
//! that the message describes must fit: data (a platform's own replaces the common one) plus the notification.

use serde_json::{Map, Value};

use crate::send::rules::at;

const LARGEST_BYTES: usize = 4096;

pub(crate) fn is_too_large(message: &Value) -> bool {
    [android(message), webpush(message), apns(message)].into_iter().any(|bytes| bytes > LARGEST_BYTES)
}

fn android(message: &Value) -> usize {
    let own = message.get("android").or_else(|| message.get("android_v2"));
    let notification = own.and_then(|own| {
        own.get("notification").or_else(|| at(own, &["remote_notification", "notification"]))
    });
    data_of(message, own) + notification_of(message, notification)
}

fn webpush(message: &Value) -> usize {
    let own = message.get("webpush");
    data_of(message, own) + notification_of(message, own.and_then(|own| own.get("notification")))
}

/// Data is added to the payload, whose alert overrides the common notification.
fn apns(message: &Value) -> usize {
    let payload = at(message, &["apns", "payload"]);
    let shown = if at(message, &["apns", "payload", "aps", "alert"]).is_some() {
        0
    } else {
        notification_of(message, None)
    };
    data_of(message, None) + shown + payload.map_or(0, bytes_of_value)
}

fn data_of(message: &Value, platform: Option<&Value>) -> usize {
    let own = platform.and_then(|platform| platform.get("data"));
    // Protobuf cannot tell an empty map from an absent one: an empty one replaces nothing.
    let own = own.and_then(Value::as_object).filter(|data| !data.is_empty());
    own.or_else(|| message.get("data").and_then(Value::as_object)).map_or(0, bytes_of)
}

/// The common notification with the platform's fields laid over it.
fn notification_of(message: &Value, platform: Option<&Value>) -> usize {
    let own = platform.and_then(Value::as_object);
    let common = message.get("notification").and_then(Value::as_object).into_iter().flatten();
    let left = common.filter(|(key, _)| own.is_none_or(|own| !own.contains_key(*key)));
    own.map_or(0, bytes_of) + left.map(|(key, value)| key.len() + bytes_of_value(value)).sum::<usize>()
}

fn bytes_of(entries: &Map<String, Value>) -> usize {
    entries.iter().map(|(key, value)| key.len() + bytes_of_value(value)).sum()
}

/// Keys and values, however deep; punctuation does not count.
fn bytes_of_value(value: &Value) -> usize {
    match value {
        Value::Object(entries) => bytes_of(entries),
        Value::Array(items) => items.iter().map(bytes_of_value).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn keys_and_values_count_together_up_to_4096_bytes() {
        let message = |bytes: usize| json!({"data": {"key": "v".repeat(bytes - 3)}});
        assert!(!is_too_large(&message(4096)));
        assert!(is_too_large(&message(4097)));
    }

    #[test]
    fn bytes_count_and_not_characters() {
        assert!(is_too_large(&json!({"data": {"k": "ж".repeat(2048)}})));
    }

    #[test]
    fn a_platforms_data_replaces_the_common_data() {
        let big = "v".repeat(5000);
        assert!(is_too_large(&json!({"data": {"k": "v"}, "android": {"data": {"k": big}}})));
        assert!(is_too_large(&json!({"data": {"k": "v"}, "android_v2": {"data": {"k": big}}})));
        assert!(
            is_too_large(&json!({"data": {"k": big}, "android": {"data": {"k": "v"}}})),
            "APNs still has it"
        );
    }

    #[test]
    fn an_empty_map_of_a_platform_replaces_nothing() {
        let big = json!({"k": "v".repeat(5000)});
        assert!(is_too_large(&json!({"data": big, "android": {"data": {}}})));
        assert!(is_too_large(&json!({"data": big, "webpush": {"data": {}}})));
    }

    #[test]
    fn an_apns_payload_counts_without_its_punctuation_and_its_alert_for_the_notification() {
        let exact = json!({"apns": {"payload": {"aps": {"alert": "v".repeat(4096 - 9 - 8)}, "list": ["a", {"b": 10}]}}});
        assert!(!is_too_large(&exact), "aps alert list a b 10 and the text");
        let more = json!({"apns": {"payload": {"aps": {"alert": "v".repeat(4089)}}}, "notification": {"title": "abc"}});
        assert!(
            is_too_large(&more)
                && !is_too_large(&json!({"apns": {"payload": {"aps": {"alert": "v".repeat(4088)}}},
            "notification": {"title": "abc"}}))
        );
    }

    #[test]
    fn notifications_count_too() {
        let big = "v".repeat(5000);
        for message in [
            json!({"notification": {"body": big}}),
            json!({"android": {"notification": {"body": big}}}),
            json!({"android_v2": {"remote_notification": {"notification": {"body": big}}}}),
            json!({"webpush": {"notification": {"body": big}}}),
            json!({"apns": {"payload": {"aps": {"alert": big}}}}),
        ] {
            assert!(is_too_large(&message), "{message:.60}");
        }
    }
}
