//! Every row of FCM's verdicts, end to end: a fault of the emulator in, what became of the delivery and of the address
//! out. The waits are the defaults of the configuration; the clock is moved by hand.

use std::time::Duration;

use pushbridge_fcm_emulator::{DeviceChange, FaultAction, FaultSpec, FcmErrorCode, TokenEndpoint};
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, Phone, START_MS};

/// A server with one logged-in phone of user `anna`.
async fn start() -> (Fixture, Phone) {
    let fixture = Fixture::start().await;
    let phone = fixture.phone_of("anna").await;
    (fixture, phone)
}

fn fault(fixture: &Fixture, spec: FaultSpec) {
    fixture.control().add_fault(spec).unwrap();
}

/// State, reason and attempts.
fn fate(delivery: &Value) -> Value {
    json!([delivery["state"], delivery["reason"], delivery["attempts"]])
}

/// In how many milliseconds from the start the delivery is due.
fn due_in_ms(delivery: &Value) -> i64 {
    let due: pushbridge_wire::Timestamp = serde_json::from_value(delivery["due_at"].clone()).unwrap();
    due.as_ms() - START_MS
}

fn inbox_len(fixture: &Fixture, phone: &Phone) -> usize {
    fixture.control().inbox(&phone.device.id, 0).unwrap().len()
}

/// The address is as it was, and the next message reaches it.
async fn assert_untouched(fixture: &Fixture) {
    let explained = fixture.explained("anna").await;
    assert_eq!((&explained["address_state"], &explained["gets_push"]), (&json!("live"), &json!(true)));
    fixture.control().clear_faults();
    let next = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&next).await), json!(["sent", null, 1]));
}

/// The address is `state`, the next message makes no delivery.
async fn assert_out_of_use(fixture: &Fixture, state: &str) {
    let explained = fixture.explained("anna").await;
    assert_eq!((&explained["address_state"], &explained["gets_push"]), (&json!(state), &json!(false)));
    let message = fixture.send("anna").await;
    let status = fixture.get(&format!("/v1/apps/shop/messages/{message}")).await;
    assert_eq!((&status["state"], &status["deliveries"]), (&json!("done"), &json!(0)), "{status}");
}

/// The first attempt fails with `reason` and waits `wait_ms` (and up to half as long again); the second one is taken.
async fn assert_retried(reason: &str, wait_ms: i64, spec: FaultSpec) {
    let (fixture, phone) = start().await;
    fault(&fixture, spec.times(1));
    let message = fixture.send("anna").await;
    let parked = fixture.parked(&message, 1).await;
    assert_eq!(fate(&parked), json!(["pending", reason, 1]));
    let due = due_in_ms(&parked);
    assert!((wait_ms..=wait_ms * 3 / 2).contains(&due), "due in {due} ms instead of {wait_ms}");
    assert_eq!(inbox_len(&fixture, &phone), 0);
    fixture.clock.advance(Duration::from_millis(due.unsigned_abs()));
    assert_eq!(fate(&fixture.ended(&message).await), json!(["sent", null, 2]));
    assert_eq!(inbox_len(&fixture, &phone), 1);
    assert_untouched(&fixture).await;
    fixture.end().await;
}

#[tokio::test]
async fn an_accepted_message_is_sent_with_one_attempt() {
    let (fixture, phone) = start().await;
    let message = fixture.send("anna").await;
    let delivery = fixture.ended(&message).await;
    assert_eq!(fate(&delivery), json!(["sent", null, 1]));
    let inbox = fixture.control().inbox(&phone.device.id, 0).unwrap();
    assert_eq!(delivery["fcm_name"], json!(inbox[0].name));
    assert_eq!(inbox[0].message["data"]["pb_msg"], json!(message));
    assert_untouched(&fixture).await;
    fixture.end().await;
}

/// B4: the address of an uninstalled app is retired and not tried again.
#[tokio::test]
async fn unregistered_fails_the_delivery_and_retires_the_address() {
    let (fixture, phone) = start().await;
    fixture.control().change(&phone.device.id, DeviceChange::Uninstall).unwrap();
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "unregistered", 1]));
    assert_out_of_use(&fixture, "retired").await;
    assert_eq!(fixture.control().requests(0).len(), 1);
    fixture.end().await;
}

#[tokio::test]
async fn a_retired_address_that_is_reported_again_is_sent_to_again() {
    let (fixture, phone) = start().await;
    fault(&fixture, FaultSpec::code(FcmErrorCode::Unregistered).times(1));
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "unregistered", 1]));
    let answer = phone.put_again(&fixture, None).await.expect(200);
    assert_eq!(answer["address_state"], "live", "{answer}");
    assert_untouched(&fixture).await;
    fixture.end().await;
}

/// A value that FCM calls no registration token, named by its field.
#[tokio::test]
async fn an_invalid_token_fails_the_delivery_and_retires_the_address() {
    let fixture = Fixture::start().await;
    let mut phone = Phone::new(&fixture);
    phone.state["address"]["value"] = "no-token-of-fcm".into();
    phone.login(&fixture, "anna").await;
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "invalid_token", 1]));
    assert_out_of_use(&fixture, "retired").await;
    fixture.end().await;
}

/// A 400 about something else is no word about the address.
#[tokio::test]
async fn an_invalid_argument_fails_the_delivery_and_leaves_the_address() {
    let (fixture, _phone) = start().await;
    fault(&fixture, FaultSpec::code(FcmErrorCode::InvalidArgument).times(1));
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "invalid_argument", 1]));
    assert_untouched(&fixture).await;
    fixture.end().await;
}

/// I8: a wrong project only quarantines.
#[tokio::test]
async fn a_sender_mismatch_fails_the_delivery_and_quarantines_the_address() {
    let (fixture, phone) = start().await;
    fixture.control().change(&phone.device.id, DeviceChange::OtherProject).unwrap();
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "sender_id_mismatch", 1]));
    assert_out_of_use(&fixture, "quarantined").await;
    fixture.end().await;
}

/// I8: nothing that is wrong with the set-up costs an address.
#[tokio::test]
async fn a_third_party_auth_error_fails_the_delivery_and_leaves_the_address() {
    let (fixture, _phone) = start().await;
    fault(&fixture, FaultSpec::code(FcmErrorCode::ThirdPartyAuthError).times(1));
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["failed", "third_party_auth_error", 1]));
    assert_untouched(&fixture).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_503_waits_ten_seconds_at_least() {
    assert_retried("unavailable", 10_000, FaultSpec::code(FcmErrorCode::Unavailable)).await;
}

#[tokio::test]
async fn a_503_with_retry_after_waits_as_long_as_it_says() {
    assert_retried("unavailable", 90_000, FaultSpec::code(FcmErrorCode::Unavailable).retry_after("90")).await;
}

#[tokio::test]
async fn a_503_whose_retry_after_is_too_short_waits_ten_seconds_all_the_same() {
    assert_retried("unavailable", 10_000, FaultSpec::code(FcmErrorCode::Unavailable).retry_after("1")).await;
}

#[tokio::test]
async fn a_500_waits_ten_seconds_at_least() {
    assert_retried("internal", 10_000, FaultSpec::code(FcmErrorCode::Internal)).await;
}

#[tokio::test]
async fn a_page_of_the_front_end_waits_half_a_minute() {
    assert_retried("front_end", 30_000, FaultSpec::action(FaultAction::Html)).await;
}

#[tokio::test]
async fn a_connection_that_is_cut_before_is_tried_again() {
    assert_retried("connection_lost", 10_000, FaultSpec::action(FaultAction::CutBefore)).await;
}

/// I5: whether FCM took the message cannot be known, so it is sent again; the duplicate is the price and is counted.
#[tokio::test]
async fn a_connection_that_is_cut_after_acceptance_costs_one_duplicate() {
    let (fixture, phone) = start().await;
    fault(&fixture, FaultSpec::action(FaultAction::CutAfter).times(1));
    let message = fixture.send("anna").await;
    let parked = fixture.parked(&message, 1).await;
    assert_eq!(fate(&parked), json!(["pending", "connection_lost", 1]));
    fixture.clock.advance(Duration::from_millis(due_in_ms(&parked).unsigned_abs()));
    assert_eq!(fate(&fixture.ended(&message).await), json!(["sent", null, 2]));
    let inbox = fixture.control().inbox(&phone.device.id, 0).unwrap();
    assert_eq!(inbox.len(), 2, "the duplicate");
    assert!(inbox.iter().all(|one| one.message["data"]["pb_msg"] == json!(message)), "the phone can tell");
    assert_untouched(&fixture).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_message_that_fails_for_an_hour_fails_for_good() {
    let (fixture, _phone) = start().await;
    fault(&fixture, FaultSpec::code(FcmErrorCode::Unavailable).retry_after("1800"));
    let message = fixture.send("anna").await;
    let first = fixture.parked(&message, 1).await;
    fixture.clock.advance(Duration::from_millis(due_in_ms(&first).unsigned_abs()));
    // Half an hour and more has passed: with the jitter the third attempt would come after the hour, or the fourth.
    let second = fixture
        .delivery_when(&message, |delivery| {
            delivery["state"] == "failed" || delivery["attempts"] == 2 && delivery["state"] == "pending"
        })
        .await;
    if second["state"] == "pending" {
        fixture.clock.advance(Duration::from_millis((due_in_ms(&second) - due_in_ms(&first)).unsigned_abs()));
    }
    let ended = fixture.ended(&message).await;
    assert_eq!((&ended["state"], &ended["reason"]), (&json!("failed"), &json!("unavailable")));
    assert_untouched(&fixture).await;
    fixture.end().await;
}

/// Waits until the dispatcher has claimed what is due of a project that is not paused.
async fn claim_of_another_project(fixture: &Fixture) {
    let mut body = fixture.registration("elsewhere", &json!({"mode": "multi"}));
    body["firebase_project"] = "elsewhere".into();
    fixture.http.call("POST", "/v1/admin/apps", &fixture.operator, &body).await.expect(201);
    let message = json!({"to": {"topic": "news"}, "message": {"data": {"a": "1"}}});
    let path = "/v1/apps/elsewhere/messages";
    let accepted = fixture.http.call("POST", path, &fixture.operator, &message).await.expect(202);
    let path = format!("{path}/{}", accepted["message_id"].as_str().unwrap());
    let path = format!("{path}/deliveries");
    let tried = async {
        while fixture.http.get(&path, &fixture.operator).await.expect(200)["deliveries"][0]["attempts"] == 0 {
        }
    };
    tokio::time::timeout(PATIENCE, tried).await.expect("FCM refuses a project that is not its own");
}

/// 429 pauses the project: what is sent meanwhile to others of the project waits with it.
#[tokio::test]
async fn a_429_of_the_project_pauses_everything_that_it_sends() {
    let (fixture, anna) = start().await;
    let boris = fixture.phone_of("boris").await;
    fault(&fixture, FaultSpec::code(FcmErrorCode::QuotaExceeded).times(1));
    let first = fixture.send("anna").await;
    let parked = fixture.parked(&first, 1).await;
    assert_eq!(fate(&parked), json!(["pending", "quota_exceeded", 1]));
    let due = due_in_ms(&parked);
    assert!((60_000..=90_000).contains(&due), "a minute without Retry-After, not {due}");
    // A later one to the other phone would be sent at once, were the project not paused.
    let second = fixture.send("boris").await;
    fixture.clock.advance(Duration::from_secs(59));
    claim_of_another_project(&fixture).await;
    assert_eq!(fate(&fixture.delivery(&second).await), json!(["pending", null, 0]));
    fixture.clock.advance(Duration::from_secs(31));
    assert_eq!(fate(&fixture.ended(&second).await), json!(["sent", null, 1]));
    assert_eq!(fate(&fixture.ended(&first).await), json!(["sent", null, 2]));
    assert_eq!((inbox_len(&fixture, &anna), inbox_len(&fixture, &boris)), (1, 1));
    assert_untouched(&fixture).await;
    fixture.end().await;
}

#[tokio::test]
async fn a_429_with_retry_after_waits_as_long_as_it_says() {
    assert_retried("quota_exceeded", 5_000, FaultSpec::code(FcmErrorCode::QuotaExceeded).retry_after("5"))
        .await;
}

/// A token that FCM refuses is replaced within the attempt: nobody waits for it.
#[tokio::test]
async fn a_401_is_answered_with_a_fresh_access_token() {
    let (fixture, phone) = start().await;
    let before = fixture.send("anna").await;
    fixture.ended(&before).await;
    fixture.control().expire_access_tokens();
    let message = fixture.send("anna").await;
    assert_eq!(fate(&fixture.ended(&message).await), json!(["sent", null, 1]));
    assert_eq!(fixture.control().token_requests(), 2);
    assert_eq!(inbox_len(&fixture, &phone), 2);
    fixture.end().await;
}

/// Without an access token nothing is sent and nothing is lost.
#[tokio::test]
async fn a_token_endpoint_that_is_down_parks_the_delivery() {
    let (fixture, phone) = start().await;
    let down = TokenEndpoint::Refusing { status: 401, error: "invalid_client".to_owned() };
    fixture.control().set_token_endpoint(down);
    let message = fixture.send("anna").await;
    let parked = fixture.parked(&message, 1).await;
    assert_eq!(fate(&parked), json!(["pending", "auth_unavailable", 1]));
    assert!(due_in_ms(&parked) >= 10_000, "{parked}");
    assert!(fixture.control().requests(0).is_empty(), "no call without a token");
    fixture.control().set_token_endpoint(TokenEndpoint::Working);
    assert_eq!(fixture.sent_at_last(&message).await["reason"], Value::Null);
    assert_eq!(inbox_len(&fixture, &phone), 1);
    assert_untouched(&fixture).await;
    fixture.end().await;
}
