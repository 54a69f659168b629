//! What may go out, and what ends instead.

use std::time::Duration;

use pushbridge_fcm::Target;
use serde_json::json;

use crate::{
    feedback::Finding,
    outbox::{Content, DeliveryState, Outcome, Payload, Settled},
    testing::{Bench, LEASE, sent},
};

fn cancelled(reason: &str) -> (String, Option<String>) {
    ("cancelled".to_owned(), Some(reason.to_owned()))
}

#[tokio::test]
async fn a_claim_has_everything_that_sending_needs() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let claim = bench.claim_only().await;
    assert_eq!(claim.target, Target::Token("token-1".to_owned()));
    assert_eq!((claim.app, claim.generation, claim.lease.attempt), (bench.shop.no, Some(1), 1));
    let Content::Message { message, login } = &claim.content else { panic!("a message") };
    assert_eq!((&message.id, login.as_ref().unwrap().as_str()), (&accepted.message_id, "login-1"));
    let Payload::Message(payload) = &message.payload else { panic!("no template") };
    assert_eq!(payload, r#"{"notification":{"title":"hello"}}"#);
    assert_eq!(bench.status(&accepted.message_id).await.counts.leased, 1);
    assert!(bench.claim(10).await.claims.is_empty(), "a leased delivery is nobody else's");
}

#[tokio::test]
async fn a_rotated_token_is_sent_to_at_its_new_value() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    phone.token = Some("token-new".to_owned());
    bench.put(&mut phone).await;
    let targets: Vec<_> = bench.claim(10).await.claims.into_iter().map(|claim| claim.target).collect();
    // The other one is the server's own hint to whoever has the old token.
    assert!(targets.contains(&Target::Token("token-new".to_owned())), "{targets:?}");
}

/// I4, B3: after a logout nothing of the user who left starts.
#[tokio::test]
async fn a_delivery_for_a_user_who_logged_out_is_cancelled() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    phone.user = None;
    bench.put(&mut phone).await;
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, cancelled("logout"));
}

/// I4: an attempt that was on the wire at the logout is not made again, though the registry saw no queued delivery.
#[tokio::test]
async fn a_delivery_that_was_on_the_wire_at_logout_is_not_sent_again() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    bench.claim_only().await;
    phone.user = None;
    bench.put(&mut phone).await;
    bench.pass(LEASE);
    let batch = bench.claim(10).await;
    assert_eq!((batch.taken_back, batch.ended, batch.claims.len()), (1, 1, 0));
    assert_eq!(bench.fate(&accepted).await, cancelled("unbound"));
}

/// I4: nor when the same user is back, by a new login: the epoch is another.
#[tokio::test]
async fn a_delivery_for_an_earlier_login_of_the_same_user_is_cancelled() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    bench.claim_only().await;
    phone.login = "login-again".to_owned();
    bench.put(&mut phone).await;
    bench.pass(LEASE);
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, cancelled("unbound"));
}

/// I4: nor when another user logged in on the phone.
#[tokio::test]
async fn a_delivery_never_goes_to_the_next_user_of_the_phone() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    bench.claim_only().await;
    (phone.user, phone.login) = (Some("bob".to_owned()), "login-bob".to_owned());
    bench.put(&mut phone).await;
    bench.pass(LEASE);
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, cancelled("unbound"));
}

/// I4: the address must be live at that moment.
#[tokio::test]
async fn a_delivery_to_an_installation_without_live_address_is_cancelled() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    phone.token = None;
    bench.put(&mut phone).await;
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, cancelled("no_live_address"));
}

/// I4, I5: after a restore nothing is sent before the phone has reported, and nothing is lost by waiting.
#[tokio::test]
async fn a_delivery_to_an_unconfirmed_installation_waits_for_its_phone() {
    let bench = Bench::new().await;
    let phone = bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    assert_eq!(bench.sql("UPDATE installations SET unconfirmed = 1").await, 1);
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, ("pending".to_owned(), None));
    bench.put_again(&phone).await;
    assert!(bench.claim(10).await.claims.is_empty(), "it is looked at again in a while");
    bench.pass(std::time::Duration::from_secs(30));
    bench.claim_only().await;
}

/// I4: an installation that is gone gets nothing.
#[tokio::test]
async fn a_delivery_to_an_installation_that_is_gone_is_cancelled() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    assert_eq!(bench.sql("DELETE FROM installations").await, 1);
    assert!(bench.claim(10).await.claims.is_empty());
    assert_eq!(bench.fate(&accepted).await, cancelled("installation_gone"));
}

#[tokio::test]
async fn a_message_to_an_installation_does_not_care_who_is_logged_in() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    bench.accept(json!({"to": {"installation": phone.id}})).await.unwrap();
    phone.user = None;
    bench.put(&mut phone).await;
    let claim = bench.claim_only().await;
    assert!(matches!(claim.content, Content::Message { login: None, .. }));
}

#[tokio::test]
async fn topics_conditions_and_bare_addresses_need_no_installation() {
    let bench = Bench::new().await;
    for to in [
        json!({"topic": "news"}),
        json!({"condition": "'a' in topics"}),
        json!({"address": {"kind": "fcm_fid", "value": "fid-1"}}),
    ] {
        bench.accept(json!({"to": to})).await.unwrap();
    }
    let targets: Vec<_> = bench.claim(10).await.claims.into_iter().map(|claim| claim.target).collect();
    let (topic, condition) =
        (Target::Topic("news".to_owned()), Target::Condition("'a' in topics".to_owned()));
    assert_eq!(targets, [topic, condition, Target::Fid("fid-1".to_owned())]);
}

#[tokio::test]
async fn what_is_past_its_time_expires_without_an_attempt() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let expires = bench.now().plus(Duration::from_secs(60));
    let accepted = bench.accept(json!({"to": {"user": "anna"}, "expires_at": expires})).await.unwrap();
    bench.pass(Duration::from_secs(60));
    let batch = bench.claim(10).await;
    assert_eq!((batch.ended, batch.claims.len()), (1, 0));
    assert_eq!(bench.fate(&accepted).await, ("expired".to_owned(), None));
}

#[tokio::test]
async fn a_cancelled_message_is_not_tried_again() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let (first, second) = (bench.send("anna").await, bench.send("anna").await);
    let claims = bench.claim(10).await.claims;
    let mut messages = vec![];
    for accepted in [&first, &second] {
        let id = accepted.message_id.clone();
        messages.push(bench.app.store.cancel_message(bench.shop.no, id, bench.now()).await.unwrap().unwrap());
    }
    assert!(messages.iter().all(|status| status.state.as_str() == "cancelled" && status.counts.leased == 1));
    // One attempt fails, the other is never heard of again.
    let later = Outcome::Parked { until: bench.now().plus(Duration::from_secs(10)), reason: "unavailable" };
    let settled = bench.settle(&claims[0], later, Finding::Nothing).await;
    assert_eq!(settled, Settled::Recorded(DeliveryState::Cancelled));
    bench.pass(LEASE);
    assert!(bench.claim(10).await.claims.is_empty());
    for accepted in [&first, &second] {
        assert_eq!(bench.fate(accepted).await, cancelled("message_cancelled"));
    }
}

#[tokio::test]
async fn cancelling_leaves_what_was_sent_as_it_is() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let claim = bench.claim_only().await;
    bench.settle(&claim, sent(), Finding::Alive).await;
    let id = accepted.message_id.clone();
    let status = bench.app.store.cancel_message(bench.shop.no, id, bench.now()).await.unwrap().unwrap();
    assert_eq!((status.state.as_str(), status.counts.sent), ("done", 1));
}

#[tokio::test]
async fn cancelling_ends_what_has_not_started() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let id = accepted.message_id.clone();
    let status = bench.app.store.cancel_message(bench.shop.no, id, bench.now()).await.unwrap().unwrap();
    assert_eq!((status.state.as_str(), status.counts.cancelled), ("cancelled", 1));
    assert!(bench.claim(10).await.claims.is_empty());
}

#[tokio::test]
async fn a_lease_that_ended_makes_the_delivery_due_again() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let accepted = bench.send("anna").await;
    let first = bench.claim_only().await;
    assert_eq!(bench.claim(10).await.next, Some(first.lease.until));
    bench.pass(LEASE);
    let second = bench.claim_only().await;
    assert_eq!((second.lease.delivery, second.lease.attempt), (first.lease.delivery, 2));
    assert_eq!(bench.settle(&first, sent(), Finding::Alive).await, Settled::LeaseLost);
    assert_eq!(bench.status(&accepted.message_id).await.counts.leased, 1);
}

/// I5: what a failed transaction took back is taken back again, not forgotten until the next start.
#[tokio::test]
async fn a_lease_that_ended_is_found_again_after_a_claim_that_failed() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    bench.send("anna").await;
    bench.claim_only().await;
    bench.pass(LEASE);
    bench.sql("ALTER TABLE apps RENAME TO hidden").await;
    assert!(bench.app.store.claim_due(bench.claim_request(1, 10)).await.is_err());
    bench.sql("ALTER TABLE hidden RENAME TO apps").await;
    assert_eq!(bench.claim_only().await.lease.attempt, 2);
}

#[tokio::test]
async fn one_damaged_row_does_not_keep_the_others_from_being_sent() {
    let bench = Bench::new().await;
    bench.phone(1, "anna").await;
    bench.phone(2, "bob").await;
    let damaged = bench.send("anna").await;
    bench.send("bob").await;
    assert_eq!(bench.sql("UPDATE installations SET address_value = '' WHERE user = 'anna'").await, 1);
    assert_eq!(bench.claim_only().await.target, Target::Token("token-2".to_owned()));
    assert_eq!(bench.fate(&damaged).await, cancelled("unreadable"));
}

/// I4: what is on the wire is what the lease says, from the claim to the settlement, and the wall sees it.
#[tokio::test]
async fn the_wall_sees_a_claimed_delivery_until_it_is_settled() {
    let bench = Bench::new().await;
    let mut phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    let claim = bench.claim_only().await;
    phone.user = None;
    let no = bench.put(&mut phone).await;
    let on_the_wire =
        async || bench.app.store.on_the_wire(bench.shop.no, no, None, bench.now()).await.unwrap();
    assert!(on_the_wire().await);
    bench.settle(&claim, sent(), Finding::Alive).await;
    assert!(!on_the_wire().await);
}
