//! The google.rpc error body: `{"error":{code, message, status, details}}`.
//!
//! Parse-level failures carry `BadRequest` and no `FcmError`; semantic ones carry `FcmError`. Clients tell the two
//! apart by that, so the constructors here are the only way to make one.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::google::FcmErrorCode;
use crate::names::ProjectId;

const METHOD: &str = "google.firebase.fcm.v1.FcmService.SendMessage";

/// One field that is wrong, as `google.rpc.BadRequest` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    /// Empty for the body as a whole; then the key is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) field: String,
    pub(crate) description: String,
}

/// One quota that is used up, as `google.rpc.QuotaFailure` lists it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct QuotaViolation {
    subject: String,
    description: &'static str,
}

/// One entry of `details`, tagged with its full type name: SDKs compare the whole string.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "@type")]
pub(crate) enum Detail {
    #[serde(rename = "type.googleapis.com/google.firebase.fcm.v1.FcmError", rename_all = "camelCase")]
    Fcm { error_code: FcmErrorCode },
    #[serde(rename = "type.googleapis.com/google.firebase.fcm.v1.ApnsError", rename_all = "camelCase")]
    Apns { status_code: u16, reason: &'static str },
    #[serde(rename = "type.googleapis.com/google.rpc.BadRequest", rename_all = "camelCase")]
    BadRequest { field_violations: Vec<Violation> },
    #[serde(rename = "type.googleapis.com/google.rpc.QuotaFailure")]
    Quota { violations: Vec<QuotaViolation> },
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    Info { reason: &'static str, domain: &'static str, metadata: serde_json::Value },
}

/// One refusal, ready to be answered.
#[derive(Clone, Debug)]
pub(crate) struct GoogleError {
    pub(crate) http: StatusCode,
    message: Box<str>,
    details: Box<[Detail]>,
    /// The google.rpc code where it is not the usual one of the HTTP status.
    rpc: Option<&'static str>,
    challenge: Option<&'static str>,
    retry_after: Option<HeaderValue>,
}

impl GoogleError {
    pub(crate) fn new(http: StatusCode, message: impl Into<String>, details: Vec<Detail>) -> Self {
        Self {
            http,
            message: message.into().into(),
            details: details.into(),
            rpc: None,
            challenge: None,
            retry_after: None,
        }
    }

    /// The JSON could not be read as a request at all: `BadRequest` only.
    pub(crate) fn unreadable(violations: Vec<Violation>) -> Self {
        let sentences: Vec<_> = violations.iter().map(|violation| violation.description.as_str()).collect();
        let message = sentences.join("\n");
        Self::new(StatusCode::BAD_REQUEST, message, vec![Detail::BadRequest { field_violations: violations }])
    }

    /// The request reads well but means something that FCM refuses, with the field that is to blame.
    pub(crate) fn invalid_field(field: &str, sentence: &str) -> Self {
        let violation = Violation { field: field.into(), description: sentence.into() };
        Self::new(
            StatusCode::BAD_REQUEST,
            sentence,
            vec![
                Detail::BadRequest { field_violations: vec![violation] },
                Detail::Fcm { error_code: FcmErrorCode::InvalidArgument },
            ],
        )
    }

    /// The request as a whole is refused, without a field.
    pub(crate) fn invalid(sentence: &str) -> Self {
        let details = vec![Detail::Fcm { error_code: FcmErrorCode::InvalidArgument }];
        Self::new(StatusCode::BAD_REQUEST, sentence, details)
    }

    /// What is to be made is there already.
    pub(crate) fn already_exists() -> Self {
        let mut error = Self::new(StatusCode::CONFLICT, "Requested entity already exists", Vec::new());
        error.rpc = Some("ALREADY_EXISTS");
        error
    }

    /// What is asked for is not there, although its parent is. Without an `FcmError`: the registration lives.
    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, FcmErrorCode::Unregistered.message(), Vec::new())
    }

    /// The code by which the legacy topic API names this refusal.
    pub(crate) fn legacy_code(&self) -> &'static str {
        let too_many = Detail::Fcm { error_code: FcmErrorCode::TooManyTopics };
        if self.details.contains(&too_many) { "TOO_MANY_TOPICS" } else { rpc_status(self.http) }
    }

    /// The sentence for people.
    pub(crate) fn sentence(&self) -> &str {
        &self.message
    }

    /// The token is no token.
    pub(crate) fn malformed_token() -> Self {
        let violation =
            Violation { field: "message.token".into(), description: "Invalid registration token".into() };
        Self::new(
            StatusCode::BAD_REQUEST,
            "The registration token is not a valid FCM registration token",
            vec![
                Detail::BadRequest { field_violations: vec![violation] },
                Detail::Fcm { error_code: FcmErrorCode::InvalidArgument },
            ],
        )
    }

    /// What FCM says with `code` and nothing else to add.
    pub(crate) fn of_code(code: FcmErrorCode) -> Self {
        let mut details = vec![Detail::Fcm { error_code: code }];
        if code == FcmErrorCode::ThirdPartyAuthError {
            details.push(Detail::Apns { status_code: 403, reason: "InvalidProviderToken" });
        }
        Self::new(code.http(), code.message(), details)
    }

    /// The project's sends of this minute are used up.
    pub(crate) fn project_quota(project: &ProjectId) -> Self {
        Self::quota(
            FcmErrorCode::QuotaExceeded.message(),
            format!("project:{project}"),
            "Message rate exceeded.",
        )
    }

    /// One device gets no more for now; the others do.
    pub(crate) fn device_quota() -> Self {
        let sentence = "Device message rate exceeded.";
        Self::quota(sentence, "device".into(), sentence)
    }

    fn quota(message: &str, subject: String, description: &'static str) -> Self {
        let code = FcmErrorCode::QuotaExceeded;
        let violations = vec![QuotaViolation { subject, description }];
        Self::new(code.http(), message, vec![Detail::Fcm { error_code: code }, Detail::Quota { violations }])
    }

    /// APNs has said that the device token behind the registration is gone.
    pub(crate) fn apns_token_disabled() -> Self {
        Self::new(
            StatusCode::BAD_REQUEST,
            "APNs device token is disabled.",
            vec![
                Detail::Fcm { error_code: FcmErrorCode::InvalidArgument },
                Detail::Apns { status_code: 410, reason: "Unregistered" },
            ],
        )
    }

    /// No bearer at all.
    pub(crate) fn credentials_missing() -> Self {
        let message = "Request is missing required authentication credential. Expected OAuth 2 access token, \
                       login cookie or other valid authentication credential.";
        Self::unauthenticated(
            message,
            "CREDENTIALS_MISSING",
            r#"Bearer realm="https://accounts.google.com/""#,
        )
    }

    /// A bearer that is unknown or whose time is over.
    pub(crate) fn credentials_invalid(reason: &'static str) -> Self {
        let message = "Request had invalid authentication credentials. Expected OAuth 2 access token, \
                       login cookie or other valid authentication credential.";
        let challenge = r#"Bearer realm="https://accounts.google.com/", error="invalid_token""#;
        Self::unauthenticated(message, reason, challenge)
    }

    fn unauthenticated(message: &str, reason: &'static str, challenge: &'static str) -> Self {
        let metadata = json!({"service": "fcm.googleapis.com", "method": METHOD});
        let info = Detail::Info { reason, domain: "googleapis.com", metadata };
        let mut error = Self::new(StatusCode::UNAUTHORIZED, message, vec![info]);
        error.challenge = Some(challenge);
        error
    }

    /// The account may not send for `project`, which may not even exist.
    pub(crate) fn permission_denied(project: &str) -> Self {
        let resource = format!("projects/{project}");
        let metadata = json!({"resource": resource, "permission": "cloudmessaging.messages.create"});
        Self::new(
            StatusCode::FORBIDDEN,
            format!(
                "Permission 'cloudmessaging.messages.create' denied on resource \
                 '//cloudresourcemanager.googleapis.com/{resource}' (or it may not exist)."
            ),
            vec![Detail::Info { reason: "IAM_PERMISSION_DENIED", domain: "iam.googleapis.com", metadata }],
        )
    }

    /// What a scripted `status` with no code means, in the body that Google would most likely send.
    pub(crate) fn of_status(status: StatusCode, project: &ProjectId) -> Self {
        if let Some(code) = FcmErrorCode::usual_for(status) {
            return Self::of_code(code);
        }
        match status {
            StatusCode::UNAUTHORIZED => Self::credentials_invalid("ACCESS_TOKEN_EXPIRED"),
            StatusCode::FORBIDDEN => Self::permission_denied(project.as_str()),
            StatusCode::NOT_FOUND => Self::new(status, FcmErrorCode::Unregistered.message(), Vec::new()),
            StatusCode::BAD_REQUEST => Self::new(status, FcmErrorCode::InvalidArgument.message(), Vec::new()),
            _ => Self::new(status, status.canonical_reason().unwrap_or("Unknown error."), Vec::new()),
        }
    }

    /// Answers with `status` instead of the usual one.
    pub(crate) fn with_http(mut self, status: StatusCode) -> Self {
        self.http = status;
        self
    }

    /// Answers with `sentence` instead of the usual one, where there is one.
    pub(crate) fn with_message(mut self, sentence: Option<&str>) -> Self {
        if let Some(sentence) = sentence {
            self.message = sentence.into();
        }
        self
    }

    /// Adds the header `Retry-After`.
    pub(crate) fn with_retry_after(mut self, text: Option<HeaderValue>) -> Self {
        self.retry_after = text;
        self
    }
}

/// The google.rpc code that goes with an HTTP status. Java's SDK throws on any other word.
fn rpc_status(http: StatusCode) -> &'static str {
    match http.as_u16() {
        400 => "INVALID_ARGUMENT",
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        501 => "UNIMPLEMENTED",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "UNKNOWN",
    }
}

impl IntoResponse for GoogleError {
    fn into_response(self) -> Response {
        let unspecified = Detail::Fcm { error_code: FcmErrorCode::UnspecifiedError };
        let status = if self.details.contains(&unspecified) {
            "UNKNOWN"
        } else {
            self.rpc.unwrap_or(rpc_status(self.http))
        };
        let mut error = json!({"code": self.http.as_u16(), "message": self.message, "status": status});
        if !self.details.is_empty() {
            error["details"] = json!(self.details);
        }
        let mut response = (self.http, axum::Json(json!({"error": error}))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=UTF-8"));
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(text) = self.retry_after {
            headers.insert(header::RETRY_AFTER, text);
        }
        response
    }
}
