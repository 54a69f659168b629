//! Audiences that are too large for one transaction, and those that are looked up later.

use std::time::Duration;

use pushbridge_wire::{MessageAccepted, MessageState};
use serde_json::json;

use super::{DAY, field};
use crate::{
    feedback::Finding,
    testing::{Bench, Phone, create_app, sent, settlement},
};

const EVERY_INSTALLATION_ONCE: &str =
    "SELECT count(*) || ' of ' || count(DISTINCT installation) FROM deliveries WHERE message IS NOT NULL";

async fn broadcast(bench: &Bench) -> MessageAccepted {
    bench.accept(json!({"to": {"everyone": true}})).await.unwrap()
}

async fn state(bench: &Bench, accepted: &MessageAccepted) -> (MessageState, u64) {
    let status = bench.status(&accepted.message_id).await;
    (status.state, status.deliveries)
}

#[tokio::test]
async fn a_large_audience_is_expanded_chunk_by_chunk_and_everybody_gets_one() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    let accepted = broadcast(&bench).await;
    assert_eq!(accepted.deliveries, 1_000, "the first chunk is there at once");
    assert_eq!(state(&bench, &accepted).await, (MessageState::Expanding, 1_000));
    assert_eq!(bench.expand().await, 2);
    assert_eq!(state(&bench, &accepted).await, (MessageState::Sending, 2_500));
    assert_eq!(bench.text(EVERY_INSTALLATION_ONCE).await, "2500 of 2500");
}

/// I5: the cursor is on disk with the rows that it stands for.
#[tokio::test]
async fn a_restart_goes_on_at_the_cursor() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    let accepted = bench.accept_with_key(Some("k"), json!({"to": {"everyone": true}})).await.unwrap();
    let bench = bench.restart().await;
    assert!(bench.app.store.work_on_messages(bench.now()).await.unwrap().worked);
    let bench = bench.restart().await;
    bench.expand().await;
    assert_eq!(bench.text(EVERY_INSTALLATION_ONCE).await, "2500 of 2500");
    // I6: a repetition is answered as the first time and begins nothing.
    let again = bench.accept_with_key(Some("k"), json!({"to": {"everyone": true}})).await.unwrap();
    assert_eq!((again, bench.expand().await), (accepted, 0));
}

#[tokio::test]
async fn who_registers_while_an_audience_is_expanded_gets_nothing() {
    let bench = Bench::new().await;
    bench.crowd(1_500).await;
    let accepted = broadcast(&bench).await;
    let late = bench.phone(1, "anna").await;
    bench.expand().await;
    assert_eq!(bench.status(&accepted.message_id).await.deliveries, 1_500);
    assert_eq!(bench.accept(json!({"to": {"installation": late.id}})).await.unwrap().deliveries, 1);
}

/// What a phone is when its chunk is made counts, and what it is when its delivery is sent counts again.
#[tokio::test]
async fn a_phone_counts_as_it_is_when_its_turn_comes() {
    let bench = Bench::new().await;
    bench.crowd(1_200).await;
    let mut last = bench.phone(1, "anna").await;
    let accepted = broadcast(&bench).await;
    last.token = None;
    bench.put(&mut last).await;
    bench.expand().await;
    assert_eq!(bench.status(&accepted.message_id).await.deliveries, 1_200, "it had no address any more");
}

#[tokio::test]
async fn a_segment_takes_whom_it_names_and_nobody_of_another_app() {
    let mut bench = Bench::new().await;
    bench.crowd(2_400).await;
    let shop = bench.shop.clone();
    bench.shop = create_app(&bench.app, "other").await;
    bench.phone(7, "anna").await;
    let everyone = broadcast(&bench).await;
    assert_eq!(everyone.deliveries, 1);
    bench.shop = shop;
    let accepted = bench.accept(json!({"to": {"segment": {"platform": ["ios"]}}})).await.unwrap();
    bench.expand().await;
    assert_eq!(state(&bench, &accepted).await, (MessageState::Sending, 1_200));
    let nobody = bench.accept(json!({"to": {"segment": {"locale": ["ru"]}}})).await.unwrap();
    bench.expand().await;
    assert_eq!(state(&bench, &nobody).await, (MessageState::Done, 0));
}

#[tokio::test]
async fn a_long_list_of_users_is_expanded_too() {
    let bench = Bench::new().await;
    bench.crowd(2_300).await;
    bench.sql("UPDATE installations SET user = 'u' || (installation % 1150), login = 'l', epoch = installation, bound_ms = 0").await;
    let users: Vec<String> = (0..1_150).map(|number| format!("u{number}")).collect();
    let accepted = bench.accept(json!({"to": {"users": users}})).await.unwrap();
    assert_eq!(accepted.deliveries, 1_000);
    bench.expand().await;
    assert_eq!(state(&bench, &accepted).await, (MessageState::Sending, 2_300));
    assert_eq!(bench.text(EVERY_INSTALLATION_ONCE).await, "2300 of 2300");
}

#[tokio::test]
async fn a_cancellation_stops_the_expansion_and_ends_what_was_made() {
    let bench = Bench::new().await;
    bench.crowd(4_500).await;
    let accepted = broadcast(&bench).await;
    for _ in 0..2 {
        bench.app.store.work_on_messages(bench.now()).await.unwrap();
    }
    let claim = bench.claim(1).await.claims.remove(0);
    let (id, now) = (accepted.message_id.clone(), bench.now());
    let status = bench.app.store.cancel_message(bench.shop.no, id, now).await.unwrap().unwrap();
    assert_eq!((status.state, status.deliveries), (MessageState::Cancelled, 3_000));
    assert_eq!(status.counts.cancelled, 999, "the first chunk ends with the call");
    assert!(bench.claim(10).await.claims.is_empty(), "nothing is sent meanwhile");
    bench.expand().await;
    let status = bench.status(&accepted.message_id).await;
    assert_eq!((status.deliveries, status.counts.cancelled, status.counts.leased), (3_000, 2_999, 1));
    assert_eq!(status.finished_at, None);
    bench.settle(&claim, sent(), Finding::Alive).await;
    let status = bench.status(&accepted.message_id).await;
    assert_eq!((status.counts.sent, status.finished_at), (1, Some(bench.now())));
}

#[tokio::test]
async fn what_expires_while_it_is_expanded_gets_no_more_deliveries() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    let expires = bench.now().plus(Duration::from_secs(60));
    let accepted = bench.accept(json!({"to": {"everyone": true}, "expires_at": expires})).await.unwrap();
    bench.pass(Duration::from_secs(60));
    bench.expand().await;
    while bench.claim(400).await.ended > 0 {}
    let status = bench.status(&accepted.message_id).await;
    assert_eq!((status.state, status.deliveries, status.counts.expired), (MessageState::Done, 1_000, 1_000));
}

/// C8: a scheduled broadcast goes to whom the app has when its time comes.
#[tokio::test]
async fn a_scheduled_segment_is_looked_up_when_its_time_comes() {
    let bench = Bench::new().await;
    bench.crowd(3).await;
    let send_at = bench.now().plus(DAY);
    let accepted = bench.accept(json!({"to": {"everyone": true}, "send_at": send_at})).await.unwrap();
    assert_eq!(accepted.deliveries, 0);
    assert_eq!(state(&bench, &accepted).await, (MessageState::Scheduled, 0));
    assert_eq!(bench.app.store.work_on_messages(bench.now()).await.unwrap().next, Some(send_at));
    bench.phone(1, "anna").await;
    bench.pass(DAY);
    assert_eq!(state(&bench, &accepted).await, (MessageState::Expanding, 0));
    bench.expand().await;
    assert_eq!(state(&bench, &accepted).await, (MessageState::Sending, 4));
    assert_eq!(bench.claim(10).await.claims.len(), 4);
}

/// C8: nine in the morning, wherever the phone is. START is 2026-11-24T08:00Z.
#[tokio::test]
async fn a_local_time_comes_to_each_phone_at_its_own_hour() {
    let bench = Bench::new().await;
    for (number, zone) in
        [(1, Some("Europe/Moscow")), (2, Some("America/New_York")), (3, None), (4, Some("Asia/Tokyo"))]
    {
        let mut phone = Phone::new(number, "anna");
        phone.timezone = zone.map(str::to_owned);
        bench.put(&mut phone).await;
    }
    for to in [json!({"user": "anna"}), json!({"everyone": true})] {
        let accepted = bench.accept(json!({"to": to, "send_at_local": "2026-11-24T12:00"})).await.unwrap();
        bench.expand().await;
        let status = bench.status(&accepted.message_id).await;
        assert_eq!(status.send_at_local.map(String::from).as_deref(), Some("2026-11-24T12:00:00"));
        assert_eq!(status.send_at.unwrap().to_string(), "2026-11-23T22:00:00.000Z", "the first zone's noon");
    }
    let mut arrived = Vec::new();
    for _ in 0..12 {
        let claims = bench.claim(100).await.claims;
        arrived.push(claims.len());
        let settle = |claim| settlement(claim, sent(), Finding::Alive);
        bench.try_settle(claims.iter().map(settle).collect()).await.unwrap();
        bench.pass(Duration::from_secs(3_600));
    }
    // Tokyo's noon has passed: at once. Moscow's is at 9, that of UTC (no zone told) at 12, New York's at 17.
    assert_eq!(arrived, [2, 2, 0, 0, 2, 0, 0, 0, 0, 2, 0, 0]);
}

#[tokio::test]
async fn a_small_message_does_not_wait_for_a_large_one() {
    let bench = Bench::new().await;
    bench.crowd(9_000).await;
    let large = broadcast(&bench).await;
    bench.app.store.work_on_messages(bench.now()).await.unwrap();
    let segment = json!({"to": {"segment": {"platform": ["ios"]}}, "lane": "urgent"});
    let small = bench.accept(segment).await.unwrap();
    for _ in 0..6 {
        bench.app.store.work_on_messages(bench.now()).await.unwrap();
    }
    assert_eq!(state(&bench, &small).await, (MessageState::Sending, 4_500));
    assert_eq!(bench.status(&large.message_id).await.state, MessageState::Expanding);
}

/// One that a newer version cannot read any more must not hold up the others.
/// What waited for its time has had no turns meanwhile, and does not take them all at once.
#[tokio::test]
async fn a_scheduled_audience_shares_the_work_when_its_time_comes() {
    let bench = Bench::new().await;
    bench.crowd(20_000).await;
    let at = bench.now().plus(Duration::from_secs(60));
    let scheduled = bench.accept(json!({"to": {"everyone": true}, "send_at": at})).await.unwrap();
    let running = broadcast(&bench).await;
    for _ in 0..8 {
        bench.app.store.work_on_messages(bench.now()).await.unwrap();
    }
    bench.pass(Duration::from_secs(60));
    for _ in 0..6 {
        bench.app.store.work_on_messages(bench.now()).await.unwrap();
    }
    let made = (state(&bench, &running).await.1, state(&bench, &scheduled).await.1);
    assert_eq!(made, (11_000, 4_000), "both had chunks since, the late one hardly more");
}

#[tokio::test]
async fn an_audience_that_cannot_be_read_ends() {
    let bench = Bench::new().await;
    bench.crowd(1_500).await;
    let broken = broadcast(&bench).await;
    bench.sql("UPDATE messages SET audience = '{\"constellation\":1}'").await;
    let fine = broadcast(&bench).await;
    bench.expand().await;
    assert_eq!(state(&bench, &broken).await, (MessageState::Sending, 1_000));
    assert_eq!(state(&bench, &fine).await, (MessageState::Sending, 1_500));
}

#[tokio::test]
async fn both_times_at_once_are_refused() {
    let bench = Bench::new().await;
    let both = json!({"to": {"user": "anna"}, "send_at": bench.now(), "send_at_local": "2026-12-01T09:00"});
    assert_eq!(field(&bench.accept(both).await.unwrap_err()), "send_at_local");
}
