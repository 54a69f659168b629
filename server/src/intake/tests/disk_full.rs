//! A disk without room: nothing is accepted half, and it goes on by itself when there is room again.

use serde_json::json;

use crate::{intake::IntakeError, store::StoreError, testing::Bench};

#[tokio::test]
async fn a_full_disk_accepts_nothing_half_and_recovers() {
    let bench = Bench::new().await;
    bench.crowd(1_500).await;
    let before = bench.outbox().await;
    bench.fill_disk(true).await;
    let refused = bench.accept_with_key(Some("k"), json!({"to": {"everyone": true}})).await;
    assert!(matches!(refused, Err(IntakeError::Store(StoreError::Unavailable(_)))), "{refused:?}");
    assert_eq!(bench.outbox().await, before);
    bench.fill_disk(false).await;
    let accepted = bench.accept_with_key(Some("k"), json!({"to": {"everyone": true}})).await.unwrap();
    assert_eq!(accepted.deliveries, 1_000);
}

#[tokio::test]
async fn an_expansion_waits_for_room_and_goes_on_where_it_was() {
    let bench = Bench::new().await;
    bench.crowd(2_500).await;
    let accepted = bench.accept(json!({"to": {"everyone": true}})).await.unwrap();
    let before = bench.outbox().await;
    bench.fill_disk(true).await;
    let refused = bench.app.store.work_on_messages(bench.now()).await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    assert_eq!(crate::intake::expand_chunk(&bench.app).await, None, "the expander lives on and tries again");
    assert_eq!(bench.outbox().await, before);
    bench.fill_disk(false).await;
    bench.expand().await;
    assert_eq!(bench.status(&accepted.message_id).await.deliveries, 2_500);
}
