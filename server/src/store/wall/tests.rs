//! How the wall finds what is on the wire.

use super::TO_INSTALLATION;
use crate::testing::Bench;

/// Deliveries are kept for weeks, and a logout that waits asks at every settlement.
#[tokio::test]
async fn the_wall_reads_of_each_value_only_what_is_leased() {
    let bench = Bench::new().await;
    let plan = bench.app.store.read(|connection| {
        let mut query = connection.prepare(&format!("EXPLAIN QUERY PLAN {TO_INSTALLATION}"))?;
        let lines = query.query_map((1, 1, 1, 1), |row| row.get::<_, String>("detail"))?;
        Ok(lines.collect::<Result<Vec<_>, _>>()?.join("; "))
    });
    let plan = plan.await.unwrap();
    assert!(
        plan.contains("h USING COVERING INDEX held_addresses_installation (installation=? AND app=?)"),
        "{plan}"
    );
    assert!(plan.contains("d USING INDEX deliveries_wire (app=? AND wire_key=?)"), "{plan}");
}
