//! The JSON of Google's errors, as far as it decides anything.

use serde::Deserialize;
use serde_json::Value;

use crate::Violation;

const FCM_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
const APNS_ERROR: &str = "type.googleapis.com/google.firebase.fcm.v1.ApnsError";
const BAD_REQUEST: &str = "type.googleapis.com/google.rpc.BadRequest";
const QUOTA_FAILURE: &str = "type.googleapis.com/google.rpc.QuotaFailure";
const ERROR_INFO: &str = "type.googleapis.com/google.rpc.ErrorInfo";

/// What an error body says. Details that are missing, unknown or malformed are left out, never an error.
#[derive(Debug, Default)]
pub(super) struct ErrorBody {
    pub(super) message: String,
    /// The google.rpc code's name.
    pub(super) status: String,
    /// `FcmError.errorCode`.
    pub(super) error_code: Option<String>,
    pub(super) apns_reason: Option<String>,
    pub(super) info_reason: Option<String>,
    pub(super) violations: Vec<Violation>,
    /// Subjects and descriptions of a `QuotaFailure`.
    pub(super) quotas: Vec<String>,
}

#[derive(Deserialize)]
struct Envelope {
    error: RpcStatus,
}

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct RpcStatus {
    message: String,
    status: String,
    details: Vec<Value>,
}

impl ErrorBody {
    /// `None` unless `bytes` are an error of Google's JSON form.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let envelope: Envelope = serde_json::from_slice(bytes).ok()?;
        let RpcStatus { message, status, details } = envelope.error;
        let mut body = Self { message, status, ..Self::default() };
        for detail in &details {
            body.take(detail);
        }
        Some(body)
    }

    fn take(&mut self, detail: &Value) {
        let text = |name: &str| detail.get(name).and_then(Value::as_str).map(str::to_owned);
        match detail.get("@type").and_then(Value::as_str) {
            // The first one counts, as in the official SDKs. Live bodies say errorCode, FCM's page error_code.
            Some(FCM_ERROR) if self.error_code.is_none() => {
                self.error_code = text("errorCode").or_else(|| text("error_code"));
            }
            Some(APNS_ERROR) => self.apns_reason = text("reason"),
            Some(ERROR_INFO) => self.info_reason = text("reason"),
            Some(BAD_REQUEST) => self.violations.extend(field_violations(detail)),
            Some(QUOTA_FAILURE) => self.quotas.extend(quota_texts(detail)),
            _ => {}
        }
    }
}

fn items<'a>(detail: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    detail.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn field_violations(detail: &Value) -> impl Iterator<Item = Violation> {
    items(detail, "fieldViolations").map(|violation| {
        let text = |name: &str| violation.get(name).and_then(Value::as_str).unwrap_or_default();
        Violation::new(text("field"), text("description"))
    })
}

fn quota_texts(detail: &Value) -> impl Iterator<Item = String> {
    items(detail, "violations").flat_map(|violation| {
        ["subject", "description"]
            .into_iter()
            .filter_map(|name| violation.get(name)?.as_str().map(str::to_owned))
    })
}
