//! A server that was restored from a snapshot.

use serde_json::json;

use crate::harness::{MINUTE, World};

/// F13: the snapshot says that Anna is logged in; nothing is sent before her phone has said so itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_restored_server_sends_nothing_to_a_phone_that_has_logged_out_since() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in(0, "anna").await;
    let snapshot = world.town.folder("snapshot");
    world.town.take_snapshot(&snapshot);
    world.phones[0].logout();
    world.sync(0).await;
    world.town.restore_server(&snapshot).await;
    assert_eq!(world.row(0).unwrap().user.as_deref(), Some("anna"), "it has forgotten the logout");
    assert_eq!(world.send("anna").await, 1);
    world.pass(MINUTE).await;
    assert!(world.phones[0].arrived(0).iter().all(|(_, message)| message.is_none()), "a sync aside");
    world.settle().await.expect("an end");
    world.pass(MINUTE).await;
    assert!(world.phones[0].arrived(0).iter().all(|(_, message)| message.is_none()));
    assert_eq!(world.row(0).unwrap().user, None);
    world.end().await;
}

/// F13, F30, I9: a phone that is still logged in is told to report, and gets what waited for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_is_still_logged_in_gets_what_waited_for_its_report() {
    let mut world = World::start(json!({"mode": "single"}), 1).await;
    world.log_in(0, "anna").await;
    let snapshot = world.town.folder("snapshot");
    world.town.take_snapshot(&snapshot);
    world.town.restore_server(&snapshot).await;
    world.send("anna").await;
    world.town.quiet().await;
    world.settle().await.expect("an end");
    world.pass(MINUTE).await;
    let handed = world.phones[0].hear();
    assert_eq!(handed.iter().filter(|one| one.to_the_app).count(), 1, "{handed:?}");
    world.end().await;
}
