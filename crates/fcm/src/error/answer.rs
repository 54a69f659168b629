//! FCM's answer, told apart.
//!
//! In: status, `Retry-After` and body. Out: the [`SendError`] that it is. The rule that an address is called dead
//! only where FCM leaves no doubt is here: a wrongly deleted address is a phone that goes silent.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    AnswerDetail, SendError, ThrottleScope,
    body::ErrorBody,
    retry_after,
    text::{bounded_text, bounded_text_without},
};
use crate::{SentId, Target, Violation};

/// The one sentence by which FCM says, without naming a field, that a token is malformed.
const TOKEN_SENTENCE: &str = "The registration token is not a valid FCM registration token";
/// APNs' reasons that mean that Apple's token behind the address is dead.
const DEAD_APNS_REASONS: [&str; 3] = ["Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"];

#[derive(Deserialize)]
struct Success {
    name: String,
}

/// Reads the body of a 200. Without a name it is no answer of FCM's: something between may have made it up.
pub(crate) fn read_success(body: &[u8], target: &Target) -> Result<SentId, SendError> {
    match serde_json::from_slice::<Success>(body) {
        Ok(success) if !success.name.is_empty() => Ok(SentId(success.name)),
        _ => {
            let message = bounded_text_without(&String::from_utf8_lossy(body), target);
            Err(SendError::Undecodable(AnswerDetail { http_status: 200, message, reason: None }))
        }
    }
}

/// An answer other than success, as it came.
pub(crate) struct Answer<'a> {
    pub(crate) http_status: u16,
    pub(crate) retry_after: Option<&'a str>,
    pub(crate) body: &'a [u8],
}

/// Reads `answer` to a message for `target`, which came at `now`.
pub(crate) fn read_answer(answer: &Answer<'_>, target: &Target, now: Timestamp) -> SendError {
    let after = answer.retry_after.and_then(|text| retry_after::parse(text, now));
    let Some(body) = ErrorBody::parse(answer.body) else {
        return without_json(answer, target, after);
    };
    let reason = body.apns_reason.as_deref().or(body.info_reason.as_deref()).map(bounded_text);
    let message = bounded_text_without(&body.message, target);
    let detail = AnswerDetail { http_status: answer.http_status, message, reason };
    let code = body.error_code.as_deref().unwrap_or_default();
    match code {
        "UNREGISTERED" => SendError::Unregistered(detail),
        "SENDER_ID_MISMATCH" => SendError::SenderIdMismatch(detail),
        "THIRD_PARTY_AUTH_ERROR" | "APNS_AUTH_ERROR" => SendError::ThirdPartyAuth(detail),
        "QUOTA_EXCEEDED" => SendError::QuotaExceeded { scope: throttle_scope(&body), after, detail },
        "UNAVAILABLE" => SendError::Unavailable { after, detail },
        "INTERNAL" => SendError::Internal { after, detail },
        "INVALID_ARGUMENT" => invalid_argument(&body, target, detail),
        _ => by_http_status(&body, target, after, detail),
    }
}

/// The code of the `FcmError` in `body`, if there is one.
pub(crate) fn error_code(body: &[u8]) -> Option<String> {
    ErrorBody::parse(body)?.error_code
}

/// Without a code of FCM that we know, the status decides; it never declares an address dead, save by a 400 that
/// names the token.
fn by_http_status(
    body: &ErrorBody,
    target: &Target,
    after: Option<Duration>,
    detail: AnswerDetail,
) -> SendError {
    match detail.http_status {
        400 if body.status == "INVALID_ARGUMENT" => invalid_argument(body, target, detail),
        400 | 413 => payload_invalid(body, target, detail),
        401 => SendError::Unauthenticated(detail),
        403 => SendError::PermissionDenied(detail),
        404 => SendError::NotFound(detail),
        429 => SendError::QuotaExceeded { scope: throttle_scope(body), after, detail },
        500 => SendError::Internal { after, detail },
        408 | 501.. => SendError::Unavailable { after, detail },
        _ => SendError::Unexpected(detail),
    }
}

/// An answer of something before FCM, most often a page of HTML.
fn without_json(answer: &Answer<'_>, target: &Target, after: Option<Duration>) -> SendError {
    let page = String::from_utf8_lossy(answer.body);
    let message = bounded_text_without(&page, target);
    let detail = AnswerDetail { http_status: answer.http_status, message, reason: None };
    match detail.http_status {
        408 | 500.. => SendError::FrontEnd { after, detail },
        _ => by_http_status(&ErrorBody::default(), target, after, detail),
    }
}

fn invalid_argument(body: &ErrorBody, target: &Target, detail: AnswerDetail) -> SendError {
    let names_target = |violation: &Violation| {
        let field = violation.field.as_str();
        field.ends_with(".token") || field.ends_with(".fid")
    };
    let dead = body.violations.iter().any(names_target)
        || body.message.trim_end_matches('.') == TOKEN_SENTENCE
        || body.apns_reason.as_deref().is_some_and(|reason| DEAD_APNS_REASONS.contains(&reason));
    if dead { SendError::InvalidToken(detail) } else { payload_invalid(body, target, detail) }
}

fn payload_invalid(body: &ErrorBody, target: &Target, detail: AnswerDetail) -> SendError {
    let bounded = |violation: &Violation| {
        let field = bounded_text(&violation.field);
        Violation::new(field, bounded_text_without(&violation.description, target))
    };
    let violations = body.violations.iter().take(MAX_VIOLATIONS).map(bounded).collect();
    SendError::PayloadInvalid { detail, violations }
}

/// Enough for a person; more would only fill the log.
const MAX_VIOLATIONS: usize = 10;

/// Looks for the words by which FCM tells its quotas apart. Whole words, since a project's id may hold any of them.
fn throttle_scope(body: &ErrorBody) -> ThrottleScope {
    let texts = || body.quotas.iter().map(String::as_str).chain([body.message.as_str()]);
    let says = |wanted: &str| {
        texts().flat_map(str::split_whitespace).any(|word| {
            word.trim_matches(|letter: char| !letter.is_alphanumeric()).eq_ignore_ascii_case(wanted)
        })
    };
    let names_project = || {
        let resource = |word: &str| {
            word.contains("projects/") || word.contains("project_number:") || word.starts_with("project:")
        };
        texts().flat_map(str::split_whitespace).any(resource)
    };
    if says("device") {
        ThrottleScope::Device
    } else if says("topic") {
        ThrottleScope::Topic
    } else if says("project") || names_project() || body.info_reason.as_deref() == Some("RATE_LIMIT_EXCEEDED")
    {
        ThrottleScope::Project
    } else {
        ThrottleScope::Unknown
    }
}
