//! Keys that a caller may not use, since FCM or the server uses them.

use super::{RESERVED_PREFIX, Violation};
use crate::message::Message;

pub(super) fn check(message: &Message, violations: &mut Vec<Violation>) {
    let android = message.android.as_ref().and_then(|android| android.data.as_ref());
    let android_v2 = message.android_v2.as_ref().and_then(|android| android.data.as_ref());
    for (field, data) in [
        ("message.data", message.data.as_ref()),
        ("message.android.data", android),
        ("message.android_v2.data", android_v2),
        ("message.webpush.data", message.webpush.as_ref().and_then(|webpush| webpush.data.as_ref())),
    ] {
        let keys = data.into_iter().flat_map(|data| data.keys());
        check_keys(field, keys, |key| is_fcms(key) || is_ours(key), violations);
    }
    // FCM keeps no words to itself in this one; ours would still meet the stamped ones on the device.
    if let Some(apns) = &message.apns {
        let keys = apns.payload.iter().flat_map(|payload| payload.keys());
        check_keys("message.apns.payload", keys, is_ours, violations);
    }
}

fn check_keys<'a>(
    field: &str,
    keys: impl Iterator<Item = &'a String>,
    refused: impl Fn(&str) -> bool,
    violations: &mut Vec<Violation>,
) {
    for key in keys.filter(|key| refused(key)) {
        violations.push(Violation::new(field, format!("Invalid data payload key: {key}")));
    }
}

fn is_fcms(key: &str) -> bool {
    matches!(key, "from" | "message_type")
        || key.starts_with("google.")
        || key.starts_with("gcm.notification.")
}

fn is_ours(key: &str) -> bool {
    key.starts_with(RESERVED_PREFIX)
}
