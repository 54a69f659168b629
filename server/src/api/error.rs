//! Problems: the one place that chooses an HTTP status.
//!
//! In: an error of a lower layer. Out: RFC 9457 JSON with a stable `code`. The cause of a 5xx is logged here and shown
//! to nobody.

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use pushbridge_wire::{Problem, ProblemCode};

use crate::{clock::NoRandomness, store::StoreError};

/// A refusal, on its way to the caller.
#[derive(Debug)]
pub struct ApiError(Box<Problem>);

impl ApiError {
    /// A problem with what was wrong this time and how to mend it.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        let (status, title) = status_and_title(&code);
        let status = status.as_u16();
        let (title, detail) = (title.to_owned(), detail.into());
        Self(Box::new(Problem { code, status, title, detail, field: None, retry_after: None }))
    }

    /// A field that is wrong.
    pub fn invalid_field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(ProblemCode::InvalidField, detail).at(field)
    }

    /// What does not exist, or what the caller may not see: the same answer.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(
            ProblemCode::NotFound,
            "nothing is here that this caller may see: check the path and the key's app",
        )
    }

    /// Names the field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.0.field = Some(field.into());
        self
    }

    /// Says when to come back.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.field {
            Some(field) => write!(f, "{field}: {}", self.0.detail),
            None => f.write_str(&self.0.detail),
        }
    }
}

fn status_and_title(code: &ProblemCode) -> (StatusCode, &'static str) {
    match code {
        ProblemCode::MalformedJson => (StatusCode::BAD_REQUEST, "The body is not JSON"),
        ProblemCode::InvalidField => (StatusCode::BAD_REQUEST, "A field is wrong"),
        ProblemCode::PayloadRejected => (StatusCode::BAD_REQUEST, "FCM would refuse this message"),
        ProblemCode::SecretInvalid => {
            (StatusCode::UNAUTHORIZED, "The installation secret is missing or wrong")
        }
        ProblemCode::ApiKeyInvalid => (StatusCode::UNAUTHORIZED, "The API key is missing or wrong"),
        ProblemCode::ScopeMissing => (StatusCode::FORBIDDEN, "The API key lacks the scope"),
        ProblemCode::NotFound => (StatusCode::NOT_FOUND, "Not found"),
        ProblemCode::InstallationCloned => (StatusCode::CONFLICT, "Two phones use one identity"),
        ProblemCode::IdempotencyInProgress => {
            (StatusCode::CONFLICT, "The first request with this key still runs")
        }
        ProblemCode::AlreadyExists => (StatusCode::CONFLICT, "It exists already"),
        ProblemCode::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large"),
        ProblemCode::UnsupportedMediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body must be JSON"),
        ProblemCode::IdempotencyKeyReused => {
            (StatusCode::UNPROCESSABLE_ENTITY, "The Idempotency-Key was used with other content")
        }
        ProblemCode::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "Too many requests"),
        ProblemCode::Overloaded => (StatusCode::SERVICE_UNAVAILABLE, "Too much at once"),
        ProblemCode::StorageUnavailable => (StatusCode::SERVICE_UNAVAILABLE, "The store cannot write"),
        ProblemCode::Internal | ProblemCode::Other(_) => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal error")
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => {
                Self::new(ProblemCode::Overloaded, "the write queue is full; nothing was accepted")
                    .retry_after(1)
            }
            StoreError::Unavailable(cause) => {
                tracing::error!(%cause, "the store cannot write");
                let detail = "the disk is full or fails; nothing was accepted, send the request again later";
                Self::new(ProblemCode::StorageUnavailable, detail).retry_after(5)
            }
            StoreError::Closed => {
                Self::new(ProblemCode::Overloaded, "the server is shutting down").retry_after(1)
            }
            cause @ (StoreError::Sqlite(_)
            | StoreError::BadRow(_)
            | StoreError::NewerSchema { .. }
            | StoreError::File { .. }
            | StoreError::InUse(_)) => Self::internal(&cause),
        }
    }
}

impl From<NoRandomness> for ApiError {
    fn from(cause: NoRandomness) -> Self {
        Self::internal(&cause)
    }
}

impl ApiError {
    /// Our fault. The cause goes to the log only.
    pub fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(%cause, "a request failed");
        Self::new(
            ProblemCode::Internal,
            "the server failed; the cause is in its log. Repeating the request is safe",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let problem = *self.0;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // A problem is plain text and numbers: serialising cannot fail.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, Body::from(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = problem.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_status_of_its_own_kind() {
        for code in ProblemCode::KNOWN {
            let (status, _) = status_and_title(&ProblemCode::from((*code).to_owned()));
            assert_eq!(status == StatusCode::INTERNAL_SERVER_ERROR, *code == "internal", "{code}");
        }
    }
}
