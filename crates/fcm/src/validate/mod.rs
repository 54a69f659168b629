//! Checks a payload once, at intake, as FCM would check it at every send.
//!
//! In: the JSON of a message without its target. Out: a typed [`Message`], or a [`PayloadError`] whose fields are
//! named as FCM names them (`message.android.ttl`). Next: [`stamp`], then [`FcmClient::send`](crate::FcmClient).
//!
//! Refused are what FCM refuses, and keys beginning with `pb_`, which are the server's own. What FCM's limits
//! leave open (a topic message may have only 2,048 bytes; which APNs headers are sound) is left to FCM.

mod data_keys;
mod field_path;
mod reserved;
mod rules;
mod size;

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::message::Message;

pub use reserved::{RESERVED_PREFIX, reserved_bytes, stamp};
pub use size::{MAX_PAYLOAD_BYTES, payload_bytes};

/// One fault of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Where it is, such as `message.android.ttl`.
    pub field: String,
    /// What is wrong, for the people who wrote the payload.
    pub description: String,
}

impl Violation {
    pub(crate) fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self { field: field.into(), description: description.into() }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.description)
    }
}

/// FCM would refuse the payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the payload is invalid: {first}")]
pub struct PayloadError {
    /// The first fault.
    pub first: Violation,
    /// Further ones. A payload that does not fit the schema is told its first fault only.
    pub more: Vec<Violation>,
}

impl PayloadError {
    /// All faults, in order.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        std::iter::once(&self.first).chain(&self.more)
    }

    fn from_violations(violations: Vec<Violation>) -> Option<Self> {
        let mut violations = violations.into_iter();
        let first = violations.next()?;
        Some(Self { first, more: violations.collect() })
    }
}

/// Checks `payload`, of whose 4,096 bytes the server itself will use `reserved_bytes` (see [`reserved_bytes()`]).
///
/// # Errors
/// All faults that FCM, or the rule about reserved keys, would refuse.
pub fn validate(payload: &Value, reserved_bytes: usize) -> Result<Message, PayloadError> {
    let message = read(payload).map_err(|first| PayloadError { first, more: Vec::new() })?;
    let mut violations = Vec::new();
    data_keys::check(&message, &mut violations);
    rules::check(&message, &mut violations);
    size::check(&message, reserved_bytes, &mut violations);
    match PayloadError::from_violations(violations) {
        None => Ok(message),
        Some(error) => Err(error),
    }
}

/// Fits `payload` to the schema. That it is a `Value` already makes the last of two equal keys win.
fn read(payload: &Value) -> Result<Message, Violation> {
    let Value::Object(fields) = payload else {
        return Err(Violation::new("message", "Invalid value at 'message': expected an object"));
    };
    for foreign in ["token", "fid", "topic", "condition", "name"] {
        if fields.contains_key(foreign) {
            let reason = "not part of a payload: the target is given beside it, and FCM gives the name";
            return Err(Violation::new(format!("message.{foreign}"), reason));
        }
    }
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(payload, &mut track);
    Message::deserialize(tracked).map_err(|error| field_path::violation(&track.path(), &error, payload))
}

#[cfg(test)]
mod tests;
