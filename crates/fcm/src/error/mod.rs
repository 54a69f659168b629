//! Why FCM did not take a message.
//!
//! In: FCM's answer, or the transport's failure. Out: a [`SendError`], closed, one variant for each
//! thing a caller may treat differently. Next: [`SendError::verdict`], and [`SendError::code`] for the record.
//!
//! No error holds a registration token, a Firebase installation ID or an access token: texts from outside are
//! cut to a few hundred characters and stripped of the target and of whatever looks like a secret.

mod answer;
mod body;
mod retry_after;
mod text;

use std::{fmt, sync::Arc, time::Duration};

use crate::{AuthUnavailable, ConnectError, Verdict, Violation};

pub(crate) use answer::{Answer, error_code, read_answer, read_success};
pub(crate) use text::bounded_text;

/// How long Google's front end asks to wait in its error pages.
const FRONT_END_WAIT: Duration = Duration::from_secs(30);

/// What an answer said of itself, fit for a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerDetail {
    /// The HTTP status.
    pub http_status: u16,
    /// FCM's message, bounded.
    pub message: String,
    /// The reason of an `ApnsError` or `ErrorInfo`, such as `BadDeviceToken` or `SERVICE_DISABLED`.
    pub reason: Option<String>,
}

impl fmt::Display for AnswerDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HTTP {}: {}", self.http_status, self.message)?;
        match &self.reason {
            Some(reason) => write!(f, " ({reason})"),
            None => Ok(()),
        }
    }
}

/// What a quota was exceeded for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThrottleScope {
    /// One device: other devices may go on.
    Device,
    /// One topic.
    Topic,
    /// The Firebase project: everything must wait.
    Project,
    /// FCM did not tell.
    Unknown,
}

/// FCM did not take the message, or it cannot be known whether it did (see [`SendError::is_outcome_unknown`]).
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The address was given up: uninstalled, expired, or replaced.
    #[error("the address is not registered any more: {0}")]
    Unregistered(AnswerDetail),
    /// The value is no registration token, or Apple's token behind it is dead.
    #[error("the registration token is invalid: {0}")]
    InvalidToken(AnswerDetail),
    /// The payload is refused.
    #[error("FCM refuses the payload: {detail}")]
    PayloadInvalid {
        /// The answer.
        detail: AnswerDetail,
        /// The fields that FCM named; often none.
        violations: Vec<Violation>,
    },
    /// The address belongs to another project.
    #[error("the address belongs to another Firebase project: {0}")]
    SenderIdMismatch(AnswerDetail),
    /// Too many messages.
    #[error("a quota is exceeded: {detail}")]
    QuotaExceeded {
        /// What the quota is for.
        scope: ThrottleScope,
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// FCM is overloaded or down.
    #[error("FCM is unavailable: {detail}")]
    Unavailable {
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// FCM failed.
    #[error("FCM failed: {detail}")]
    Internal {
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// Something before FCM failed, and answered in its own way.
    #[error("the front end failed: {detail}")]
    FrontEnd {
        /// `Retry-After`.
        after: Option<Duration>,
        /// The answer.
        detail: AnswerDetail,
    },
    /// Apple or a Web Push service refuses the project's key.
    #[error("APNs or Web Push refuses the project's credentials: {0}")]
    ThirdPartyAuth(AnswerDetail),
    /// Google refuses the access token, a fresh one too.
    #[error("the access token is refused: {0}")]
    Unauthenticated(AnswerDetail),
    /// The service account may not send, or the API is off.
    #[error("sending is not permitted: {0}")]
    PermissionDenied(AnswerDetail),
    /// Not found, but not the address: a wrong project or endpoint.
    #[error("the project or endpoint was not found: {0}")]
    NotFound(AnswerDetail),
    /// An answer that FCM has no business giving, such as a redirect.
    #[error("an unexpected answer: {0}")]
    Unexpected(AnswerDetail),
    /// A success that names no message.
    #[error("the answer cannot be read: {0}")]
    Undecodable(AnswerDetail),
    /// No connection came about, so nothing was sent.
    #[error("cannot connect to FCM")]
    ConnectFailed(#[source] Arc<ConnectError>),
    /// FCM said, more than once, that it does not look at the request.
    #[error("FCM takes no further call now")]
    StreamRefused,
    /// No answer came in time.
    #[error("FCM did not answer in time")]
    TimedOut,
    /// The connection ended before the answer was complete.
    #[error("the connection to FCM was cut")]
    ConnectionLost(#[source] h2::Error),
    /// There is no access token, so nothing was sent.
    #[error(transparent)]
    AuthUnavailable(#[from] AuthUnavailable),
}

impl SendError {
    /// What to do about it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Unregistered(_) | Self::InvalidToken(_) => Verdict::AddressDead,
            Self::SenderIdMismatch(_) => Verdict::AddressWrongProject,
            Self::PayloadInvalid { .. } => Verdict::PayloadRejected,
            Self::QuotaExceeded { after, .. } => Verdict::Throttled { after: *after },
            Self::Unavailable { after, .. } | Self::Internal { after, .. } => {
                Verdict::Retry { after: *after }
            }
            Self::FrontEnd { after, .. } => Verdict::Retry { after: Some(after.unwrap_or(FRONT_END_WAIT)) },
            Self::AuthUnavailable(auth) => Verdict::ProjectBlocked { after: Some(auth.retry_after) },
            // An answer that nobody knows may be about this message alone, so it must not hold up the others.
            Self::Unexpected(_)
            | Self::Undecodable(_)
            | Self::ConnectFailed(_)
            | Self::StreamRefused
            | Self::TimedOut
            | Self::ConnectionLost(_) => Verdict::Retry { after: None },
            Self::ThirdPartyAuth(_) => Verdict::Misconfigured,
            Self::Unauthenticated(_) | Self::PermissionDenied(_) | Self::NotFound(_) => {
                Verdict::ProjectBlocked { after: None }
            }
        }
    }

    /// A short name that never changes, to be stored as a delivery's reason. FCM's own codes keep their words.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unregistered(_) => "unregistered",
            Self::InvalidToken(_) => "invalid_token",
            Self::PayloadInvalid { .. } => "invalid_argument",
            Self::SenderIdMismatch(_) => "sender_id_mismatch",
            Self::QuotaExceeded { .. } => "quota_exceeded",
            Self::Unavailable { .. } => "unavailable",
            Self::Internal { .. } => "internal",
            Self::FrontEnd { .. } => "front_end",
            Self::ThirdPartyAuth(_) => "third_party_auth_error",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::PermissionDenied(_) => "permission_denied",
            Self::NotFound(_) => "not_found",
            Self::Unexpected(_) => "unexpected_answer",
            Self::Undecodable(_) => "undecodable_answer",
            Self::ConnectFailed(_) => "connect_failed",
            Self::StreamRefused => "stream_refused",
            Self::TimedOut => "timed_out",
            Self::ConnectionLost(_) => "connection_lost",
            Self::AuthUnavailable(_) => "auth_unavailable",
        }
    }

    /// Whether FCM may have taken the message all the same, so that another attempt may deliver it twice.
    #[must_use]
    pub const fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::TimedOut | Self::ConnectionLost(_) | Self::Undecodable(_))
    }

    /// What was throttled; `None` if nothing was.
    #[must_use]
    pub const fn throttle_scope(&self) -> Option<ThrottleScope> {
        match self {
            Self::QuotaExceeded { scope, .. } => Some(*scope),
            _ => None,
        }
    }

    /// FCM's answer, if there was one.
    #[must_use]
    pub const fn detail(&self) -> Option<&AnswerDetail> {
        match self {
            Self::Unregistered(detail)
            | Self::InvalidToken(detail)
            | Self::SenderIdMismatch(detail)
            | Self::ThirdPartyAuth(detail)
            | Self::Unauthenticated(detail)
            | Self::PermissionDenied(detail)
            | Self::NotFound(detail)
            | Self::Unexpected(detail)
            | Self::Undecodable(detail)
            | Self::PayloadInvalid { detail, .. }
            | Self::QuotaExceeded { detail, .. }
            | Self::Unavailable { detail, .. }
            | Self::Internal { detail, .. }
            | Self::FrontEnd { detail, .. } => Some(detail),
            Self::ConnectFailed(_)
            | Self::StreamRefused
            | Self::TimedOut
            | Self::ConnectionLost(_)
            | Self::AuthUnavailable(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
