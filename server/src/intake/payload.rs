//! The message itself: checked as FCM would check it, with room for the server's own keys.

use std::collections::BTreeMap;

use pushbridge_fcm::validate::{reserved_bytes, validate};
use pushbridge_wire::{AppId, MessageId, MessageRequest, limits};
use serde_json::Value;

use super::{IntakeError, audience::unsupported};

/// The checked message as JSON, as it is kept until it is sent.
pub(super) fn checked_payload(
    request: &MessageRequest,
    (app, id): (&AppId, &MessageId),
    personal: bool,
) -> Result<String, IntakeError> {
    if request.template.is_some() {
        return Err(unsupported("template"));
    }
    let Some(message) = &request.message else {
        return Err(IntakeError::field("message", "is missing: give the FCM message to send"));
    };
    let message = validate(&Value::Object(message.clone()), room_for_keys(app, id, personal))?;
    // What was just read from JSON can be written as JSON.
    serde_json::to_string(&message).map_err(|_| IntakeError::field("message", "cannot be kept"))
}

/// Bytes that the reserved keys will take. The logins are known only at dispatch: the longest counts.
fn room_for_keys(app: &AppId, id: &MessageId, personal: bool) -> usize {
    let mut keys = BTreeMap::from([
        ("pb_app".to_owned(), app.as_str().to_owned()),
        ("pb_msg".to_owned(), id.as_str().to_owned()),
    ]);
    if personal {
        keys.insert("pb_login".to_owned(), "x".repeat(limits::LOGIN_ID_BYTES));
    }
    reserved_bytes(&keys)
}
