//! Intake against a real store.

use std::time::Duration;

use pushbridge_wire::MessageState;
use serde_json::{Value, json};

use super::IntakeError;

mod disk_full;
mod expansion;
mod keys;
mod kills;
mod templates;
use crate::testing::{Bench, Phone, create_app};

const DAY: Duration = Duration::from_secs(86_400);

fn field(error: &IntakeError) -> &str {
    match error {
        IntakeError::Field { field, .. } => field,
        IntakeError::Payload(payload) => &payload.first.field,
        other => panic!("{other:?}"),
    }
}

async fn rows(bench: &Bench) -> String {
    bench.text("SELECT (SELECT count(*) FROM messages) || ' ' || (SELECT count(*) FROM deliveries)").await
}

/// I6: the same idempotency key yields the same message, never a second one.
#[tokio::test]
async fn the_same_key_with_the_same_content_is_the_same_message() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let request = json!({"to": {"user": "anna"}});
    let first = bench.accept_with_key(Some("order-7"), request.clone()).await.unwrap();
    // Answered as the first time, though anna has a second phone by now.
    bench.phone(2, "anna").await;
    let again = bench.accept_with_key(Some("order-7"), request).await.unwrap();
    assert_eq!((first.deliveries, &again), (1, &first));
    assert_eq!(rows(&bench).await, "1 1");
}

/// I6: at the same time too.
#[tokio::test]
async fn the_same_key_at_the_same_time_is_the_same_message() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let request = || json!({"to": {"user": "anna"}});
    let (one, other) = tokio::join!(
        bench.accept_with_key(Some("k"), request()),
        bench.accept_with_key(Some("k"), request())
    );
    assert_eq!(one.unwrap(), other.unwrap());
    assert_eq!(rows(&bench).await, "1 1");
}

/// I6: the same key with other content is refused.
#[tokio::test]
async fn the_same_key_with_other_content_is_refused() {
    let bench = Bench::new().await;
    bench.accept_with_key(Some("k"), json!({"to": {"user": "anna"}})).await.unwrap();
    let refused = bench.accept_with_key(Some("k"), json!({"to": {"user": "bob"}})).await;
    assert!(matches!(refused, Err(IntakeError::KeyReused)));
    assert_eq!(rows(&bench).await, "1 0");
}

/// I6: within one app and 24 hours.
#[tokio::test]
async fn a_key_counts_for_a_day_and_for_one_app() {
    let mut bench = Bench::new().await;
    let request = || json!({"to": {"user": "anna"}});
    let first = bench.accept_with_key(Some("k"), request()).await.unwrap();
    bench.pass(DAY - Duration::from_millis(1));
    assert_eq!(bench.accept_with_key(Some("k"), request()).await.unwrap(), first);
    bench.pass(Duration::from_millis(1));
    let second = bench.accept_with_key(Some("k"), request()).await.unwrap();
    assert_ne!(second.message_id, first.message_id);
    bench.shop = create_app(&bench.app, "other").await;
    assert_ne!(bench.accept_with_key(Some("k"), request()).await.unwrap().message_id, second.message_id);
}

/// I6: a client that repeats late gets its answer, not a complaint about times that were right when it asked.
#[tokio::test]
async fn a_repetition_is_answered_though_its_times_have_passed() {
    let bench = Bench::new().await;
    let expires = bench.now().plus(Duration::from_secs(60)).to_string();
    let request = json!({"to": {"user": "anna"}, "expires_at": expires});
    let first = bench.accept_with_key(Some("k"), request.clone()).await.unwrap();
    bench.pass(Duration::from_secs(61));
    assert_eq!(bench.accept_with_key(Some("k"), request.clone()).await.unwrap(), first);
    assert_eq!(field(&bench.accept(request).await.unwrap_err()), "expires_at");
}

#[tokio::test]
async fn an_unusable_key_is_refused() {
    let bench = Bench::new().await;
    for key in [String::new(), "k".repeat(256)] {
        let refused = bench.accept_with_key(Some(&key), json!({"to": {"user": "anna"}})).await.unwrap_err();
        assert_eq!(field(&refused), "Idempotency-Key");
    }
    assert!(bench.accept_with_key(Some(&"k".repeat(255)), json!({"to": {"user": "anna"}})).await.is_ok());
}

/// B2, B6: every device of the account is served, each once.
#[tokio::test]
async fn every_reachable_device_of_every_user_gets_one_delivery() {
    let bench = Bench::new().await;
    for (number, user) in [(1, "anna"), (2, "anna"), (3, "bob")] {
        bench.phone(number, user).await;
    }
    let mut silent = Phone::new(4, "anna");
    silent.token = None;
    bench.put(&mut silent).await;
    for (to, deliveries) in [
        (json!({"user": "anna"}), 2),
        (json!({"users": ["anna", "bob", "anna"]}), 3),
        (json!({"installation": silent.id}), 0),
        (json!({"installation": Phone::new(1, "").id}), 1),
        (json!({"installation": Phone::new(9, "").id}), 0),
        (json!({"topic": "news"}), 1),
        (json!({"address": {"kind": "fcm_token", "value": "stranger"}}), 1),
    ] {
        assert_eq!(bench.accept(json!({"to": to})).await.unwrap().deliveries, deliveries, "{to}");
    }
}

#[tokio::test]
async fn a_message_that_reaches_nobody_is_accepted_and_done() {
    let bench = Bench::new().await;
    let accepted = bench.send("nobody").await;
    assert_eq!(accepted.deliveries, 0);
    assert_eq!(bench.status(&accepted.message_id).await.state, MessageState::Done);
}

#[tokio::test]
async fn an_accepted_message_wakes_the_dispatcher() {
    let bench = Bench::new().await;
    bench.send("anna").await;
    tokio::select! {
        biased;
        () = bench.app.wake.until_deliveries_due() => {}
        () = std::future::ready(()) => panic!("nobody was woken"),
    }
}

#[tokio::test]
async fn a_payload_that_fcm_would_refuse_is_refused_with_its_field() {
    let bench = Bench::new().await;
    for (message, refused) in [
        (json!({"data": {"n": 1}}), "message.data[0].value"),
        (json!({"data": {"from": "x"}}), "message.data"),
        (json!({"data": {"pb_msg": "x"}}), "message.data"),
        (json!({"android": {"ttl": "soon"}}), "message.android.ttl"),
        (json!({"token": "t"}), "message.token"),
    ] {
        let error = bench.accept(json!({"to": {"user": "anna"}, "message": message})).await.unwrap_err();
        assert!(matches!(error, IntakeError::Payload(_)), "{message}");
        assert!(field(&error).starts_with(refused), "{message}: {}", field(&error));
    }
    assert_eq!(rows(&bench).await, "0 0");
}

#[tokio::test]
async fn the_servers_own_keys_have_room() {
    let bench = Bench::new().await;
    let with_bytes =
        |to: &Value, bytes: usize| json!({"to": to, "message": {"data": {"k": "x".repeat(bytes - 1)}}});
    let app_and_message = "pb_app".len() + "shop".len() + "pb_msg".len() + 36;
    let login = "pb_login".len() + 64;
    for (to, own) in
        [(json!({"topic": "news"}), app_and_message), (json!({"user": "anna"}), app_and_message + login)]
    {
        let room = 4_096 - own;
        assert!(bench.accept(with_bytes(&to, room)).await.is_ok(), "{to}");
        assert!(bench.accept(with_bytes(&to, room + 1)).await.is_err(), "{to}");
    }
}

#[tokio::test]
async fn what_is_missing_or_not_supported_is_refused_by_name() {
    let bench = Bench::new().await;
    let message = json!({"data": {}});
    for (request, name) in [
        (json!({"to": {"user": "anna"}, "message": null}), "message"),
        (json!({"to": {"user": "anna"}, "message": message, "template": {"id": "t"}}), "template"),
        (json!({"to": {"everyone": false}, "message": message}), "to.everyone"),
        (json!({"to": {"users": ["anna", {"id": "bob", "params": {}}]}}), "to.users[1].params"),
        (json!({"to": {"topic": "news"}, "send_at_local": "2026-12-01T09:00"}), "send_at_local"),
        (json!({"to": {"user": "anna"}, "lane": "slow"}), "lane"),
    ] {
        assert_eq!(field(&bench.accept(request).await.unwrap_err()), name);
    }
}

/// C8: a message may be sent later.
#[tokio::test]
async fn a_scheduled_message_waits_for_its_time() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let send_at = bench.now().plus(DAY);
    let accepted = bench.accept(json!({"to": {"user": "anna"}, "send_at": send_at})).await.unwrap();
    assert_eq!(bench.status(&accepted.message_id).await.state, MessageState::Scheduled);
    let early = bench.claim(10).await;
    assert_eq!((early.claims.len(), early.next), (0, Some(send_at)));
    bench.pass(DAY);
    assert_eq!(bench.status(&accepted.message_id).await.state, MessageState::Sending);
    bench.claim_only().await;
}

/// I5: what was answered with 202 is there after a kill.
#[tokio::test]
async fn an_accepted_message_survives_a_restart() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.accept_with_key(Some("k"), json!({"to": {"user": "anna"}})).await.unwrap();
    let bench = bench.restart().await;
    assert_eq!(bench.status(&accepted.message_id).await.counts.pending, 1);
    assert_eq!(bench.accept_with_key(Some("k"), json!({"to": {"user": "anna"}})).await.unwrap(), accepted);
    bench.claim_only().await;
}
