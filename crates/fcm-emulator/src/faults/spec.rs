//! One rule as it is asked for. In: JSON or a literal. Out: a [`Plan`] or what is wrong with it. Next: `table`.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::faults::plan::{Plan, Trouble};
use crate::google::{FcmErrorCode, GoogleError};
use crate::names::{DeviceId, ProjectId};

/// A fault to script. Every field is optional, but one of `status`, `error_code`, `latency_ms` and `action` must be
/// there. Alone, `latency_ms` delays; with the others it delays first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FaultSpec {
    /// Only sends to this device, by its token or its FID; all sends when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// How many sends it strikes; until it is deleted when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<u32>,
    /// The share of matching sends that it strikes, above 0 and up to 100.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
    /// The HTTP status, 400 to 599; the usual one of `error_code` when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The FCM code in the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<FcmErrorCode>,
    /// The sentence in the body; the usual one of the error when absent. FCM tells its quotas apart by it: "Device
    /// message rate exceeded.".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The text of the header `Retry-After`, seconds or a date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<String>,
    /// How long the answer is held back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// What happens instead of an answer of the API.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<FaultAction>,
}

/// Trouble below or before the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultAction {
    /// Never answers; ends with the connection or the emulator.
    Hang,
    /// Closes the connection; the message is not taken.
    CutBefore,
    /// Takes the message, then closes the connection without an answer.
    CutAfter,
    /// Answers with a page of Google's front end, 502 unless `status` says otherwise.
    Html,
    /// Takes and answers this message, then tells the client by GOAWAY to open another connection. Over HTTP/1.1
    /// the connection closes after the answer.
    Goaway,
    /// Resets the stream with `REFUSED_STREAM`; the message is not taken, the connection stays. Over HTTP/1.1, which
    /// has no streams, the connection closes without an answer.
    RefusedStream,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{detail}")]
pub struct FaultSpecError {
    /// The field that is to blame.
    pub field: &'static str,
    /// What is wrong and what to write instead.
    pub detail: &'static str,
}

fn wrong(field: &'static str, detail: &'static str) -> FaultSpecError {
    FaultSpecError { field, detail }
}

impl FaultSpec {
    /// A rule that answers `status`, with the FCM code that usually goes with it.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::default() }
    }

    /// A rule that answers `code` with its usual status.
    #[must_use]
    pub fn code(code: FcmErrorCode) -> Self {
        Self { error_code: Some(code), ..Self::default() }
    }

    /// A rule that does `action`.
    #[must_use]
    pub fn action(action: FaultAction) -> Self {
        Self { action: Some(action), ..Self::default() }
    }

    /// The same rule for `times` sends only.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same rule for one device only.
    #[must_use]
    pub fn on(mut self, device: &DeviceId) -> Self {
        self.device = Some(device.clone());
        self
    }

    /// The same rule with a header `Retry-After`.
    #[must_use]
    pub fn retry_after(mut self, text: &str) -> Self {
        self.retry_after = Some(text.into());
        self
    }

    /// The same rule after a delay.
    #[must_use]
    pub fn latency(mut self, delay: Duration) -> Self {
        self.latency_ms = Some(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX));
        self
    }

    pub(crate) fn plan(&self, project: &ProjectId) -> Result<Plan, FaultSpecError> {
        if self.times == Some(0) {
            return Err(wrong("times", "must be 1 or more; leave it out for a rule that stays until DELETE"));
        }
        if self.percent.is_some_and(|percent| !(percent > 0.0 && percent <= 100.0)) {
            return Err(wrong("percent", "must be above 0 and at most 100"));
        }
        let trouble = self.trouble(project)?;
        if matches!(trouble, Trouble::None) && self.latency_ms.is_none() {
            return Err(wrong(
                "action",
                "the rule does nothing: give status, error_code, latency_ms or action",
            ));
        }
        Ok(Plan { latency: Duration::from_millis(self.latency_ms.unwrap_or(0)), trouble })
    }

    fn trouble(&self, project: &ProjectId) -> Result<Trouble, FaultSpecError> {
        let status = self.checked_status()?;
        let retry_after = self.checked_retry_after()?;
        let answers = status.is_some() || self.error_code.is_some();
        match self.action {
            None if answers => Ok(Trouble::Refuse(Box::new(
                refusal(status, self.error_code, project)
                    .with_message(self.message.as_deref())
                    .with_retry_after(retry_after),
            ))),
            _ if self.message.is_some() => {
                Err(wrong("message", "is the sentence of an error: give status or error_code, and no action"))
            }
            None if retry_after.is_some() => {
                Err(wrong("retry_after", "belongs to an error: give status or error_code too"))
            }
            None => Ok(Trouble::None),
            Some(FaultAction::Html) if self.error_code.is_some() => {
                Err(wrong("error_code", "an HTML page carries no FCM code: leave it out"))
            }
            Some(FaultAction::Html) => {
                Ok(Trouble::Html { status: status.unwrap_or(StatusCode::BAD_GATEWAY), retry_after })
            }
            Some(_) if answers || retry_after.is_some() => Err(wrong(
                "action",
                "with an action other than html there is no error to describe: leave out status, error_code and retry_after",
            )),
            Some(FaultAction::Hang) => Ok(Trouble::Hang),
            Some(FaultAction::CutBefore) => Ok(Trouble::CutBefore),
            Some(FaultAction::CutAfter) => Ok(Trouble::CutAfter),
            Some(FaultAction::Goaway) => Ok(Trouble::Goaway),
            Some(FaultAction::RefusedStream) => Ok(Trouble::RefusedStream),
        }
    }

    fn checked_status(&self) -> Result<Option<StatusCode>, FaultSpecError> {
        let Some(status) = self.status else { return Ok(None) };
        match StatusCode::from_u16(status) {
            Ok(status) if status.is_client_error() || status.is_server_error() => Ok(Some(status)),
            _ => Err(wrong("status", "must be 400 to 599; without a rule the emulator answers 200")),
        }
    }

    fn checked_retry_after(&self) -> Result<Option<HeaderValue>, FaultSpecError> {
        let Some(text) = &self.retry_after else { return Ok(None) };
        HeaderValue::from_str(text)
            .map(Some)
            .map_err(|_| wrong("retry_after", "is no header text: write seconds (\"30\") or an HTTP date"))
    }
}

fn refusal(status: Option<StatusCode>, code: Option<FcmErrorCode>, project: &ProjectId) -> GoogleError {
    match (status, code) {
        (Some(status), None) => GoogleError::of_status(status, project),
        (status, code) => {
            let code = code.unwrap_or(FcmErrorCode::UnspecifiedError);
            GoogleError::of_code(code).with_http(status.unwrap_or(code.http()))
        }
    }
}
