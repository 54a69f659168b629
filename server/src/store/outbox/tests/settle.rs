//! Outcomes, and what they do to addresses.

use std::time::Duration;

use crate::{
    feedback::Finding,
    outbox::{Claim, DeliveryState, Outcome, Settled},
    testing::{Bench, LEASE, Phone, sent, settlement},
};

const DEAD: Outcome = Outcome::Failed { reason: "unregistered" };

async fn address(bench: &Bench) -> String {
    bench.text("SELECT address_state || ' ' || deaths FROM installations WHERE user = 'anna'").await
}

async fn events(bench: &Bench) -> String {
    bench
        .text("SELECT coalesce(group_concat(what || ' ' || reason || ' ' || actor, ';'), '') FROM events WHERE actor = 'fcm'")
        .await
}

async fn sent_to_anna(bench: &Bench) -> Claim {
    bench.send("anna").await;
    bench.claim_only().await
}

#[tokio::test]
async fn what_was_sent_is_sent_once_and_for_all() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let claim = bench.claim_only().await;
    assert_eq!(bench.settle(&claim, sent(), Finding::Alive).await, Settled::Recorded(DeliveryState::Sent));
    assert_eq!(bench.settle(&claim, DEAD, Finding::Dead).await, Settled::LeaseLost);
    let status = bench.status(&accepted.message_id).await;
    assert_eq!((status.state.as_str(), status.counts.sent), ("done", 1));
    assert_eq!(address(&bench).await, "live 0");
}

#[tokio::test]
async fn what_is_parked_is_due_at_its_time_and_says_why() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let claim = bench.claim_only().await;
    let parked = |until| Outcome::Parked { until, reason: "unavailable" };
    let wait = Duration::from_secs(10);
    let until = bench.now().plus(wait);
    let settled = bench.settle(&claim, parked(until), Finding::Nothing).await;
    assert_eq!(settled, Settled::Recorded(DeliveryState::Pending));
    assert_eq!(bench.fate(&accepted).await, ("pending".to_owned(), Some("unavailable".to_owned())));
    let early = bench.claim(10).await;
    assert_eq!((early.claims.len(), early.next), (0, Some(until)));
    bench.pass(wait);
    let second = bench.claim_only().await;
    bench.settle(&second, parked(bench.now().plus(wait)), Finding::Nothing).await;
    bench.pass(wait);
    let again = bench.claim_only().await;
    assert_eq!((again.lease.attempt, again.first_attempt), (3, claim.first_attempt));
    bench.settle(&again, sent(), Finding::Alive).await;
    assert_eq!(bench.fate(&accepted).await, ("sent".to_owned(), None));
}

#[tokio::test]
async fn a_batch_is_answered_in_order_and_a_lost_lease_harms_no_other() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = [bench.send("anna").await, bench.send("anna").await];
    let lost = bench.claim(10).await.claims.remove(0);
    bench.pass(LEASE);
    let claims = bench.claim(10).await.claims;
    let own = claims.iter().find(|claim| claim.lease.delivery != lost.lease.delivery).unwrap();
    let batch = [&lost, own].map(|claim| settlement(claim, sent(), Finding::Alive)).to_vec();
    let settled = bench.try_settle(batch).await.unwrap();
    assert_eq!(settled, [Settled::LeaseLost, Settled::Recorded(DeliveryState::Sent)]);
    assert_eq!(bench.fate(&accepted[0]).await.0, "leased");
    assert_eq!(bench.fate(&accepted[1]).await.0, "sent");
}

#[tokio::test]
async fn another_worker_cannot_settle() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let mut claim = sent_to_anna(&bench).await;
    claim.lease.owner = crate::outbox::WorkerId::new(2, bench.now());
    assert_eq!(bench.settle(&claim, sent(), Finding::Alive).await, Settled::LeaseLost);
}

#[tokio::test]
async fn a_dead_address_is_retired_and_not_sent_to_again() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    let waiting = bench.send("anna").await;
    assert_eq!(bench.settle(&claim, DEAD, Finding::Dead).await, Settled::Recorded(DeliveryState::Failed));
    assert_eq!(address(&bench).await, "retired 1");
    assert_eq!(events(&bench).await, "address_retired unregistered fcm");
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&waiting).await.1.as_deref(), Some("no_live_address"));
    assert_eq!(bench.send("anna").await.deliveries, 0);
}

/// I7: a verdict about the old token does not touch the new one.
#[tokio::test]
async fn a_late_verdict_does_not_retire_the_rotated_token() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    phone.token = Some("token-new".to_owned());
    bench.put(&mut phone).await;
    assert_eq!(bench.settle(&claim, DEAD, Finding::Dead).await, Settled::Recorded(DeliveryState::Failed));
    assert_eq!((address(&bench).await.as_str(), events(&bench).await.as_str()), ("live 0", ""));
}

/// I7: nor the same value that was reported again since: the platform has just said that it is its own.
#[tokio::test]
async fn a_late_verdict_does_not_retire_the_same_token_reported_again() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    bench.put(&mut phone).await;
    bench.settle(&claim, DEAD, Finding::Dead).await;
    assert_eq!((address(&bench).await.as_str(), events(&bench).await.as_str()), ("live 0", ""));
}

/// I7: two attempts of one generation retire once.
#[tokio::test]
async fn two_verdicts_about_one_generation_count_as_one_death() {
    let bench = Bench::new().await;
    let phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    bench.send("anna").await;
    let claims = bench.claim(10).await.claims;
    bench.settle(&claims[0], DEAD, Finding::Dead).await;
    bench.put_again(&phone).await;
    assert_eq!(address(&bench).await, "live 1");
    bench.settle(&claims[1], DEAD, Finding::Dead).await;
    assert_eq!(
        (address(&bench).await.as_str(), events(&bench).await.as_str()),
        ("live 1", "address_retired unregistered fcm")
    );
}

#[tokio::test]
async fn a_success_after_a_revival_forgets_the_death() {
    let bench = Bench::new().await;
    let phone = bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    bench.settle(&claim, DEAD, Finding::Dead).await;
    bench.put_again(&phone).await;
    let claim = sent_to_anna(&bench).await;
    bench.settle(&claim, sent(), Finding::Alive).await;
    assert_eq!(address(&bench).await, "live 0");
}

/// I8: a wrong project only quarantines.
#[tokio::test]
async fn an_address_of_another_project_is_quarantined() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    bench.settle(&claim, Outcome::Failed { reason: "sender_id_mismatch" }, Finding::WrongProject).await;
    assert_eq!(address(&bench).await, "quarantined 0");
    assert_eq!(events(&bench).await, "address_quarantined wrong_project fcm");
}

#[tokio::test]
async fn an_unbound_phone_keeps_feedback_about_its_address() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let claim = sent_to_anna(&bench).await;
    phone.user = None;
    phone.token = None;
    bench.put(&mut phone).await;
    assert_eq!(bench.settle(&claim, DEAD, Finding::Dead).await, Settled::Recorded(DeliveryState::Failed));
    assert_eq!(events(&bench).await, "", "an address that was withdrawn is nobody's");
}

#[tokio::test]
async fn a_challenge_that_nobody_can_receive_asks_for_a_fresh_address() {
    let bench = Bench::new().await;
    let mut first = bench.phone(1, "bob").await;
    first.token = Some("shared".to_owned());
    bench.put(&mut first).await;
    for claim in bench.claim(10).await.claims {
        bench.settle(&claim, sent(), Finding::Alive).await;
    }
    let mut second = Phone::new(2, "anna");
    second.token = Some("shared".to_owned());
    bench.put(&mut second).await;
    assert_eq!(address(&bench).await, "contested 0");
    let challenge = bench.claim_only().await;
    bench.settle(&challenge, DEAD, Finding::Dead).await;
    assert_eq!(address(&bench).await, "reset_asked 0");
    let holder = bench.text("SELECT address_state FROM installations WHERE user = 'bob'").await;
    assert_eq!(holder, "live", "only its own attempts retire the holder's address");
}
