//! The server's own keys, by which the core knows which app, message and login a data message is for.

use std::collections::BTreeMap;

use crate::message::{Data, Message};

/// How every key of the server begins.
pub const RESERVED_PREFIX: &str = "pb_";

/// What `keys` take of the payload once they are stamped.
#[must_use]
pub fn reserved_bytes(keys: &BTreeMap<String, String>) -> usize {
    keys.iter().map(|(key, value)| key.len() + value.len()).sum()
}

/// Writes the server's `keys` where every platform finds them: into `message.data`, made where absent, and into
/// each platform's data that replaces it. A platform's empty data replaces nothing and stays empty: with keys in
/// it, it would hide the caller's `message.data`.
pub fn stamp(message: &mut Message, keys: &BTreeMap<String, String>) {
    let write = |data: &mut Data| data.extend(keys.iter().map(|(key, value)| (key.clone(), value.clone())));
    write(message.data.get_or_insert_default());
    let platforms = [
        message.android.as_mut().and_then(|android| android.data.as_mut()),
        message.android_v2.as_mut().and_then(|android| android.data.as_mut()),
        message.webpush.as_mut().and_then(|webpush| webpush.data.as_mut()),
    ];
    platforms.into_iter().flatten().filter(|data| !data.is_empty()).for_each(write);
}
