//! What the message says: checked as FCM would check it, with room for the server's own keys.

use std::collections::BTreeMap;

use pushbridge_fcm::validate::{reserved_bytes, validate};
use pushbridge_wire::{AppId, MessageId, MessageRequest, limits};
use serde_json::{Map, Value};

use super::{
    Audience, IntakeError,
    filling::{fill_template, refuse_params},
};
use crate::{
    app::App,
    store::{AppRow, NewContent},
};

/// The checked message, or template and parameters, as they are kept until they are sent.
pub(super) async fn checked_content(
    app: &App,
    row: &AppRow,
    request: &MessageRequest,
    (id, audience): (&MessageId, &Audience),
) -> Result<NewContent, IntakeError> {
    let room = room_for_keys(&row.app.id, id, audience.is_personal());
    match (&request.message, &request.template) {
        (Some(_), Some(_)) => Err(IntakeError::field("template", "give it or message, not both")),
        (None, None) => {
            Err(IntakeError::field("message", "is missing: give the FCM message to send, or name a template"))
        }
        (Some(message), None) => {
            refuse_params(&request.to)?;
            checked_payload(message, room).map(NewContent::Message)
        }
        (None, Some(template)) => fill_template(app, row.no, (template, &request.to), (audience, room)).await,
    }
}

fn checked_payload(message: &Map<String, Value>, room: usize) -> Result<String, IntakeError> {
    let message = validate(&Value::Object(message.clone()), room)?;
    // What was just read from JSON can be written as JSON.
    serde_json::to_string(&message).map_err(|_| IntakeError::field("message", "cannot be kept"))
}

/// Bytes that the reserved keys will take. The logins are known only at dispatch: the longest counts.
pub(super) fn room_for_keys(app: &AppId, id: &MessageId, personal: bool) -> usize {
    let mut keys = BTreeMap::from([
        ("pb_app".to_owned(), app.as_str().to_owned()),
        ("pb_msg".to_owned(), id.as_str().to_owned()),
    ]);
    if personal {
        keys.insert("pb_login".to_owned(), "x".repeat(limits::LOGIN_ID_BYTES));
    }
    reserved_bytes(&keys)
}
