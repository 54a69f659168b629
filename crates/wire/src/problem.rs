//! RFC 9457 problems: what went wrong, where, and how to mend it.

use serde::{Deserialize, Serialize};

use crate::open_enum::open_enum;

open_enum! {
    /// Stable name of a problem. A client may branch on it.
    ProblemCode {
        /// 400: the body is not JSON.
        MalformedJson => "malformed_json",
        /// 400: a field, a header or a part of the path is wrong; `field` names it.
        InvalidField => "invalid_field",
        /// 400: FCM would refuse the message; `field` names the place.
        PayloadRejected => "payload_rejected",
        /// 401: the installation secret is missing or wrong.
        SecretInvalid => "secret_invalid",
        /// 401: the API key is missing or wrong.
        ApiKeyInvalid => "api_key_invalid",
        /// 403: the API key lacks the scope.
        ScopeMissing => "scope_missing",
        /// 404: it does not exist, or the caller may not see it.
        NotFound => "not_found",
        /// 409: two phones use one identity.
        InstallationCloned => "installation_cloned",
        /// 409: the first request with this key is still being worked on.
        IdempotencyInProgress => "idempotency_in_progress",
        /// 409: what is to be created exists already, with other content.
        AlreadyExists => "already_exists",
        /// 413: the body is too large.
        BodyTooLarge => "body_too_large",
        /// 415: the body is not application/json.
        UnsupportedMediaType => "unsupported_media_type",
        /// 422: the key was used with other content.
        IdempotencyKeyReused => "idempotency_key_reused",
        /// 429: too many requests; `retry_after` says when.
        RateLimited => "rate_limited",
        /// 500: our fault; the log has the cause under the request's id.
        Internal => "internal",
        /// 503: too much at once; `retry_after` says when.
        Overloaded => "overloaded",
        /// 503: the store cannot write, for example because the disk is full. Nothing was accepted.
        StorageUnavailable => "storage_unavailable",
    }
}

/// The body of every refusal, as `application/problem+json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Stable name.
    pub code: ProblemCode,
    /// HTTP status.
    pub status: u16,
    /// Short text, the same for every problem of this code.
    pub title: String,
    /// What was wrong this time and how to mend it.
    pub detail: String,
    /// Path of the field, such as `address.value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}
