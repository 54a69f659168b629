//! Two phones with one identity.

use pushbridge_core::{LoggedOutReason, LoginState, Recovery};
use serde_json::json;

use crate::harness::{DAY, World};

/// Anna's phone, and a copy of its whole store, marker included, on a second one: neither core can tell.
async fn two_copies() -> World {
    let mut world = World::start(json!({"mode": "multi"}), 2).await;
    world.log_in(0, "anna").await;
    let backup = world.town.folder("backup");
    world.phones[0].back_up(&backup);
    world.phones[1].restore(&backup, true).await;
    let copied = world.phones[0].session.login().clone();
    *world.phones[1].session.login() = copied;
    assert_eq!(world.phones[0].status().installation_id, world.phones[1].status().installation_id);
    world
}

/// F28: what ended a login, a logout too, is final: a copy that is ahead does not bind it again.
#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_a_logout_ended_is_not_bound_again_by_a_copy() {
    let mut world = two_copies().await;
    let login = world.row(0).unwrap().login.unwrap();
    world.phones[0].logout();
    world.sync(0).await;
    // Two changes: the copy's revision is above what the server has.
    world.phones[1].rotate(true);
    world.phones[1].rotate(true);
    world.sync(1).await;
    assert!(world.rows().iter().all(|row| row.login.as_ref() != Some(&login)), "{:?}", world.rows());
    world.settle().await.expect("an end");
    world.send("anna").await;
    assert!(world.phones.iter().all(|phone| phone.arrived(0).iter().all(|(_, message)| message.is_none())));
    world.end().await;
}

/// F11, F23, I9: copies that meet at the server get identities of their own, logged out, and the app is told.
#[tokio::test(flavor = "multi_thread")]
async fn copies_that_meet_become_new_installations_that_nobody_is_logged_in_on() {
    let mut world = two_copies().await;
    let shared = world.phones[0].status().installation_id;
    world.phones[1].rotate(true);
    world.phones[0].rotate(true);
    world.sync(0).await;
    world.sync(1).await;
    let status = world.phones[1].status();
    assert_ne!(status.installation_id, shared);
    assert_eq!(status.login, LoginState::LoggedOut { reason: Some(LoggedOutReason::Cloned) });
    world.settle().await.expect("an end");
    world.send("anna").await;
    assert!(world.phones[1].arrived(0).iter().all(|(_, message)| message.is_none()));
    assert_eq!(world.phones[0].hear().len(), 1, "the first one is not disturbed");
    world.end().await;
}

/// F11: a backup that is restored on another phone is recognised by the marker that no backup takes, before it has said
/// a word to the server.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_starts_as_a_new_installation() {
    let mut world = World::start(json!({"mode": "multi"}), 2).await;
    world.log_in(0, "anna").await;
    let backup = world.town.folder("backup");
    world.phones[0].back_up(&backup);
    world.phones[1].restore(&backup, false).await;
    let status = world.phones[1].status();
    assert_eq!(status.recovered, Some(Recovery::Restored));
    assert_ne!(status.installation_id, world.phones[0].status().installation_id);
    assert_eq!(status.login, LoginState::LoggedOut { reason: Some(LoggedOutReason::StoreLost) });
    world.settle().await.expect("an end");
    world.send("anna").await;
    assert_eq!(world.phones[0].hear().len(), 1);
    assert!(world.phones[1].arrived(0).iter().all(|(_, message)| message.is_none()));
    world.end().await;
}

/// F18, I9: copies that nobody gives a proof go on asking, and so meet like others.
#[tokio::test(flavor = "multi_thread")]
async fn copies_without_a_proof_meet_all_the_same() {
    let mut world = World::start(json!({"mode": "multi"}), 2).await;
    world.log_in_unproven(0, "anna").await;
    let backup = world.town.folder("backup");
    world.phones[0].back_up(&backup);
    world.phones[1].restore(&backup, true).await;
    let copied = world.phones[0].session.login().clone();
    *world.phones[1].session.login() = copied;
    world.phones[0].logout();
    world.settle().await.expect("an end");
    for phone in &world.phones {
        phone.pass(29 * DAY);
    }
    world.settle().await.expect("an end");
    assert_ne!(world.phones[0].status().installation_id, world.phones[1].status().installation_id);
    assert!(world.rows().iter().all(|row| row.user.is_none()));
    world.end().await;
}
