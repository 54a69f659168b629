//! The payload's size: FCM allows 4,096 bytes, keys and values together.

use serde_json::{Map, Value};

use super::Violation;
use crate::message::{Data, FreeForm, Message};

/// FCM's limit for data and notification together.
pub const MAX_PAYLOAD_BYTES: usize = 4096;

pub(super) fn check(message: &Message, reserved_bytes: usize, violations: &mut Vec<Violation>) {
    let size_bytes = payload_bytes(message) + reserved_bytes;
    if size_bytes > MAX_PAYLOAD_BYTES {
        let description = format!(
            "Message is too large. The maximum is 4K (4096 bytes); this one takes {size_bytes}, \
             {reserved_bytes} of them the server's own keys."
        );
        violations.push(Violation::new("message", description));
    }
}

/// The bytes of the keys and values that the most demanding platform would receive.
///
/// A platform receives its own data, else the message's; and the message's notification with its own laid over
/// it. How FCM counts nested JSON is not documented: every key and every scalar counts here, punctuation does not.
#[must_use]
pub fn payload_bytes(message: &Message) -> usize {
    let shared = json_object(&message.notification);
    let common = with_data(&message.data, &shared);
    [android_bytes(message, &shared), webpush_bytes(message, &shared), apns_bytes(message, &shared)]
        .into_iter()
        .fold(common, usize::max)
}

fn android_bytes(message: &Message, shared: &FreeForm) -> usize {
    let v1 = message.android.as_ref().map_or(0, |android| {
        let own = json_object(&android.notification);
        with_data(effective(&android.data, &message.data), &overlaid(shared, own))
    });
    let v2 = message.android_v2.as_ref().map_or(0, |android| {
        let shown = android.remote_notification.as_ref().and_then(|remote| remote.notification.as_ref());
        with_data(effective(&android.data, &message.data), &overlaid(shared, json_object(&shown)))
    });
    v1.max(v2)
}

fn webpush_bytes(message: &Message, shared: &FreeForm) -> usize {
    message.webpush.as_ref().map_or(0, |webpush| {
        let own = webpush.notification.clone().unwrap_or_default();
        with_data(effective(&webpush.data, &message.data), &overlaid(shared, own))
    })
}

fn apns_bytes(message: &Message, shared: &FreeForm) -> usize {
    message.apns.as_ref().map_or(0, |apns| {
        let payload = apns.payload.clone().unwrap_or_default();
        let own_alert = payload.get("aps").is_some_and(|aps| aps.get("alert").is_some());
        let shown = if own_alert { 0 } else { object_bytes(shared) };
        data_bytes(&message.data) + object_bytes(&payload) + shown
    })
}

fn effective<'a>(own: &'a Option<Data>, shared: &'a Option<Data>) -> &'a Option<Data> {
    if own.as_ref().is_some_and(|data| !data.is_empty()) { own } else { shared }
}

fn overlaid(shared: &FreeForm, own: FreeForm) -> FreeForm {
    let mut both = shared.clone();
    both.extend(own);
    both
}

fn with_data(data: &Option<Data>, notification: &FreeForm) -> usize {
    data_bytes(data) + object_bytes(notification)
}

fn data_bytes(data: &Option<Data>) -> usize {
    data.as_ref().map_or(0, super::reserved_bytes)
}

fn object_bytes(object: &Map<String, Value>) -> usize {
    object.iter().map(|(key, value)| key.len() + value_bytes(value)).sum()
}

fn value_bytes(value: &Value) -> usize {
    match value {
        Value::Object(object) => object_bytes(object),
        Value::Array(items) => items.iter().map(value_bytes).sum(),
        Value::String(text) => text.len(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string().len(),
    }
}

fn json_object(block: &impl serde::Serialize) -> FreeForm {
    // Our own types serialise to an object, or, where absent, to null: there is no third case to lose.
    match serde_json::to_value(block) {
        Ok(Value::Object(object)) => object,
        _ => FreeForm::new(),
    }
}
