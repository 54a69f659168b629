//! Why a topic call failed.
//!
//! In: FCM's answer. Out: a [`TopicError`], one variant for each thing a caller may treat differently. What FCM says in
//! refusal of a topic call is documented only by what Google's SDKs make of it, so the rule of sends holds here too: a
//! registration is called dead only where the answer names it.

use std::time::Duration;

use crate::{
    AuthUnavailable, Verdict,
    error::{Answer, AnswerDetail, SendError, error_code, read_answer},
};

use super::Registration;

/// A batch has more registrations than one call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a batch has {given} registrations, and may have {most}")]
pub struct BatchTooLarge {
    /// How many it has.
    pub given: usize,
    /// How many it may have.
    pub most: usize,
}

/// FCM did not do what was asked, or it cannot be known whether it did. Every call may simply be made again.
#[derive(Debug, thiserror::Error)]
pub enum TopicError {
    /// The instance was given up: uninstalled, expired, or replaced.
    #[error("the registration is not registered any more: {0}")]
    Unregistered(AnswerDetail),
    /// What was given is neither a token nor an installation ID.
    #[error("the registration is invalid: {0}")]
    InvalidRegistration(AnswerDetail),
    /// The instance belongs to another project.
    #[error("the registration belongs to another Firebase project: {0}")]
    SenderIdMismatch(AnswerDetail),
    /// The instance has as many topics as it may have (2,000).
    #[error("the registration is subscribed to too many topics: {0}")]
    TooManyTopics(AnswerDetail),
    /// The call is refused, and FCM does not say that it is because of the registration.
    #[error("FCM refuses the call: {0}")]
    InvalidArgument(AnswerDetail),
    /// Something was not found, and FCM does not say what: the registration, the project or the service.
    #[error("not found: {0}")]
    NotFound(AnswerDetail),
    /// Too many calls.
    #[error("a quota is exceeded: {detail}")]
    QuotaExceeded {
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// FCM, or something before it, failed.
    #[error("FCM is unavailable: {detail}")]
    Unavailable {
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// Google refuses the access token, a fresh one too.
    #[error("the access token is refused: {0}")]
    Unauthenticated(AnswerDetail),
    /// The service account may not manage topics, or the API is off.
    #[error("managing topics is not permitted: {0}")]
    PermissionDenied(AnswerDetail),
    /// An answer that FCM has no business giving, or a success that cannot be read.
    #[error("an unexpected answer: {0}")]
    Unexpected(AnswerDetail),
    /// No connection, no answer in time, or half of one.
    #[error("FCM could not be asked")]
    NotReached(#[source] reqwest::Error),
    /// There is no access token, so nothing was asked.
    #[error(transparent)]
    AuthUnavailable(#[from] AuthUnavailable),
}

impl TopicError {
    /// What `answer` to a call about `registration` means.
    pub(crate) fn read(answer: &Answer<'_>, registration: &Registration, now: jiff::Timestamp) -> Self {
        let too_many = error_code(answer.body).is_some_and(|code| code == "TOO_MANY_TOPICS");
        match read_answer(answer, registration.as_target(), now) {
            SendError::Unregistered(detail) => Self::Unregistered(detail),
            SendError::PayloadInvalid { detail, .. } if too_many => Self::TooManyTopics(detail),
            SendError::InvalidToken(detail) => Self::InvalidRegistration(detail),
            SendError::PayloadInvalid { detail, .. } => Self::InvalidArgument(detail),
            SendError::SenderIdMismatch(detail) => Self::SenderIdMismatch(detail),
            SendError::QuotaExceeded { after, detail, .. } => Self::QuotaExceeded { after, detail },
            SendError::Unavailable { after, detail }
            | SendError::Internal { after, detail }
            | SendError::FrontEnd { after, detail } => Self::Unavailable { after, detail },
            SendError::Unauthenticated(detail) => Self::Unauthenticated(detail),
            SendError::PermissionDenied(detail) => Self::PermissionDenied(detail),
            SendError::NotFound(detail) => Self::NotFound(detail),
            SendError::AuthUnavailable(unavailable) => Self::AuthUnavailable(unavailable),
            // Of no topic call, or of no answer at all.
            other => Self::Unexpected(other.detail().cloned().unwrap_or_else(|| AnswerDetail {
                http_status: answer.http_status,
                message: other.code().to_owned(),
                reason: None,
            })),
        }
    }

    /// What it means for the registration and for further calls; `None` when this call alone has failed for good.
    #[must_use]
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Unregistered(_) | Self::InvalidRegistration(_) => Some(Verdict::AddressDead),
            Self::SenderIdMismatch(_) => Some(Verdict::AddressWrongProject),
            Self::QuotaExceeded { after, .. } => Some(Verdict::Throttled { after: *after }),
            Self::Unavailable { after, .. } => Some(Verdict::Retry { after: *after }),
            Self::NotReached(_) | Self::Unexpected(_) => Some(Verdict::Retry { after: None }),
            Self::AuthUnavailable(auth) => Some(Verdict::ProjectBlocked { after: Some(auth.retry_after) }),
            Self::Unauthenticated(_) | Self::PermissionDenied(_) => {
                Some(Verdict::ProjectBlocked { after: None })
            }
            Self::TooManyTopics(_) | Self::InvalidArgument(_) | Self::NotFound(_) => None,
        }
    }

    /// A short name that never changes. FCM's own codes keep their words.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unregistered(_) => "unregistered",
            Self::InvalidRegistration(_) => "invalid_token",
            Self::SenderIdMismatch(_) => "sender_id_mismatch",
            Self::TooManyTopics(_) => "too_many_topics",
            Self::InvalidArgument(_) => "invalid_argument",
            Self::NotFound(_) => "not_found",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::Unavailable { .. } => "unavailable",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::PermissionDenied(_) => "permission_denied",
            Self::Unexpected(_) => "unexpected_answer",
            Self::NotReached(_) => "not_reached",
            Self::AuthUnavailable(_) => "auth_unavailable",
        }
    }
}

impl From<reqwest::Error> for TopicError {
    fn from(error: reqwest::Error) -> Self {
        // The path holds the registration.
        Self::NotReached(error.without_url())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;

    const TOKEN: &str = "cAbCdEfGhIjKlMnOpQrStU:APA91bExample";

    fn read(http_status: u16, body: &Value) -> TopicError {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        let answer = Answer { http_status, retry_after: Some("7"), body: &body };
        TopicError::read(&answer, &Registration::token(TOKEN), Timestamp::UNIX_EPOCH)
    }

    fn fcm(status: &str, code: &str) -> Value {
        let kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        json!({"error": {"status": status, "message": "m", "details": [{"@type": kind, "errorCode": code}]}})
    }

    fn plain(status: &str) -> Value {
        json!({"error": {"status": status, "message": format!("about {TOKEN}")}})
    }

    #[test]
    fn each_refusal_has_its_code_and_verdict() {
        let seven = Some(Duration::from_secs(7));
        let blocked = Some(Verdict::ProjectBlocked { after: None });
        let retry = Some(Verdict::Retry { after: seven });
        for (http, body, code, verdict) in [
            (404, fcm("NOT_FOUND", "UNREGISTERED"), "unregistered", Some(Verdict::AddressDead)),
            (
                403,
                fcm("PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
                "sender_id_mismatch",
                Some(Verdict::AddressWrongProject),
            ),
            (400, fcm("INVALID_ARGUMENT", "TOO_MANY_TOPICS"), "too_many_topics", None),
            (400, fcm("INVALID_ARGUMENT", "INVALID_ARGUMENT"), "invalid_argument", None),
            (400, plain("INVALID_ARGUMENT"), "invalid_argument", None),
            (404, plain("NOT_FOUND"), "not_found", None),
            (404, Value::Null, "not_found", None),
            (429, plain("RESOURCE_EXHAUSTED"), "quota_exceeded", Some(Verdict::Throttled { after: seven })),
            (503, plain("UNAVAILABLE"), "unavailable", retry),
            (500, plain("INTERNAL"), "unavailable", retry),
            (502, Value::Null, "unavailable", retry),
            (504, plain("DEADLINE_EXCEEDED"), "unavailable", retry),
            (401, plain("UNAUTHENTICATED"), "unauthenticated", blocked),
            (403, plain("PERMISSION_DENIED"), "permission_denied", blocked),
            (302, Value::Null, "unexpected_answer", Some(Verdict::Retry { after: None })),
        ] {
            let error = read(http, &body);
            assert_eq!((error.code(), error.verdict()), (code, verdict), "{http} {body}");
            assert!(!error.to_string().contains("APA91b"), "I11: {error}");
        }
    }

    #[test]
    fn a_registration_is_dead_only_when_fcm_says_so() {
        let kind = "type.googleapis.com/google.rpc.BadRequest";
        let names = |field: &str| {
            let violations = json!([{"field": field, "description": "d"}]);
            json!({"error": {"status": "INVALID_ARGUMENT", "message": "m",
                "details": [{"@type": kind, "fieldViolations": violations}]}})
        };
        assert_eq!(read(400, &names("message.token")).verdict(), Some(Verdict::AddressDead));
        assert_eq!(read(400, &names("topic_name")).verdict(), None);
        assert_eq!(read(404, &plain("NOT_FOUND")).verdict(), None);
    }
}
