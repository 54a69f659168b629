//! One send request, read. In: the body's bytes. Out: a canonical message and its one target, or a parse-level error.
//! Next: `rules`.

use serde_json::Value;

use crate::google::{GoogleError, Violation};
use crate::send::json::Json;
use crate::send::read::read_message;
use crate::send::schema::SEND_REQUEST;

pub(crate) struct SendRequest {
    pub(crate) validate_only: bool,
    /// Always an object.
    pub(crate) message: Value,
    pub(crate) target: Target,
}

/// What the message is sent to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A registration token, or a FID while FCM accepts one there.
    Token(String),
    Fid(String),
    Topic(String),
    Condition(String),
}

impl SendRequest {
    pub(crate) fn parse(body: &[u8]) -> Result<Self, GoogleError> {
        let json = if body.is_empty() { Ok(Json::Object(Vec::new())) } else { Json::parse(body) };
        let json = json.map_err(|_| unparsable())?;
        let mut read = read_message(json, &SEND_REQUEST).map_err(GoogleError::unreadable)?;
        let validate_only = read.get("validate_only") == Some(&Value::Bool(true));
        let message = read.remove("message").unwrap_or_else(|| Value::Object(serde_json::Map::new()));
        let target = target_of(&message)
            .ok_or_else(|| GoogleError::invalid_field("message", "Recipient of the message is not set."))?;
        Ok(Self { validate_only, message, target })
    }
}

fn target_of(message: &Value) -> Option<Target> {
    let text = |name: &str| message.get(name).and_then(Value::as_str).map(String::from);
    text("token")
        .map(Target::Token)
        .or_else(|| text("fid").map(Target::Fid))
        .or_else(|| text("topic").map(Target::Topic))
        .or_else(|| text("condition").map(Target::Condition))
}

fn unparsable() -> GoogleError {
    let description = "Invalid JSON payload received. Unexpected token.".into();
    GoogleError::unreadable(vec![Violation { field: String::new(), description }])
}
