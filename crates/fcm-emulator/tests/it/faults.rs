//! Scripted trouble, one kind after the other, seen from the client.

use std::time::Duration;

use pushbridge_fcm_emulator::{ControlError, DeviceId, FaultAction, FaultSpec, FcmErrorCode, Platform};
use serde_json::{Value, json};

use crate::support::{Answer, Bench, SOON, to_token};

#[tokio::test]
async fn each_code_comes_with_its_usual_status_and_body() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let mut answers = serde_json::Map::new();
    for code in [
        FcmErrorCode::UnspecifiedError,
        FcmErrorCode::InvalidArgument,
        FcmErrorCode::Unregistered,
        FcmErrorCode::SenderIdMismatch,
        FcmErrorCode::QuotaExceeded,
        FcmErrorCode::Unavailable,
        FcmErrorCode::Internal,
        FcmErrorCode::ThirdPartyAuthError,
    ] {
        bench.control().add_fault(FaultSpec::code(code).times(1)).unwrap();
        let answer = bench.send_to(&phone).await;
        assert_eq!(json!(answer.fcm_code()), json!(code));
        answers.insert(answer.fcm_code().unwrap().into(), answer.body["error"].clone());
    }
    insta::assert_json_snapshot!("scripted_codes", answers);
    assert_eq!(bench.send_to(&phone).await.status, 200, "each rule struck once");
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 1);
}

#[tokio::test]
async fn a_bare_status_comes_with_the_body_that_google_would_send() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let mut answers = serde_json::Map::new();
    for status in [400, 401, 403, 404, 413, 429, 500, 501, 503, 504] {
        bench.control().add_fault(FaultSpec::status(status).times(1)).unwrap();
        let answer = bench.send_to(&phone).await;
        assert_eq!(answer.status, status);
        answers.insert(status.to_string(), answer.body["error"].clone());
    }
    insta::assert_json_snapshot!("scripted_statuses", answers);
}

#[tokio::test]
async fn retry_after_is_passed_on_as_text() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for text in ["30", "Tue, 24 Nov 2026 00:00:30 GMT"] {
        bench.control().add_fault(FaultSpec::status(429).retry_after(text).times(1)).unwrap();
        let response = bench.try_send(&bench.http2, &to_token(&phone)).await.unwrap();
        assert_eq!(response.headers()["retry-after"], text);
    }
}

#[tokio::test]
async fn a_sentence_of_ones_own_replaces_the_usual_one() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let sentence = "Device message rate exceeded.";
    let spec = FaultSpec { message: Some(sentence.into()), ..FaultSpec::status(429) };
    bench.control().add_fault(spec.times(1)).unwrap();
    let answer = bench.send_to(&phone).await;
    assert_eq!(answer.body["error"]["message"], sentence);
    assert_eq!((answer.status, answer.fcm_code()), (429, Some("QUOTA_EXCEEDED")));
}

#[tokio::test]
async fn an_html_page_comes_instead_of_json() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for (spec, status) in [
        (FaultSpec::action(FaultAction::Html), 502),
        (FaultSpec { status: Some(503), ..FaultSpec::action(FaultAction::Html).retry_after("5") }, 503),
    ] {
        bench.control().add_fault(spec.times(1)).unwrap();
        let response = bench.try_send(&bench.http1, &to_token(&phone)).await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
        assert_eq!(response.headers().contains_key("retry-after"), status == 503);
        assert!(response.text().await.unwrap().contains("try again in 30 seconds"));
    }
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
}

#[tokio::test]
async fn a_connection_cut_before_leaves_no_message_and_cut_after_leaves_one() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    for (action, arrived) in [(FaultAction::CutBefore, 0), (FaultAction::CutAfter, 1)] {
        for client in [&bench.http1, &bench.http2] {
            bench.control().reset();
            let phone = bench.control().add_device(Platform::Android);
            bench.control().add_fault(FaultSpec::action(action).times(1)).unwrap();
            let failed = bench.try_send(client, &to_token(&phone)).await;
            assert!(failed.is_err(), "{action:?}: {failed:?}");
            assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), arrived, "{action:?}");
            let logged = bench.control().requests(0);
            assert_eq!(logged.len(), 1, "{action:?}");
            assert_eq!((logged[0].status, logged[0].accepted), (None, arrived == 1), "{action:?}");
            assert_eq!(
                bench.try_send(client, &to_token(&phone)).await.unwrap().status(),
                200,
                "a new connection works"
            );
        }
    }
    assert_eq!(bench.control().device(&phone.id), Err(ControlError::UnknownDevice(phone.id)));
}

#[tokio::test]
async fn a_cut_ends_all_streams_of_its_http2_connection() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Hang).times(2)).unwrap();
    let body = to_token(&phone);
    let cut = async {
        bench.control().wait_for_in_flight(2, SOON).await.unwrap();
        bench.control().add_fault(FaultSpec::action(FaultAction::CutBefore).times(1)).unwrap();
        bench.try_send(&bench.http2, &body).await
    };
    let (one, two, three) =
        tokio::join!(bench.try_send(&bench.http2, &body), bench.try_send(&bench.http2, &body), cut);
    assert!(one.is_err() && two.is_err() && three.is_err());
    let logged = bench.control().wait_for_requests(3, SOON).await.unwrap();
    assert!(logged.iter().all(|request| request.status.is_none() && !request.accepted));
    assert_eq!(bench.control().stats().connections, 1);
    assert_eq!(bench.control().in_flight(), 0);
}

#[tokio::test]
async fn a_hanging_request_ends_when_its_client_gives_up() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    let body = to_token(&phone);
    for (count, client) in [(1, &bench.http1), (2, &bench.http2)] {
        tokio::select! {
            answer = bench.try_send(client, &body) => panic!("{answer:?}"),
            hanging = bench.control().wait_for_in_flight(1, SOON) => hanging.unwrap(),
        }
        let logged = bench.control().wait_for_requests(count, SOON).await.unwrap();
        assert_eq!(logged.last().unwrap().status, None);
        assert_eq!(bench.control().in_flight(), 0);
    }
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
}

#[tokio::test]
async fn latency_holds_the_answer_back_by_the_emulators_clock() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::default().latency(Duration::from_secs(90)).times(1)).unwrap();
    let body = to_token(&phone);
    let later = async {
        bench.control().wait_for_in_flight(1, SOON).await.unwrap();
        assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
        bench.clock.advance(Duration::from_secs(90));
    };
    let (answer, ()) = tokio::join!(bench.try_send(&bench.http1, &body), later);
    assert_eq!(answer.unwrap().status(), 200);
    let logged = &bench.control().requests(0)[0];
    assert_eq!((logged.started_us, logged.ended_us), (0, 90_000_000));
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap()[0].at_us, 90_000_000);
}

#[tokio::test]
async fn a_rule_for_a_device_strikes_its_token_and_its_fid_only() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let other = bench.control().add_device(Platform::Android);
    let fault = json!({"device": phone.id, "error_code": "UNAVAILABLE"});
    let made = bench.post_control("/faults", fault.clone()).await;
    assert_eq!(made.status, 201);
    assert_eq!(bench.send_to(&phone).await.status, 503);
    assert_eq!(bench.send(&json!({"message": {"fid": phone.fcm_fid.expose()}})).await.status, 503);
    assert_eq!(bench.send_to(&other).await.status, 200);
    assert_eq!(bench.send(&json!({"message": {"topic": "news"}})).await.status, 200);
    let listed = bench.get_control("/faults").await.body;
    assert_eq!(
        listed,
        json!({"faults": [{"id": 1, "struck": 2, "device": phone.id, "error_code": "UNAVAILABLE"}]})
    );
    let deleted = bench.http1.delete(bench.control_url("/faults")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(bench.send_to(&phone).await.status, 200);
}

#[tokio::test]
async fn rules_run_after_validation() {
    let bench = Bench::start().await;
    bench.control().add_fault(FaultSpec::status(503)).unwrap();
    assert_eq!(bench.send(&json!({"message": {"token": "not-a-token"}})).await.status, 400);
    assert_eq!(bench.send(&json!({"message": {"fid": "not-a-fid"}})).await.status, 404);
    let unauthorised = bench.http1.post(bench.send_url()).json(&json!({})).send().await.unwrap();
    assert_eq!(unauthorised.status(), 401);
    assert_eq!(bench.control().faults()[0].struck, 0);
    assert_eq!(bench.send(&json!({"message": {"topic": "news"}})).await.status, 503);
}

#[tokio::test]
async fn wrong_rules_are_refused_with_the_field_and_what_to_do() {
    let bench = Bench::start().await;
    let mut refused = serde_json::Map::new();
    for (case, rule) in [
        ("nothing", json!({})),
        ("unknown field", json!({"statsu": 503})),
        ("unknown action", json!({"action": "explode"})),
        ("unknown code", json!({"error_code": "NOT_FOUND"})),
        ("goaway with status", json!({"action": "goaway", "status": 503})),
        ("refused_stream with code", json!({"action": "refused_stream", "error_code": "INTERNAL"})),
        ("success", json!({"status": 200})),
        ("hang with status", json!({"action": "hang", "status": 503})),
        ("unknown device", json!({"device": "dev_0", "status": 503})),
    ] {
        let answer = bench.post_control("/faults", rule).await;
        refused.insert(case.into(), answer.body);
    }
    insta::assert_json_snapshot!("refused_faults", refused);
    assert!(bench.control().faults().is_empty());
    let unknown = FaultSpec::status(503).on(&DeviceId::new("dev_0"));
    assert!(matches!(bench.control().add_fault(unknown), Err(ControlError::UnknownDevice(_))));
}

#[tokio::test]
async fn a_faulted_send_is_logged_and_not_accepted() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::status(500).times(1)).unwrap();
    let answer: Answer = bench.send_to(&phone).await;
    assert_eq!(answer.status, 500);
    bench.send_to(&phone).await;
    let logged = bench.get_control("/requests").await.body;
    let expected = |seq: u64, status: u64, accepted: bool| -> Value {
        json!({"seq": seq, "started_us": 0, "ended_us": 0, "device": phone.id, "status": status, "accepted": accepted})
    };
    assert_eq!(logged, json!({"requests": [expected(1, 500, false), expected(2, 200, true)]}));
    assert_eq!(bench.get_control("/requests?after=1").await.body["requests"].as_array().unwrap().len(), 1);
}
