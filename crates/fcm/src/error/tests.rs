//! The rows of FCM's error table, each with a body as it was recorded, through to the verdict.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::Target;

fn now() -> Timestamp {
    "2026-11-24T08:30:00Z".parse().expect("a moment")
}

fn read(http_status: u16, retry_after: Option<&str>, body: &str) -> SendError {
    let answer = Answer { http_status, retry_after, body: body.as_bytes() };
    read_answer(&answer, &Target::Token("cExample:APA91bExample".into()), now())
}

fn fcm_error(code: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
}

fn apns_error(status: u16, reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError", "statusCode": status, "reason": reason})
}

fn violation(field: &str, description: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": field, "description": description}]})
}

fn error_info(reason: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason, "domain": "googleapis.com",
        "metadata": {"service": "fcm.googleapis.com"}})
}

fn quota_failure(subject: &str, description: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{"subject": subject, "description": description}]})
}

struct Row {
    case: &'static str,
    http_status: u16,
    status: &'static str,
    message: &'static str,
    details: Vec<Value>,
    code: &'static str,
    verdict: Verdict,
}

impl Row {
    fn check(&self) {
        let body = json!({"error": {"code": self.http_status, "status": self.status, "message": self.message,
            "details": self.details}});
        let error = read(self.http_status, None, &body.to_string());
        assert_eq!((error.code(), error.verdict()), (self.code, self.verdict), "{}", self.case);
        assert!(!error.is_outcome_unknown(), "{}", self.case);
        let detail = error.detail().expect("an answer has its detail");
        assert_eq!((detail.http_status, detail.message.as_str()), (self.http_status, self.message));
    }
}

const RETRY: Verdict = Verdict::Retry { after: None };
const BLOCKED: Verdict = Verdict::ProjectBlocked { after: None };
const THROTTLED: Verdict = Verdict::Throttled { after: None };
const INVALID: &str = "Request contains an invalid argument.";
const TOKEN_SENTENCE: &str = "The registration token is not a valid FCM registration token";

/// The address is dead: only where FCM leaves no doubt.
#[test]
fn an_address_is_dead_only_when_fcm_says_so_of_the_address() {
    let row = |case, http_status, status, message, details, code| {
        Row { case, http_status, status, message, details, code, verdict: Verdict::AddressDead }.check();
    };
    let unregistered = || fcm_error("UNREGISTERED");
    let invalid = || fcm_error("INVALID_ARGUMENT");
    let (gone, bad_request) = ("Requested entity was not found.", "INVALID_ARGUMENT");
    row("uninstalled", 404, "NOT_FOUND", gone, vec![unregistered()], "unregistered");
    row(
        "on iOS",
        404,
        "NOT_FOUND",
        gone,
        vec![apns_error(410, "Unregistered"), unregistered()],
        "unregistered",
    );
    row("malformed, sentence", 400, bad_request, TOKEN_SENTENCE, vec![invalid()], "invalid_token");
    let field = |name| vec![violation(name, "Invalid registration token"), invalid()];
    row("malformed, field", 400, bad_request, INVALID, field("message.token"), "invalid_token");
    row("malformed FID", 400, bad_request, INVALID, field("message.fid"), "invalid_token");
    let field = vec![violation("message.token", "Invalid registration token")];
    row("malformed, no FcmError", 400, bad_request, INVALID, field, "invalid_token");
    for reason in ["Unregistered", "BadDeviceToken", "DeviceTokenNotForTopic"] {
        let details = vec![invalid(), apns_error(410, reason)];
        row(reason, 400, bad_request, "APNs device token is disabled.", details, "invalid_token");
    }
}

/// I8: a wrong project or key never wipes addresses.
#[test]
fn no_other_answer_calls_an_address_dead() {
    let row = |case, http_status, status, message, details, code, verdict| {
        Row { case, http_status, status, message, details, code, verdict }.check();
    };
    let gone = "Requested entity was not found.";
    row("404 alone", 404, "NOT_FOUND", gone, vec![], "not_found", BLOCKED);
    let details = vec![fcm_error("UNSPECIFIED_ERROR")];
    row("404 unspecified", 404, "NOT_FOUND", gone, details, "not_found", BLOCKED);
    let details = vec![fcm_error("SENDER_ID_MISMATCH")];
    let verdict = Verdict::AddressWrongProject;
    row(
        "other project",
        403,
        "PERMISSION_DENIED",
        "SenderId mismatch",
        details,
        "sender_id_mismatch",
        verdict,
    );
    let denied = "Permission 'cloudmessaging.messages.create' denied on resource (or it may not exist).";
    for reason in ["IAM_PERMISSION_DENIED", "SERVICE_DISABLED"] {
        let details = vec![error_info(reason)];
        row(reason, 403, "PERMISSION_DENIED", denied, details, "permission_denied", BLOCKED);
    }
    let message = "Auth error from APNS or Web Push Service";
    for code in ["THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"] {
        let details = vec![fcm_error(code), apns_error(403, "InvalidProviderToken")];
        let stored = "third_party_auth_error";
        row(code, 401, "UNAUTHENTICATED", message, details, stored, Verdict::Misconfigured);
    }
    let message = "Request had invalid authentication credentials.";
    let details = vec![error_info("ACCESS_TOKEN_EXPIRED")];
    row("bearer", 401, "UNAUTHENTICATED", message, details, "unauthenticated", BLOCKED);
    row("method", 405, "UNKNOWN", "", vec![], "unexpected_answer", RETRY);
}

#[test]
fn a_refused_payload_never_costs_the_address() {
    let row = |case, message, details| {
        let (status, code, verdict) = ("INVALID_ARGUMENT", "invalid_argument", Verdict::PayloadRejected);
        Row { case, http_status: 400, status, message, details, code, verdict }.check();
    };
    let invalid = || fcm_error("INVALID_ARGUMENT");
    let wrong_type = "Invalid value at 'message.data[0].value' (TYPE_STRING), 12";
    row("wrong type", wrong_type, vec![violation("message.data[0].value", wrong_type)]);
    let unknown = "Invalid JSON payload received. Unknown name \"foo\" at 'message': Cannot find field.";
    row("unknown field", unknown, vec![violation("message", unknown)]);
    let ttl = "Invalid value at 'message.android.ttl' (type.googleapis.com/google.protobuf.Duration), \
               Field 'ttl', Illegal duration format";
    row("ttl", ttl, vec![violation("message.android.ttl", ttl)]);
    let details = vec![violation("message", "Recipient of the message is not set."), invalid()];
    row("no target", "Recipient of the message is not set.", details);
    row("reserved key", "Invalid data payload key: from", vec![invalid()]);
    row("too big", "Android message is too big", vec![invalid()]);
    row("too big, newer", "Message is too large. The maximum is 4K (4096 bytes).", vec![invalid()]);
    row("too big, no details", INVALID, vec![]);
    row("condition", "Invalid condition expression provided.", vec![invalid()]);
    row("APNs refuses the payload", INVALID, vec![invalid(), apns_error(413, "PayloadTooLarge")]);
    let details = vec![violation("message.apns.live_activity_token", "invalid"), invalid()];
    row("Live Activity", INVALID, details);
    row(
        "more than the sentence",
        "The registration token is not a valid FCM registration token?",
        vec![invalid()],
    );
}

#[test]
fn what_may_pass_is_retried_or_throttled() {
    let row = |case, http_status, status, message, details, code, verdict| {
        Row { case, http_status, status, message, details, code, verdict }.check();
    };
    let message = "The service is currently unavailable.";
    row("503", 503, "UNAVAILABLE", message, vec![fcm_error("UNAVAILABLE")], "unavailable", RETRY);
    row("503 alone", 503, "UNAVAILABLE", message, vec![], "unavailable", RETRY);
    let message = "Internal error encountered.";
    row("500", 500, "INTERNAL", message, vec![fcm_error("INTERNAL")], "internal", RETRY);
    row("500 alone", 500, "INTERNAL", message, vec![], "internal", RETRY);
    row("500 unspecified", 500, "UNKNOWN", "", vec![fcm_error("UNSPECIFIED_ERROR")], "internal", RETRY);
    row("504", 504, "DEADLINE_EXCEEDED", "", vec![], "unavailable", RETRY);
    let status = "RESOURCE_EXHAUSTED";
    let details = vec![fcm_error("QUOTA_EXCEEDED")];
    row("429", 429, status, "Quota exceeded.", details, "quota_exceeded", THROTTLED);
    row("429 alone", 429, status, "Resource has been exhausted.", vec![], "quota_exceeded", THROTTLED);
    row("a code to come", 503, "UNAVAILABLE", "", vec![fcm_error("NEW_CODE")], "unavailable", RETRY);
}

#[test]
fn pages_of_the_front_end_are_judged_by_their_status() {
    let page = "<!DOCTYPE html><title>Error 502 (Server Error)!!1</title><p>Please try again in 30 seconds.";
    let waits_30 = Verdict::Retry { after: Some(FRONT_END_WAIT) };
    for (http_status, code, verdict) in [
        (502, "front_end", waits_30),
        (503, "front_end", waits_30),
        (504, "front_end", waits_30),
        (500, "front_end", waits_30),
        (400, "invalid_argument", Verdict::PayloadRejected),
        (401, "unauthenticated", BLOCKED),
        (403, "permission_denied", BLOCKED),
        (404, "not_found", BLOCKED),
        (413, "invalid_argument", Verdict::PayloadRejected),
        (429, "quota_exceeded", THROTTLED),
        (302, "unexpected_answer", RETRY),
        (204, "unexpected_answer", RETRY),
    ] {
        for body in [page, "", "[]", "{\"error\":\"text\"}", "{"] {
            let error = read(http_status, None, body);
            assert_eq!((error.code(), error.verdict()), (code, verdict), "{http_status} {body}");
        }
    }
}

#[test]
fn retry_after_is_read_wherever_it_may_stand() {
    let body = |code: &str| json!({"error": {"details": [fcm_error(code)]}}).to_string();
    let wait = Some(Duration::from_secs(90));
    for header in ["90", "Tue, 24 Nov 2026 08:31:30 GMT"] {
        let header = Some(header);
        let throttled = Verdict::Throttled { after: wait };
        assert_eq!(read(429, header, &body("QUOTA_EXCEEDED")).verdict(), throttled);
        assert_eq!(read(503, header, &body("UNAVAILABLE")).verdict(), Verdict::Retry { after: wait });
        assert_eq!(read(500, header, &body("INTERNAL")).verdict(), Verdict::Retry { after: wait });
        assert_eq!(read(502, header, "<html>").verdict(), Verdict::Retry { after: wait });
        assert_eq!(read(404, header, &body("UNREGISTERED")).verdict(), Verdict::AddressDead);
    }
}

#[test]
fn a_throttling_says_what_is_throttled_if_the_body_does() {
    let quota = || fcm_error("QUOTA_EXCEEDED");
    let metric = "Quota exceeded for quota metric 'Send' of service 'fcm.googleapis.com' for consumer \
                  'project_number:123'.";
    for (message, details, scope) in [
        ("Device message rate exceeded.", vec![quota()], ThrottleScope::Device),
        ("", vec![quota(), quota_failure("device", "too many messages")], ThrottleScope::Device),
        ("Topic message rate exceeded", vec![quota()], ThrottleScope::Topic),
        (metric, vec![quota()], ThrottleScope::Project),
        (
            "Quota exceeded.",
            vec![quota_failure("projects/my-device-topic", "minute")],
            ThrottleScope::Project,
        ),
        (
            "Resource has been exhausted (e.g. check quota).",
            vec![quota(), quota_failure("project:my-device-topic", "Message rate exceeded.")],
            ThrottleScope::Project,
        ),
        ("Quota exceeded.", vec![error_info("RATE_LIMIT_EXCEEDED")], ThrottleScope::Project),
        ("Quota exceeded.", vec![quota()], ThrottleScope::Unknown),
    ] {
        let body = json!({"error": {"code": 429, "message": message, "details": details}});
        let error = read(429, None, &body.to_string());
        assert_eq!(error.throttle_scope(), Some(scope), "{body}");
    }
    assert_eq!(read(503, None, "").throttle_scope(), None);
}

#[test]
fn details_are_read_in_any_order_and_the_first_fcm_error_counts() {
    let unknown = json!({"@type": "type.googleapis.com/google.rpc.Help", "links": 7});
    let malformed = json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": "none"});
    let snake =
        json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "error_code": "UNREGISTERED"});
    for details in [
        json!([unknown, malformed, 7, "text", fcm_error("UNREGISTERED"), fcm_error("INTERNAL")]),
        json!([fcm_error("UNREGISTERED"), unknown]),
        json!([snake]),
    ] {
        let error = read(404, None, &json!({"error": {"details": details}}).to_string());
        assert_eq!(error.code(), "unregistered", "{error:?}");
    }
}

#[test]
fn a_refused_payload_names_fcms_fields() {
    let details = [violation("message.android.ttl", "Illegal duration format")];
    let body = json!({"error": {"status": "INVALID_ARGUMENT", "message": "m", "details": details}});
    let error = read(400, None, &body.to_string());
    let SendError::PayloadInvalid { violations, .. } = error else { panic!("{error:?}") };
    assert_eq!(violations, [Violation::new("message.android.ttl", "Illegal duration format")]);
}

#[test]
fn an_error_reads_well_in_a_log() {
    let body = json!({"error": {"status": "INVALID_ARGUMENT", "message": "APNs device token is disabled.",
        "details": [fcm_error("INVALID_ARGUMENT"), apns_error(410, "Unregistered")]}});
    let shown = read(400, None, &body.to_string()).to_string();
    let expected =
        "the registration token is invalid: HTTP 400: APNs device token is disabled. (Unregistered)";
    assert_eq!(shown, expected);
}
