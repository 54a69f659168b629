//! The body of `messages:send`.
//!
//! In: a [`Target`] and a [`Message`]. Out: the JSON, complete. A message for many is written once, as a
//! [`PreparedRequest`]; each body is then a target put before what is there already.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};
use serde_json::Value;

use crate::{
    Message, SendError, Target,
    error::{AnswerDetail, bounded_text},
};

/// What stands before the target.
const START: &[u8] = br#"{"message":{"#;
const END: &[u8] = b"}";
const END_VALIDATE_ONLY: &[u8] = br#","validate_only":true}"#;

/// The body of one request: `message` to `target`; with `validate_only` FCM checks both and delivers nothing.
///
/// # Errors
/// [`SendError::PayloadInvalid`]; never for a message that came through [`validate`](crate::validate()).
pub fn request_body(target: &Target, message: &Message, validate_only: bool) -> Result<Bytes, SendError> {
    Ok(PreparedRequest::new(message, validate_only)?.body_for(target))
}

/// The body of a request that lacks its target only. Clones share it.
#[derive(Clone)]
pub struct PreparedRequest {
    /// From the comma after the target, where one is needed, to the end.
    rest: Bytes,
}

impl PreparedRequest {
    /// Writes `message`; with `validate_only` FCM checks it and delivers nothing.
    ///
    /// # Errors
    /// [`SendError::PayloadInvalid`]; never for a message that came through [`validate`](crate::validate()).
    pub fn new(message: &Message, validate_only: bool) -> Result<Self, SendError> {
        let object = serde_json::to_vec(message).map_err(|error| unwritable(&error))?;
        // The opening brace stands before the target already.
        let fields = object.get(1..).unwrap_or_default();
        let mut rest = BytesMut::with_capacity(fields.len() + END_VALIDATE_ONLY.len() + 1);
        if fields != b"}" {
            rest.put_u8(b',');
        }
        rest.put_slice(fields);
        rest.put_slice(if validate_only { END_VALIDATE_ONLY } else { END });
        Ok(Self { rest: rest.freeze() })
    }

    /// The whole body, to `target`.
    #[must_use]
    pub fn body_for(&self, target: &Target) -> Bytes {
        let (name, value) = target.expose_field();
        // Four quotes and a colon; a value that must be escaped makes the buffer grow.
        let room = START.len() + name.len() + value.len() + 5 + self.rest.len();
        let mut body = BytesMut::with_capacity(room);
        body.put_slice(START);
        put_quoted(&mut body, name);
        body.put_u8(b':');
        if value.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
            body.put_slice(Value::from(value).to_string().as_bytes());
        } else {
            put_quoted(&mut body, value);
        }
        body.put_slice(&self.rest);
        body.freeze()
    }
}

/// Only for what needs no escape.
fn put_quoted(body: &mut BytesMut, text: &str) {
    body.put_u8(b'"');
    body.put_slice(text.as_bytes());
    body.put_u8(b'"');
}

/// Our own types always serialise; were it otherwise, it would lie in the message.
fn unwritable(error: &serde_json::Error) -> SendError {
    let detail = AnswerDetail { http_status: 0, message: bounded_text(&error.to_string()), reason: None };
    SendError::PayloadInvalid { detail, violations: Vec::new() }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest").field("bytes", &self.rest.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::validate;

    fn read(body: &Bytes) -> Value {
        serde_json::from_slice(body).expect("JSON")
    }

    #[test]
    fn one_prepared_request_serves_every_target() {
        let message =
            validate(&json!({"data": {"k": "v"}, "notification": {"title": "t"}}), 0).expect("sound");
        let prepared = PreparedRequest::new(&message, false).expect("written");
        for (target, name, value) in [
            (Target::Token("a:b".into()), "token", "a:b"),
            (Target::Fid("f".into()), "fid", "f"),
            (Target::Topic("news".into()), "topic", "news"),
            (Target::Condition("'a\\b\"' in topics\n".into()), "condition", "'a\\b\"' in topics\n"),
        ] {
            let expected =
                json!({"message": {name: value, "data": {"k": "v"}, "notification": {"title": "t"}}});
            assert_eq!(read(&prepared.body_for(&target)), expected);
        }
    }

    #[test]
    fn a_message_without_fields_is_its_target_alone() {
        let target = Target::Token("t".into());
        let body = request_body(&target, &Message::default(), true).expect("written");
        assert_eq!(read(&body), json!({"message": {"token": "t"}, "validate_only": true}));
    }

    #[test]
    fn debug_shows_no_content() {
        let message = validate(&json!({"data": {"k": "secret"}}), 0).expect("sound");
        let prepared = PreparedRequest::new(&message, false).expect("written");
        assert_eq!(format!("{prepared:?}"), r#"PreparedRequest { bytes: 24 }"#);
    }
}
