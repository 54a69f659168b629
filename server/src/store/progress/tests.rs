//! Whatever ends a delivery counts it, in the same transaction.

use std::time::Duration;

use serde_json::json;

use crate::{
    feedback::Finding,
    outbox::Outcome,
    testing::{Bench, sent},
};

/// One line a message: what its row of counts says, and, where they differ, what its deliveries say.
const COUNTS: &str = "
    SELECT coalesce(group_concat(line, ', '), '') FROM (
        SELECT p.sent || ' ' || p.failed || ' ' || p.expired || ' ' || p.cancelled
            || iif(p.finished_ms IS NULL, ' open', ' finished')
            || iif((p.sent, p.failed, p.expired, p.cancelled) = (
                count(*) FILTER (WHERE d.state = 'sent'), count(*) FILTER (WHERE d.state = 'failed'),
                count(*) FILTER (WHERE d.state = 'expired'), count(*) FILTER (WHERE d.state = 'cancelled')),
                '', ' BUT ' || group_concat(d.state, '+')) AS line
        FROM message_progress p LEFT JOIN deliveries d USING (message) GROUP BY p.message ORDER BY p.message)";

async fn to_anna() -> Bench {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    bench.send("anna").await;
    assert_eq!(bench.text(COUNTS).await, "0 0 0 0 open");
    bench
}

#[tokio::test]
async fn what_is_settled() {
    let until = |bench: &Bench| bench.now().plus(Duration::from_secs(1));
    for (outcome, counts) in [
        (sent(), "1 0 0 0 finished"),
        (Outcome::Failed { reason: "unregistered" }, "0 1 0 0 finished"),
        (Outcome::Expired { reason: "unavailable" }, "0 0 1 0 finished"),
    ] {
        let bench = to_anna().await;
        let claim = bench.claim_only().await;
        bench
            .settle(&claim, Outcome::Parked { until: until(&bench), reason: "unavailable" }, Finding::Nothing)
            .await;
        assert_eq!(bench.text(COUNTS).await, "0 0 0 0 open");
        bench.pass(Duration::from_secs(1));
        let claim = bench.claim_only().await;
        bench.settle(&claim, outcome, Finding::Nothing).await;
        assert_eq!(bench.text(COUNTS).await, counts);
        // The answer of a lease that was lost counts nothing.
        bench.settle(&claim, sent(), Finding::Alive).await;
        assert_eq!(bench.text(COUNTS).await, counts);
    }
}

#[tokio::test]
async fn what_ends_at_its_claim() {
    let late = to_anna().await;
    late.pass(Duration::from_secs(366 * 24 * 3_600));
    late.claim(10).await;
    assert_eq!(late.text(COUNTS).await, "0 0 1 0 finished");

    let damaged = to_anna().await;
    damaged.sql("UPDATE installations SET address_value = ''").await;
    damaged.claim(10).await;
    assert_eq!(damaged.text(COUNTS).await, "0 0 0 1 finished");

    let retired = to_anna().await;
    retired.sql("UPDATE installations SET address_state = 'retired'").await;
    retired.claim(10).await;
    assert_eq!(retired.text(COUNTS).await, "0 0 0 1 finished");
}

#[tokio::test]
async fn what_is_cancelled_with_its_message() {
    let bench = to_anna().await;
    bench.phone(2, "anna").await;
    let to_two = bench.send("anna").await;
    let claimed = bench.claim(1).await.claims;
    bench.app.store.cancel_message(bench.shop.no, to_two.message_id, bench.now()).await.unwrap();
    assert_eq!(bench.text(COUNTS).await, "0 0 0 0 open, 0 0 0 2 finished");
    bench.settle(&claimed[0], sent(), Finding::Alive).await;
    assert_eq!(bench.text(COUNTS).await, "1 0 0 0 finished, 0 0 0 2 finished");
}

#[tokio::test]
async fn what_waits_for_somebody_who_left() {
    let left = Bench::new().await;
    let mut phone = left.phone(1, "anna").await;
    left.phone(2, "anna").await;
    left.send("anna").await;
    phone.user = None;
    left.put(&mut phone).await;
    assert_eq!(left.text(COUNTS).await, "0 0 0 1 open");
    let claim = left.claim_only().await;
    left.settle(&claim, sent(), Finding::Alive).await;
    assert_eq!(left.text(COUNTS).await, "1 0 0 1 finished");

    let erased = to_anna().await;
    erased.accept(json!({"to": {"topic": "news"}})).await.unwrap();
    // What was made for a binding that is not there any more, and was missed when that ended.
    erased.sql("UPDATE deliveries SET epoch = epoch + 7 WHERE user = 'anna'").await;
    let anna = "anna".parse().unwrap();
    erased.app.store.erase_user(erased.shop.no, anna, "test".to_owned(), erased.now()).await.unwrap();
    assert_eq!(erased.text(COUNTS).await, "0 0 0 1 finished, 0 0 0 0 open");
}
