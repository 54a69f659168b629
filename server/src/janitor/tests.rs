//! Phones that fall silent.

mod retention;

use std::time::Duration;

use super::*;
use crate::{feedback::Finding, outbox::Outcome, testing::Bench};

const DAY: Duration = Duration::from_secs(86_400);

async fn count(bench: &Bench, what: &'static str) -> u32 {
    bench.text(what).await.parse().unwrap()
}

const STALE: &str = "SELECT CAST(count(*) AS TEXT) FROM installations WHERE stale_ms IS NOT NULL";
const LIVE: &str = "SELECT CAST(count(*) AS TEXT) FROM installations WHERE address_state = 'live'";
const KEYS: &str = "SELECT CAST(count(*) AS TEXT) FROM idempotency_keys";

/// Lets days pass as a running server sees them: with turns between.
async fn days(bench: &Bench, days: u32) {
    for _ in 0..days {
        bench.pass(DAY);
        take_turn(&bench.app).await;
    }
}

#[tokio::test]
async fn a_silent_phone_is_marked_and_still_sent_to() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    days(&bench, 29).await;
    assert_eq!(count(&bench, STALE).await, 0);
    days(&bench, 2).await;
    assert_eq!((count(&bench, STALE).await, count(&bench, LIVE).await), (1, 1));
    assert_eq!(bench.send("anna").await.deliveries, 1);
    bench.put(&mut phone).await;
    assert_eq!(count(&bench, STALE).await, 0, "it is back");
}

#[tokio::test]
async fn after_270_days_the_address_is_retired_and_a_report_revives_it() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    days(&bench, 271).await;
    assert_eq!(count(&bench, LIVE).await, 0);
    assert_eq!(bench.send("anna").await.deliveries, 0);
    bench.put(&mut phone).await;
    assert_eq!(count(&bench, LIVE).await, 1);
}

/// I8: a clock that jumps a year ahead retires nobody.
#[tokio::test]
async fn a_jump_of_the_clock_is_waited_out() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    days(&bench, 1).await;
    bench.pass(DAY * 365);
    take_turn(&bench.app).await;
    assert_eq!((count(&bench, STALE).await, count(&bench, LIVE).await), (0, 1));
}

/// I8: more at once than the breaker stands are spread over turns.
#[tokio::test]
async fn many_silent_phones_are_retired_little_by_little() {
    let bench = Bench::new().await;
    for number in 0..60 {
        bench.phone(number, &format!("u{number}")).await;
    }
    days(&bench, 271).await;
    assert_eq!(count(&bench, LIVE).await, 20, "40 at once");
    days(&bench, 1).await;
    assert_eq!(count(&bench, LIVE).await, 0);
    assert_eq!(bench.app.store.retiring_held(bench.shop.no).await.unwrap(), None);
}

/// I8: what the janitor retires counts with what FCM calls dead in the same minutes.
#[tokio::test]
async fn retired_for_silence_counts_in_the_breaker() {
    let bench = Bench::new().await;
    let mut phones = Vec::new();
    for number in 0..52 {
        phones.push(bench.phone(number, &format!("u{number}")).await);
    }
    days(&bench, 270).await;
    // Twelve are heard of again, the forty others are not.
    for phone in &mut phones[40..] {
        bench.put(phone).await;
    }
    days(&bench, 1).await;
    assert_eq!(count(&bench, LIVE).await, 12);
    for number in 40..52 {
        bench.send(&format!("u{number}")).await;
        let claim = bench.claim_only().await;
        let failed = Outcome::Failed { reason: "unregistered" };
        bench.settle(&claim, failed, Finding::Dead).await;
    }
    assert_eq!(count(&bench, LIVE).await, 52, "together they are a wave: all come back until somebody looks");
    assert!(bench.app.store.retiring_held(bench.shop.no).await.unwrap().is_some());
}

#[tokio::test]
async fn an_idempotency_key_is_forgotten_after_its_day() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let request = serde_json::json!({"to": {"user": "anna"}});
    bench.accept_with_key(Some("k"), request).await.unwrap();
    take_turn(&bench.app).await;
    assert_eq!(count(&bench, KEYS).await, 1);
    days(&bench, 1).await;
    bench.pass(Duration::from_secs(1));
    take_turn(&bench.app).await;
    assert_eq!(count(&bench, KEYS).await, 0);
}
