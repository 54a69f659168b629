//! Whose an address is, and whether it lives.

use pushbridge_core::LogoutState;
use pushbridge_fcm_emulator::DeviceChange;
use serde_json::json;

use crate::harness::{Attacker, DAY, MINUTE, World};

/// F1: a value that another installation held last does not move without proof, though nobody holds it now.
#[tokio::test(flavor = "multi_thread")]
async fn an_attacker_who_claims_a_logged_out_phones_value_rings_nobody() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let value = world.phones[0].address();
    world.phones[0].logout();
    world.sync(0).await;
    let mut attacker = Attacker::new(world.shop.clone(), 0xee);
    let answer = attacker.claim(&value).await;
    assert_eq!((&answer["address_state"], &answer["user_state"]), (&json!("contested"), &json!("bound")));
    world.town.quiet().await;
    world.phones[0].hear();
    world.send(Attacker::USER).await;
    world.ten_minutes().await;
    world.send(Attacker::USER).await;
    assert!(world.phones[0].arrived(0).iter().all(|(_, message)| message.is_none()), "challenges aside");
    world.end().await;
}

/// F1, I1: the owner of a value that somebody claims keeps it and goes on being reached.
#[tokio::test(flavor = "multi_thread")]
async fn a_claimed_value_stays_with_its_holder_until_possession_is_proven() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let answer = Attacker::new(world.shop.clone(), 0xee).claim(&world.phones[0].address()).await;
    assert_eq!(answer["address_state"], "contested");
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().state, "live");
    world.send("anna").await;
    let handed = world.phones[0].hear();
    assert_eq!(handed.len(), 1);
    assert!(handed[0].to_the_app);
    world.end().await;
}

/// F26: being bound to the same user is no reason to hand a value over: the PUT may be a late one of a core that is
/// no more.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_put_of_a_lost_identity_does_not_take_the_value_back() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    world.pass(2 * DAY).await;
    world.phones[0].report_now();
    world.ask(0).await;
    assert_eq!(world.net.len(), 1, "a confirmation is on its way, and stays there");
    let late = world.net.take(0).unwrap();
    world.phones[0].lose_store().await;
    world.phones[0].report_now();
    world.phones[0].login("anna").await;
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().state, "live");
    world.phones[0].logout();
    world.sync(0).await;
    world.net.put(late);
    world.deliver(0).await;
    assert!(world.rows().iter().all(|row| row.state != "live"), "{:?}", world.rows());
    world.phones[0].hear();
    world.send("anna").await;
    assert!(world.phones[0].arrived(0).iter().all(|(_, message)| message.is_none()));
    world.end().await;
}

/// F6: a reset ends with the report that answers it, though the platform kept the value; the old value reported
/// meanwhile does not end it.
#[tokio::test(flavor = "multi_thread")]
async fn a_reset_ends_with_its_own_answer_whatever_the_value() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    world.phones[0].logout();
    world.phones[0].report_now();
    assert!(world.phones[0].status().pending_reset.is_some(), "an ordinary report is not its answer");
    assert_eq!(world.phones[0].status().address_fingerprint, None);
    let same = world.phones[0].reset_platform(true).unwrap();
    world.phones[0].report(same);
    assert_eq!(world.phones[0].status().pending_reset, None);
    assert!(world.settle().await.is_some(), "no reset asks for the next");
    assert_eq!(world.phones[0].status().logout, LogoutState::Done { wall_closed: true });
    world.phones[0].login("boris").await;
    world.sync(0).await;
    world.send("boris").await;
    assert_eq!(world.phones[0].hear().len(), 1);
    world.end().await;
}

/// F9, I9: a platform that clings to a value that FCM calls dead again and again is made to give another.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_dies_again_after_a_revival_is_replaced() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in(0, "anna").await;
    world.phones[0].change(DeviceChange::Expire);
    let mut months = 0;
    while world.phones[0].arrived(0).is_empty() {
        months += 1;
        assert!(months <= 4, "unreachable for ever: {:?}", world.row(0));
        world.send("anna").await;
        world.pass(29 * DAY).await;
        world.settle().await.expect("an end");
    }
    assert_eq!(world.row(0).unwrap().state, "live");
    world.end().await;
}

/// F10, I7: a revival takes a new generation, so that a second verdict about the old one retires nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_verdict_about_the_generation_before_a_revival_retires_nothing() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in(0, "anna").await;
    let device = world.phones[0].device.clone();
    world.town.hold_death(&device, 1);
    world.town.hold_death(&device, 2);
    world.send("anna").await;
    world.send("anna").await;
    assert_eq!(world.town.held(), 2);
    let before = world.row(0).unwrap();
    world.town.let_go().await;
    assert_eq!(world.row(0).unwrap().state, "retired");
    world.phones[0].pass(29 * DAY);
    world.sync(0).await;
    let revived = world.row(0).unwrap();
    assert_eq!((revived.state.as_str(), revived.revision), ("live", before.revision), "an equal PUT revives");
    world.town.let_go().await;
    assert_eq!(world.town.held(), 0);
    assert_eq!(world.row(0).unwrap().state, "live", "that verdict was about another generation");
    world.end().await;
}

/// I7: an address that was reported again since the attempt is not retired by its verdict.
#[tokio::test(flavor = "multi_thread")]
async fn a_verdict_about_an_address_that_was_reported_again_retires_nothing() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in(0, "anna").await;
    let device = world.phones[0].device.clone();
    world.town.hold_death(&device, 1);
    world.send("anna").await;
    world.phones[0].pass(2 * DAY);
    world.phones[0].report_now();
    world.sync(0).await;
    world.town.let_go().await;
    assert_eq!(world.row(0).unwrap().state, "live");
    world.end().await;
}

/// F16, F17, I9: a claim whose challenge nobody can hear ends in a fresh address, asked for with the same revision.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_cannot_be_proven_ends_in_a_fresh_address() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.phones[0].report_now();
    world.sync(0).await;
    world.phones[0].lose_store().await;
    world.phones[0].change(DeviceChange::Expire);
    world.phones[0].report_now();
    world.phones[0].login("anna").await;
    world.sync(0).await;
    assert_eq!(world.phones[0].status().address_state.as_deref(), Some("contested"));
    let revision = world.phones[0].status().revision;
    world.pass(11 * MINUTE).await;
    world.sync(0).await;
    assert_eq!(world.phones[0].status().address_state.as_deref(), Some("reset_address"));
    assert_eq!(world.phones[0].status().revision, revision);
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().state, "live");
    world.send("anna").await;
    assert_eq!(world.phones[0].hear().len(), 1);
    world.end().await;
}

/// F16, I9: a challenge that nobody echoes ends in a fresh address too, asked for with the same revision.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_challenge_is_not_heard_ends_in_a_fresh_address() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.phones[0].report_now();
    world.sync(0).await;
    world.phones[0].lose_store().await;
    world.phones[0].report_now();
    world.phones[0].login("anna").await;
    world.sync(0).await;
    let revision = world.phones[0].status().revision;
    assert_eq!(world.phones[0].status().address_state.as_deref(), Some("contested"));
    world.pass(9 * MINUTE).await;
    let before = world.requests();
    world.sync(0).await;
    assert_eq!(world.requests(), before, "the challenge may still be heard");
    world.pass(2 * MINUTE).await;
    world.sync(0).await;
    assert_eq!(world.phones[0].status().address_state.as_deref(), Some("reset_address"));
    assert_eq!(world.phones[0].status().revision, revision);
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().state, "live");
    world.end().await;
}

/// F14: an answer of the platform that something newer has overtaken is dropped.
#[tokio::test(flavor = "multi_thread")]
async fn a_pull_begun_before_a_rotation_does_not_bring_the_old_token_back() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let slow = world.phones[0].pull();
    world.phones[0].rotate(true);
    let fresh = world.phones[0].status().address_fingerprint;
    world.phones[0].report(slow);
    assert_eq!(world.phones[0].status().address_fingerprint, fresh);
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().value, Some(world.phones[0].address()));
    world.end().await;
}
