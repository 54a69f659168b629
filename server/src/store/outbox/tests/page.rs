//! What the backend is shown.

use serde_json::json;

use crate::{
    feedback::Finding,
    store::{DeliveryCursor, PageSize},
    testing::{Bench, create_app, sent},
};

#[tokio::test]
async fn deliveries_are_shown_page_by_page_without_addresses() {
    let mut bench = Bench::new().await;
    for number in 1..=5 {
        bench.phone(number, "anna").await;
    }
    let accepted = bench.send("anna").await;
    let claim = bench.claim(1).await.claims.remove(0);
    bench.settle(&claim, sent(), Finding::Alive).await;

    let mut seen = Vec::new();
    let mut cursor = DeliveryCursor::START;
    loop {
        let (id, size) = (accepted.message_id.clone(), PageSize::new(2).unwrap());
        let page = bench.app.store.list_deliveries(bench.shop.no, id, cursor, size).await.unwrap().unwrap();
        assert!(page.deliveries.len() <= 2);
        seen.extend(page.deliveries);
        let Some(next) = page.next_cursor else { break };
        cursor = DeliveryCursor(crate::outbox::DeliveryNo(next.parse().unwrap()));
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0].delivery_id < pair[1].delivery_id));
    let first = &seen[0];
    assert_eq!((first.state.as_str(), first.attempts, first.due_at), ("sent", 1, None));
    assert_eq!(first.fcm_name.as_deref(), Some("projects/demo/messages/1"));
    assert_eq!(first.address_kind.as_ref().unwrap().as_str(), "fcm_token");
    assert!(seen[1].due_at.is_some() && seen[1].installation.is_some());
    // I11: no address in what is shown.
    assert!(!json!(seen).to_string().contains("token-"), "{}", json!(seen));

    // I12: another app does not see the message.
    let other = create_app(&bench.app, "other").await;
    bench.shop = other;
    let (id, now) = (accepted.message_id, bench.now());
    let page =
        bench.app.store.list_deliveries(bench.shop.no, id.clone(), DeliveryCursor::START, PageSize::DEFAULT);
    assert!(page.await.unwrap().is_none());
    assert!(bench.app.store.message_status(bench.shop.no, id.clone(), now).await.unwrap().is_none());
    assert!(bench.app.store.cancel_message(bench.shop.no, id, now).await.unwrap().is_none());
}

/// A page in the middle of a million deliveries is found by the index and sorts nothing.
#[tokio::test]
async fn a_page_is_read_in_order_from_its_cursor() {
    let bench = Bench::new().await;
    let plan = bench.app.store.read(|connection| {
        let mut query = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", super::super::page::PAGE))?;
        let lines = query.query_map((1, 1, 100), |row| row.get::<_, String>("detail"))?;
        Ok(lines.collect::<Result<Vec<_>, _>>()?.join("; "))
    });
    let plan = plan.await.unwrap();
    assert!(plan.contains("INDEX deliveries_message (message=? AND rowid>?)"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
