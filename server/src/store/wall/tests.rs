//! How the wall finds what is on the wire.

use super::{TO_INSTALLATION, TO_USER};
use crate::{
    feedback::Finding,
    testing::{Bench, sent},
};

/// I4: any value that the installation holds or held, however long ago: an old one may still ring this phone.
#[tokio::test]
async fn the_wall_sees_what_is_on_the_wire_to_a_value_given_up_two_rotations_ago() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    let claim = bench.claim_only().await;
    for token in ["token-second", "token-third"] {
        bench.pass(std::time::Duration::from_secs(1));
        phone.token = Some(token.to_owned());
        bench.put(&mut phone).await;
    }
    (phone.user, phone.token) = (None, None);
    let no = bench.put(&mut phone).await;
    let on_the_wire =
        async || bench.app.store.on_the_wire(bench.shop.no, no, None, bench.now()).await.unwrap();
    assert!(on_the_wire().await);
    bench.settle(&claim, sent(), Finding::Alive).await;
    assert!(!on_the_wire().await);
}

/// Deliveries are kept for weeks, and a logout that waits asks at every settlement.
#[tokio::test]
async fn the_wall_reads_of_each_value_only_what_is_leased() {
    let bench = Bench::new().await;
    let plan = plan(&bench, TO_INSTALLATION).await;
    assert!(
        plan.contains("h USING COVERING INDEX held_addresses_installation (installation=? AND app=?)"),
        "{plan}"
    );
    assert!(plan.contains("d USING INDEX deliveries_wire (app=? AND wire_key=?)"), "{plan}");
}

#[tokio::test]
async fn the_wall_of_a_user_reads_only_what_is_leased() {
    let plan = plan(&Bench::new().await, TO_USER).await;
    assert!(plan.contains("d USING INDEX deliveries_wire (app=?)"), "{plan}");
}

async fn plan(bench: &Bench, query: &'static str) -> String {
    let plan = bench.app.store.read(move |connection| {
        let mut query = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
        for parameter in 1..=query.parameter_count() {
            query.raw_bind_parameter(parameter, 1)?;
        }
        let (mut lines, mut rows) = (Vec::new(), query.raw_query());
        while let Some(row) = rows.next()? {
            lines.push(row.get::<_, String>("detail")?);
        }
        Ok(lines.join("; "))
    });
    plan.await.unwrap()
}
