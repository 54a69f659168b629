//! What was kept long enough.

use pushbridge_wire::{MessageAccepted, Timestamp};
use serde_json::json;

use super::*;
use crate::{
    feedback::Finding,
    testing::{sent, settlement},
};

const ROWS: &str = "SELECT 'messages ' || (SELECT count(*) FROM messages)
    || ' deliveries ' || (SELECT count(*) FROM deliveries) || ' receipts ' || (SELECT count(*) FROM receipts)
    || ' progress ' || (SELECT count(*) FROM message_progress)";

/// Accepts a message for everyone, makes every delivery and has FCM take it.
async fn broadcast(bench: &Bench) -> MessageAccepted {
    let accepted = bench.accept(json!({"to": {"everyone": true}})).await.unwrap();
    bench.expand().await;
    send_all(bench).await;
    accepted
}

async fn send_all(bench: &Bench) {
    loop {
        let claims = bench.claim(1_000).await.claims;
        if claims.is_empty() {
            return;
        }
        let settlements = claims.iter().map(|claim| settlement(claim, sent(), Finding::Alive));
        bench.try_settle(settlements.collect()).await.unwrap();
    }
}

async fn shown(bench: &Bench, accepted: &MessageAccepted) -> bool {
    let (id, now) = (accepted.message_id.clone(), bench.now());
    bench.app.store.message_status(bench.shop.no, id, now).await.unwrap().is_some()
}

#[tokio::test]
async fn a_message_leaves_with_all_its_rows_thirty_days_after_its_end() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    let accepted = broadcast(&bench).await;
    bench.sql("INSERT INTO receipts SELECT 1, installation, 'shown', 0 FROM installations").await;
    days(&bench, 29).await;
    assert_eq!(bench.text(ROWS).await, "messages 1 deliveries 2500 receipts 2500 progress 1");
    assert_eq!(bench.status(&accepted.message_id).await.receipts.shown, 2_500);
    days(&bench, 1).await;
    assert_eq!(bench.text(ROWS).await, "messages 0 deliveries 0 receipts 0 progress 0");
    assert!(!shown(&bench, &accepted).await);
}

/// Each transaction is short, however large the message.
#[tokio::test]
async fn a_large_message_leaves_a_thousand_rows_at_a_time() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    broadcast(&bench).await;
    bench.pass(DAY * 31);
    let retention = bench.app.config.retention.clone();
    let mut deleted = Vec::new();
    loop {
        let chunk = bench.app.store.forget_chunk(retention.clone(), bench.now()).await.unwrap();
        if chunk == Forgotten::default() {
            break;
        }
        deleted.push((chunk.deliveries, chunk.messages));
    }
    assert_eq!(deleted, [(1_000, 0), (1_000, 0), (500, 1)]);
}

#[tokio::test]
async fn what_is_not_over_stays_however_old_it_is() {
    let bench = Bench::new().await;
    bench.crowd(3).await;
    let far = bench.now().plus(DAY * 27);
    let waiting = bench.accept(json!({"to": {"everyone": true}, "send_at": far})).await.unwrap();
    broadcast(&bench).await;
    days(&bench, 30).await;
    assert!(shown(&bench, &waiting).await, "it has not been expanded yet");
    assert_eq!(bench.text(ROWS).await, "messages 1 deliveries 0 receipts 0 progress 1");
    bench.expand().await;
    bench.claim(10).await;
    days(&bench, 29).await;
    assert!(shown(&bench, &waiting).await);
}

/// The server's own data messages leave after a day, those of the event log after 400.
#[tokio::test]
async fn the_servers_own_messages_and_events_leave_too() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    bench
        .sql("INSERT INTO deliveries (app, target_kind, target_value, system_data, lane, state, due_ms, expires_ms, updated_ms)
              SELECT 1, 'fcm_token', 't', '{}', 0, state, 0, 0, 1795507200000
              FROM (SELECT 'sent' AS state UNION SELECT 'pending' UNION SELECT 'failed')")
        .await;
    const SYSTEM: &str = "SELECT group_concat(state) FROM deliveries";
    const OLD: &str = "SELECT CAST(count(*) AS TEXT) FROM events WHERE at_ms <= 1795507200000";
    take_turn(&bench.app).await;
    assert_eq!(bench.text(SYSTEM).await.split(',').count(), 3);
    days(&bench, 1).await;
    assert_eq!(bench.text(SYSTEM).await, "pending");
    assert!(count(&bench, OLD).await > 0);
    for _ in 0..399 {
        bench.put_again(&phone).await;
        days(&bench, 1).await;
    }
    assert_eq!(count(&bench, OLD).await, 0);
    // What came later is still there.
    phone.token = None;
    bench.put(&mut phone).await;
    assert!(count(&bench, "SELECT CAST(count(*) AS TEXT) FROM events").await > 0);
}

/// I6: a clock that jumps ahead makes no message old, so no key loses its message.
#[tokio::test]
async fn a_jump_of_the_clock_forgets_nothing() {
    let bench = Bench::new().await;
    bench.crowd(3).await;
    let accepted = broadcast(&bench).await;
    days(&bench, 1).await;
    bench.pass(DAY * 365);
    take_turn(&bench.app).await;
    assert!(shown(&bench, &accepted).await);
}

/// More keys than one transaction takes are gone after one turn all the same.
#[tokio::test]
async fn all_old_keys_leave_in_one_turn() {
    let bench = Bench::new().await;
    bench
        .sql(
            "INSERT INTO idempotency_keys (app, key, content, message, deliveries, created_ms)
              WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)
              SELECT 1, 'k' || i, x'00', 1, 0, 1795507200000 FROM n",
        )
        .await;
    take_turn(&bench.app).await;
    assert_eq!(count(&bench, KEYS).await, 2_500);
    days(&bench, 1).await;
    assert_eq!(count(&bench, KEYS).await, 0);
}

/// The pages of what left are used for what comes: after the first days the file grows no more.
#[tokio::test]
async fn the_file_stops_growing() {
    let bench = Bench::new().await;
    bench.crowd(300).await;
    const PAGES: &str = "SELECT CAST(page_count AS TEXT) FROM pragma_page_count";
    let mut pages = Vec::new();
    for _ in 0..45 {
        broadcast(&bench).await;
        days(&bench, 1).await;
        pages.push(count(&bench, PAGES).await);
    }
    let (after_a_month, at_the_end) = (pages[31], pages[44]);
    assert!(pages[10] < after_a_month, "it grows while everything is kept");
    assert!(at_the_end <= after_a_month + after_a_month / 50, "{pages:?}");
    assert_eq!(Timestamp::from_ms(crate::testing::START_MS).plus(DAY * 45), bench.now());
}

/// Parameters of single users leave with their message, a thousand at a time. A version of a template stays while a
/// message uses it, and a day after its end; the highest leaves last.
#[tokio::test]
async fn parameters_and_ended_templates_leave() {
    const KEPT: &str =
        "SELECT (SELECT count(*) FROM message_params) || ' ' || (SELECT group_concat(version) FROM
        (SELECT version FROM templates ORDER BY version))";
    let template = |text: &str| json!({"default": {"notification": {"title": text}}});
    let bench = Bench::new().await;
    bench.crowd(1_500).await;
    bench
        .sql("UPDATE installations SET user = 'u' || installation, login = 'l', epoch = installation, bound_ms = 0")
        .await;
    bench.put_template("t", &template("{{ n }}")).await;
    let users: Vec<_> = (1..=1_500).map(|n| json!({"id": format!("u{n}"), "params": {"n": n}})).collect();
    bench.accept(json!({"to": {"users": users}, "template": {"id": "t"}})).await.unwrap();
    bench.put_template("t", &template("second")).await;
    bench.put_template("t", &template("third")).await;
    bench.expand().await;
    assert_eq!(bench.text(KEPT).await, "1500 1,2,3");
    days(&bench, 1).await;
    assert_eq!(
        bench.text(KEPT).await,
        "1500 1,3",
        "a day after its end, but for the one that a message uses"
    );
    let id = "t".parse().unwrap();
    assert!(bench.app.store.delete_template(bench.shop.no, id, bench.now()).await.unwrap());
    days(&bench, 1).await;
    assert_eq!(bench.text(KEPT).await, "1500 1,3", "else its number would be given again");
    send_all(&bench).await;
    days(&bench, 29).await;
    bench.pass(DAY * 2);
    let mut params = Vec::new();
    while let chunk =
        bench.app.store.forget_chunk(bench.app.config.retention.clone(), bench.now()).await.unwrap()
        && chunk != Forgotten::default()
    {
        params.push(chunk.params);
    }
    assert_eq!(params.iter().sum::<usize>(), 1_500);
    assert!(params.iter().all(|rows| *rows <= 1_000), "{params:?}");
    assert_eq!(bench.text("SELECT count(*) || '' FROM message_params").await, "0");
    assert_eq!(bench.text("SELECT count(*) || '' FROM templates").await, "0");
}
