//! Kills between claim and settle.

use crate::{
    feedback::Finding,
    outbox::{Outcome, Settled},
    testing::{Bench, LEASE, sent},
};

/// I5, I4: a kill between claim and settle loses nothing; until the lease ends nobody else sends.
#[tokio::test]
async fn a_delivery_claimed_before_a_kill_is_sent_after_its_lease_and_ends_once() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let before = bench.claim_only().await;
    let bench = bench.restart().await;
    let early = bench.claim(10).await;
    assert_eq!((early.claims.len(), early.next), (0, Some(before.lease.until)));
    bench.pass(LEASE);
    let after = bench.claim_only().await;
    assert_eq!(after.lease.delivery, before.lease.delivery);
    bench.settle(&after, sent(), Finding::Alive).await;
    // The first worker lives on somewhere and reports late.
    let failed = Outcome::Failed { reason: "unregistered" };
    assert_eq!(bench.settle(&before, failed, Finding::Dead).await, Settled::LeaseLost);
    let status = bench.status(&accepted.message_id).await;
    assert_eq!((status.deliveries, status.counts.sent, status.state.as_str()), (1, 1, "done"));
    assert!(bench.claim(10).await.claims.is_empty());
}

/// I5: a settlement that was answered is there after a kill.
#[tokio::test]
async fn a_settled_delivery_is_not_sent_again_after_a_kill() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let claim = bench.claim_only().await;
    bench.settle(&claim, sent(), Finding::Alive).await;
    let bench = bench.restart().await;
    bench.pass(LEASE);
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, ("sent".to_owned(), None));
}

/// I5: whatever the sequence of claims, lost leases, failures, kills and successes, every delivery ends in exactly one
/// final state.
#[tokio::test]
async fn every_delivery_ends_though_workers_die() {
    let mut bench = Bench::new().await;
    for number in 1..=6 {
        bench.phone(number, "anna").await;
    }
    let accepted = bench.send("anna").await;
    let mut final_states = 0;
    for round in 0_usize.. {
        let claims = bench.claim(3).await.claims;
        for (place, claim) in claims.iter().enumerate() {
            let outcome = match (round + place) % 4 {
                0 => continue,
                1 => Outcome::Parked { until: bench.now().plus(LEASE), reason: "unavailable" },
                2 => Outcome::Failed { reason: "invalid_argument" },
                _ => sent(),
            };
            let is_final = outcome.transition() != crate::outbox::Transition::Park;
            assert!(matches!(bench.settle(claim, outcome, Finding::Nothing).await, Settled::Recorded(_)));
            final_states += usize::from(is_final);
        }
        let counts = bench.status(&accepted.message_id).await.counts;
        assert_eq!(counts.sent + counts.failed, final_states as u64);
        if counts.pending + counts.leased == 0 {
            break;
        }
        assert!(round < 50, "{counts:?}");
        if round % 2 == 0 {
            bench = bench.restart().await;
        }
        bench.pass(LEASE);
    }
    assert_eq!(final_states, 6);
}
