//! The body of `messages:send`.
//!
//! In: a [`Target`] and a [`Message`]. Out: the JSON, complete. A message for many is written once, as a
//! [`PreparedRequest`]; each body is then a target put before what is there already, and a text of its own put where a
//! blank was left.

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
    Ok(PreparedRequest::new(message, validate_only, None)?.body_for(target, ""))
}

/// The body of a request that lacks its target, and what differs from one to the other. Clones share it.
#[derive(Clone)]
pub struct PreparedRequest {
    /// From the comma after the target, where one is needed, to the end; cut wherever a blank is filled.
    rest: Vec<Bytes>,
}

impl PreparedRequest {
    /// Writes `message`; with `validate_only` FCM checks it and delivers nothing. Every place that holds `blank` is filled
    /// anew for each target: it must need no escape in JSON, and occur nowhere else in the message.
    ///
    /// # Errors
    /// [`SendError::PayloadInvalid`]; never for a message that came through [`validate`](crate::validate()).
    pub fn new(message: &Message, validate_only: bool, blank: Option<&str>) -> Result<Self, SendError> {
        let object = serde_json::to_vec(message).map_err(|error| unwritable(&error))?;
        // The opening brace stands before the target already.
        let fields = object.get(1..).unwrap_or_default();
        let mut rest = BytesMut::with_capacity(fields.len() + END_VALIDATE_ONLY.len() + 1);
        if fields != b"}" {
            rest.put_u8(b',');
        }
        rest.put_slice(fields);
        rest.put_slice(if validate_only { END_VALIDATE_ONLY } else { END });
        Ok(Self { rest: cut(rest.freeze(), blank.unwrap_or_default().as_bytes()) })
    }

    /// The whole body, to `target`, with `filling` in the blanks.
    #[must_use]
    pub fn body_for(&self, target: &Target, filling: &str) -> Bytes {
        let (name, value) = target.expose_field();
        // Four quotes and a colon; a value that must be escaped makes the buffer grow.
        let rest = self.rest.iter().map(|part| part.len() + filling.len()).sum::<usize>();
        let mut body = BytesMut::with_capacity(START.len() + name.len() + value.len() + 5 + rest);
        body.put_slice(START);
        put_quoted(&mut body, name);
        body.put_u8(b':');
        put_quoted(&mut body, value);
        for (number, part) in self.rest.iter().enumerate() {
            if number > 0 {
                put_escaped(&mut body, filling);
            }
            body.put_slice(part);
        }
        body.freeze()
    }
}

/// What stands between the places that hold `blank`; all of it where there is none.
fn cut(text: Bytes, blank: &[u8]) -> Vec<Bytes> {
    if blank.is_empty() {
        return vec![text];
    }
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while at + blank.len() <= text.len() {
        if text[at..].starts_with(blank) {
            parts.push(text.slice(start..at));
            at += blank.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(text.slice(start..));
    parts
}

fn put_quoted(body: &mut BytesMut, text: &str) {
    body.put_u8(b'"');
    put_escaped(body, text);
    body.put_u8(b'"');
}

/// `text` as it stands between quotes. Addresses and logins need no escape.
fn put_escaped(body: &mut BytesMut, text: &str) {
    if text.bytes().any(|byte| byte < b' ' || matches!(byte, b'"' | b'\\')) {
        let quoted = Value::from(text).to_string();
        body.put_slice(&quoted.as_bytes()[1..quoted.len() - 1]);
    } else {
        body.put_slice(text.as_bytes());
    }
}

/// Our own types always serialise; were it otherwise, it would lie in the message.
fn unwritable(error: &serde_json::Error) -> SendError {
    let detail = AnswerDetail { http_status: 0, message: bounded_text(&error.to_string()), reason: None };
    SendError::PayloadInvalid { detail, violations: Vec::new() }
}

impl fmt::Debug for PreparedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PreparedRequest")
            .field("bytes", &self.rest.iter().map(Bytes::len).sum::<usize>())
            .finish()
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
        let prepared = PreparedRequest::new(&message, false, None).expect("written");
        for (target, name, value) in [
            (Target::Token("a:b".into()), "token", "a:b"),
            (Target::Fid("f".into()), "fid", "f"),
            (Target::Topic("news".into()), "topic", "news"),
            (Target::Condition("'a\\b\"' in topics\n".into()), "condition", "'a\\b\"' in topics\n"),
        ] {
            let expected =
                json!({"message": {name: value, "data": {"k": "v"}, "notification": {"title": "t"}}});
            assert_eq!(read(&prepared.body_for(&target, "")), expected);
        }
    }

    #[test]
    fn blanks_are_filled_wherever_they_are() {
        let payload = json!({"data": {"who": "BLANK"}, "android": {"data": {"a": "BLANK", "b": "c"}}});
        let prepared = PreparedRequest::new(&validate(&payload, 0).expect("sound"), false, Some("BLANK"));
        let body = prepared.expect("written").body_for(&Target::Token("t".into()), "me \"\\ too");
        let expected = json!({"message": {"token": "t", "data": {"who": "me \"\\ too"},
            "android": {"data": {"a": "me \"\\ too", "b": "c"}}}});
        assert_eq!(read(&body), expected);
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
        let prepared = PreparedRequest::new(&message, false, None).expect("written");
        assert_eq!(format!("{prepared:?}"), r#"PreparedRequest { bytes: 24 }"#);
    }
}
