//! Who is logged in, and which login has ended.

use pushbridge_core::LoginState;
use serde_json::json;

use crate::harness::{DAY, World};

/// F12: a message that FCM holds is dropped on the phone when somebody else has logged in since.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_the_login_before_is_dropped_by_the_core() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let device = world.phones[0].device.clone();
    world.town.hold_next(Some(&device));
    world.send("anna").await;
    world.phones[0].login("boris").await;
    world.town.let_go().await;
    let handed = world.phones[0].hear();
    assert_eq!(handed.len(), 1);
    assert!(!handed[0].to_the_app, "it is Anna's");
    world.end().await;
}

/// F12: the login counts, not the user: what was for Anna before she logged out is not for Anna after.
#[tokio::test(flavor = "multi_thread")]
async fn a_message_for_an_earlier_login_of_the_same_person_is_dropped_too() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let device = world.phones[0].device.clone();
    world.town.hold_next(Some(&device));
    world.send("anna").await;
    world.phones[0].logout();
    world.phones[0].login("anna").await;
    world.town.let_go().await;
    assert!(!world.phones[0].hear()[0].to_the_app);
    world.settle().await.expect("an end");
    world.send("anna").await;
    assert!(world.phones[0].hear()[0].to_the_app);
    world.end().await;
}

/// F18, I9: a missing proof keeps nothing else from being acknowledged, refreshed and confirmed.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_without_a_proof_goes_on_reporting_its_address() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in_unproven(0, "anna").await;
    let status = world.phones[0].status();
    assert_eq!(status.acked_revision, status.revision);
    let row = world.row(0).unwrap();
    assert_eq!((row.state.as_str(), row.user), ("live", None));
    for days in [2, 29] {
        let before = world.requests();
        world.pass(days * DAY).await;
        world.phones[0].report_now();
        world.sync(0).await;
        assert!(world.requests() > before, "after {days} days");
    }
    world.phones[0].session.begin("anna").await;
    world.phones[0].core.credentials_changed().unwrap();
    world.sync(0).await;
    assert_eq!(world.row(0).unwrap().user.as_deref(), Some("anna"));
    world.end().await;
}

/// F20: `evicted` is about the login that the request named, not about whoever has logged in since.
#[tokio::test(flavor = "multi_thread")]
async fn an_eviction_that_comes_late_does_not_log_out_the_next_person() {
    let mut world = World::start(json!({"mode": "single"}), 2).await;
    world.log_in(0, "anna").await;
    world.log_in(1, "anna").await;
    world.phones[0].rotate(true);
    world.ask(0).await;
    world.deliver(0).await;
    world.phones[0].logout();
    world.phones[0].login("boris").await;
    world.deliver(0).await;
    assert!(matches!(world.phones[0].status().login, LoginState::LoggedIn { .. }));
    world.settle().await.expect("an end");
    assert_eq!(world.row(0).unwrap().user.as_deref(), Some("boris"));
    assert_eq!(world.row(1).unwrap().user.as_deref(), Some("anna"));
    world.end().await;
}

/// F20: the answer to an older revision acknowledges nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_to_an_older_revision_acknowledges_nothing() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.phones[0].report_now();
    world.ask(0).await;
    world.phones[0].login("anna").await;
    world.deliver(0).await;
    world.deliver(0).await;
    let status = world.phones[0].status();
    assert_ne!(status.acked_revision, status.revision);
    world.sync(0).await;
    assert_eq!(world.row(0).unwrap().user.as_deref(), Some("anna"));
    world.end().await;
}

/// F7, I2: two phones under `single` do not evict each other at every rotation.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_login_does_not_come_back_with_the_next_rotation() {
    let mut world = World::start(json!({"mode": "single"}), 2).await;
    world.log_in(0, "anna").await;
    world.log_in(1, "anna").await;
    world.phones[0].rotate(true);
    world.settle().await.expect("an end");
    assert!(matches!(world.phones[0].status().login, LoginState::LoggedOut { reason: Some(_) }));
    assert_eq!(world.row(0).unwrap().user, None);
    assert_eq!(world.row(1).unwrap().user.as_deref(), Some("anna"));
    world.end().await;
}

/// F30, I9: who is evicted is told, and does not learn it at the next refresh only.
#[tokio::test(flavor = "multi_thread")]
async fn an_evicted_phone_is_told_by_a_push() {
    let mut world = World::start(json!({"mode": "single"}), 2).await;
    world.log_in(0, "anna").await;
    world.log_in(1, "anna").await;
    world.phones[0].hear();
    world.sync(0).await;
    assert!(matches!(world.phones[0].status().login, LoginState::LoggedOut { reason: Some(_) }));
    world.end().await;
}

/// F8: a proof from before the back end's revoke is refused, wherever it comes from.
#[tokio::test(flavor = "multi_thread")]
async fn a_proof_from_before_a_revoke_binds_nobody() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.phones[0].report_now();
    world.phones[0].login("anna").await;
    world.ask(0).await;
    world.town.pass(DAY / 24);
    world.shop.revoke("anna").await;
    world.deliver(0).await;
    assert_eq!(world.row(0).unwrap().user, None);
    world.end().await;
}

/// F25: a login over another user is a logout first, reset included.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_over_another_user_gives_the_old_address_up() {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    let old = world.phones[0].address();
    world.phones[0].login("boris").await;
    assert!(world.phones[0].status().pending_reset.is_some());
    world.settle().await.expect("an end");
    let row = world.row(0).unwrap();
    assert_eq!((row.user.as_deref(), row.state.as_str()), (Some("boris"), "live"));
    assert_ne!(row.value, Some(old));
    world.end().await;
}
