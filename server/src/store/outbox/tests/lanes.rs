//! Who goes first.

use std::collections::HashSet;

use serde_json::json;

use crate::testing::{Bench, create_app};

async fn send_in_lane(bench: &Bench, lane: &str, topic: &str) {
    bench.accept(json!({"to": {"topic": topic}, "lane": lane})).await.unwrap();
}

async fn topics(bench: &Bench, places: usize, turn: usize) -> Vec<String> {
    let request = crate::store::ClaimRequest { turn, ..bench.claim_request(1, places) };
    let claims = bench.app.store.claim_due(request).await.unwrap().claims;
    let name = |target| match target {
        pushbridge_fcm::Target::Topic(topic) => topic,
        other => panic!("{other:?}"),
    };
    claims.into_iter().map(|claim| name(claim.target)).collect()
}

#[tokio::test]
async fn urgent_overtakes_bulk_and_bulk_is_not_starved() {
    let bench = Bench::new().await;
    for _ in 0..20 {
        send_in_lane(&bench, "bulk", "bulk").await;
    }
    for _ in 0..20 {
        send_in_lane(&bench, "urgent", "urgent").await;
    }
    let batch = topics(&bench, 8, 0).await;
    assert_eq!(batch, [vec!["urgent"; 7], vec!["bulk"]].concat());
    // One by one, as places become free, it is the same.
    let mut bulk = 0;
    for turn in 0..16 {
        bulk += topics(&bench, 1, turn).await.iter().filter(|topic| *topic == "bulk").count();
    }
    // Two places of sixteen are bulk's own; the thirteen urgent ones that were left gave it the last one.
    assert_eq!(bulk, 3);
}

#[tokio::test]
async fn within_a_lane_the_oldest_goes_first() {
    let bench = Bench::new().await;
    for topic in ["1", "2", "3"] {
        send_in_lane(&bench, "normal", topic).await;
        bench.pass(std::time::Duration::from_millis(1));
    }
    assert_eq!(topics(&bench, 2, 0).await, ["1", "2"]);
}

#[tokio::test]
async fn an_app_does_not_wait_for_the_backlog_of_another() {
    let mut bench = Bench::new().await;
    for _ in 0..20 {
        send_in_lane(&bench, "normal", "shop").await;
    }
    bench.shop = create_app(&bench.app, "other").await;
    send_in_lane(&bench, "normal", "other").await;
    assert_eq!(topics(&bench, 4, 0).await, ["shop", "other", "shop", "shop"]);
}

#[tokio::test]
async fn a_paused_app_keeps_its_deliveries() {
    let mut bench = Bench::new().await;
    send_in_lane(&bench, "urgent", "shop").await;
    let paused = HashSet::from([bench.shop.no]);
    bench.shop = create_app(&bench.app, "other").await;
    send_in_lane(&bench, "bulk", "other").await;
    let request = crate::store::ClaimRequest { paused, ..bench.claim_request(1, 10) };
    let batch = bench.app.store.claim_due(request).await.unwrap();
    assert_eq!((batch.claims.len(), batch.claims[0].app), (1, bench.shop.no));
    assert_eq!(topics(&bench, 10, 0).await, ["shop"]);
}

#[tokio::test]
async fn a_full_batch_says_that_more_is_due() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        send_in_lane(&bench, "normal", "news").await;
    }
    assert_eq!(bench.claim(2).await.next, Some(bench.now()));
    let rest = bench.claim(2).await;
    assert_eq!((rest.claims.len(), rest.next), (1, Some(bench.now().plus(crate::testing::LEASE))));
}
