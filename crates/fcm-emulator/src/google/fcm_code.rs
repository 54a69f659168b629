//! FCM's own error codes, with the HTTP status, google.rpc status and sentence that go with each.

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

/// `ErrorCode` of FCM, spelled as FCM spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FcmErrorCode {
    /// No more is known.
    UnspecifiedError,
    /// The request, the token or the APNs device token is bad.
    InvalidArgument,
    /// The app instance is gone.
    Unregistered,
    /// The token belongs to another project.
    SenderIdMismatch,
    /// Too many messages, for the project, the device or the topic.
    QuotaExceeded,
    /// FCM is overloaded.
    Unavailable,
    /// FCM failed.
    Internal,
    /// APNs or the Web Push service refused the project's credentials.
    ThirdPartyAuthError,
    /// Topic API only: the app instance has as many topics as it may have.
    TooManyTopics,
}

impl FcmErrorCode {
    /// The HTTP status that FCM answers with this code.
    pub(crate) fn http(self) -> StatusCode {
        match self {
            Self::InvalidArgument | Self::TooManyTopics => StatusCode::BAD_REQUEST,
            Self::Unregistered => StatusCode::NOT_FOUND,
            Self::SenderIdMismatch => StatusCode::FORBIDDEN,
            Self::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal | Self::UnspecifiedError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ThirdPartyAuthError => StatusCode::UNAUTHORIZED,
        }
    }

    /// The sentence that FCM usually says with this code.
    pub(crate) fn message(self) -> &'static str {
        match self {
            Self::UnspecifiedError => "Unknown error.",
            Self::InvalidArgument => "Request contains an invalid argument.",
            Self::Unregistered => "Requested entity was not found.",
            Self::SenderIdMismatch => "SenderId mismatch",
            Self::QuotaExceeded => "Resource has been exhausted (e.g. check quota).",
            Self::Unavailable => "The service is currently unavailable.",
            Self::Internal => "Internal error encountered.",
            Self::TooManyTopics => "The app instance is subscribed to too many topics.",
            Self::ThirdPartyAuthError => "Auth error from APNS or Web Push Service",
        }
    }

    /// The code that FCM sends with a bare `status` that can hardly mean anything else.
    pub(crate) fn usual_for(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::TOO_MANY_REQUESTS => Some(Self::QuotaExceeded),
            StatusCode::INTERNAL_SERVER_ERROR => Some(Self::Internal),
            StatusCode::SERVICE_UNAVAILABLE => Some(Self::Unavailable),
            _ => None,
        }
    }
}
