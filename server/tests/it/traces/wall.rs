//! The logout wall.

use pushbridge_core::LogoutState;
use serde_json::{Value, json};

use crate::harness::{Parcel, World};

const CLOSED: LogoutState = LogoutState::Done { wall_closed: true };

/// One phone with Anna logged in and acknowledged.
async fn anna() -> World {
    let mut world = World::start(json!({"mode": "multi"}), 1).await;
    world.log_in(0, "anna").await;
    world
}

/// A message for Anna that FCM has and has not answered.
async fn hold_a_message(world: &mut World) {
    let device = world.phones[0].device.clone();
    world.town.hold_next(Some(&device));
    assert_eq!(world.send("anna").await, 1);
    assert_eq!(world.town.held(), 1, "the attempt is on the wire");
}

/// What the answer at place 0 of the net says of the wall.
fn wall(world: &World) -> Value {
    let Some(Parcel::Answer { answer, .. }) = world.net.copy(0) else { panic!("an answer is on its way") };
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    body["wall"].clone()
}

/// Does the logout's platform half and tells the server. What that answer says of the wall.
async fn finish_logout(world: &mut World) -> Value {
    let fresh = world.phones[0].reset_platform(false).expect("a logout asks for a fresh address");
    world.phones[0].report(fresh);
    world.ask(0).await;
    world.deliver(0).await;
    let said = wall(world);
    world.deliver(0).await;
    assert!(matches!(world.phones[0].status().logout, LogoutState::Done { .. }));
    said
}

/// F15, I4: an attempt counts as on the wire from the check that let it go.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_is_not_told_that_the_wall_is_closed_while_an_attempt_is_on_the_wire() {
    let mut world = anna().await;
    hold_a_message(&mut world).await;
    world.phones[0].logout();
    world.ask(0).await;
    world.deliver(0).await;
    assert_eq!(wall(&world), "open");
    world.deliver(0).await;
    assert_eq!(world.phones[0].status().logout, LogoutState::Done { wall_closed: false });
    world.town.let_go().await;
    assert_eq!(world.phones[0].arrived(0).len(), 1, "it was on the wire and rings");
    assert_eq!(finish_logout(&mut world).await, "closed");
    assert_eq!(world.send("anna").await, 0);
    world.end().await;
}

/// F15, I4: what waits in the outbox is checked at its claim, not when it was accepted.
#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_that_waits_for_its_next_attempt_makes_none_after_the_logout() {
    let mut world = anna().await;
    world.town.fail_next();
    assert_eq!(world.send("anna").await, 1);
    world.phones[0].logout();
    world.sync(0).await;
    assert_eq!(finish_logout(&mut world).await, "closed");
    assert_eq!(world.phones[0].status().logout, CLOSED);
    world.pass(crate::harness::MINUTE).await;
    assert_eq!(world.phones[0].arrived(0), []);
    world.end().await;
}

/// F3, I4: a logout whose answer was lost asks again, and is answered `unchanged`: that answer waits for the wire too.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_logout_waits_for_the_wire_like_the_first() {
    let mut world = anna().await;
    hold_a_message(&mut world).await;
    world.phones[0].logout();
    world.ask(0).await;
    world.deliver(0).await;
    world.lose(0);
    world.give_up(0).await;
    world.ask(0).await;
    world.deliver(0).await;
    assert_eq!(wall(&world), "open");
    world.deliver(0).await;
    assert_eq!(world.phones[0].status().logout, LogoutState::Done { wall_closed: false });
    world.town.let_go().await;
    assert_eq!(finish_logout(&mut world).await, "closed");
    world.end().await;
}

/// F4, I4: the wall waits by address value: the attempt was made for an installation that this phone no longer knows.
#[tokio::test(flavor = "multi_thread")]
async fn the_wall_waits_for_attempts_that_another_installation_made_to_the_same_value() {
    let mut world = anna().await;
    hold_a_message(&mut world).await;
    let old = world.row(0).unwrap().no;
    world.phones[0].lose_store().await;
    world.phones[0].report_now();
    world.phones[0].login("boris").await;
    world.settle().await.expect("an end");
    let new = world.row(0).unwrap();
    assert_ne!(new.no, old);
    assert_eq!(new.state, "live", "the value was proven to be its own");
    world.phones[0].logout();
    world.ask(0).await;
    world.deliver(0).await;
    assert_eq!(wall(&world), "open", "Anna's message may still ring this phone");
    world.deliver(0).await;
    assert_eq!(world.phones[0].status().logout, LogoutState::Done { wall_closed: false });
    world.town.let_go().await;
    assert_eq!(finish_logout(&mut world).await, "closed");
    world.end().await;
}

/// F5, I4: what is on the wire is what the durable lease says.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_forgets_nothing_that_is_on_the_wire() {
    let mut world = anna().await;
    hold_a_message(&mut world).await;
    world.phones[0].logout();
    world.ask(0).await;
    world.town.restart_server().await;
    world.deliver(0).await;
    assert_eq!(wall(&world), "open");
    world.deliver(0).await;
    // The lease ends, the delivery is due again, and its check finds nobody.
    world.pass(crate::harness::DAY).await;
    assert_eq!(finish_logout(&mut world).await, "closed");
    assert_eq!(world.phones[0].arrived(0), []);
    world.end().await;
}

/// F24, I4: this process does not know yet which address the platform has, so another installation may still be sent
/// to at it.
#[tokio::test(flavor = "multi_thread")]
async fn a_logout_does_not_count_before_the_platforms_address_is_placed() {
    let mut world = anna().await;
    world.phones[0].lose_store().await;
    world.phones[0].login("anna").await;
    world.phones[0].logout();
    world.sync(0).await;
    assert_eq!(world.phones[0].status().logout, LogoutState::Pending);
    assert_eq!(world.send("anna").await, 1, "the lost installation is bound and live");
    assert_eq!(world.phones[0].arrived(0).len(), 1, "which is why the logout is not done");
    assert_eq!(finish_logout(&mut world).await, "closed");
    assert_eq!(world.phones[0].status().logout, CLOSED);
    world.send("anna").await;
    assert_eq!(world.phones[0].arrived(0).len(), 1);
    world.end().await;
}
