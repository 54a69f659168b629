//! The back end ends logins: password changed, phone lost.

use std::time::Duration;

use pushbridge_fcm_emulator::{FaultAction, FaultSpec};
use pushbridge_wire::IsoDuration;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE};

/// Waits for each of them one after the other would take longer than a request may: 35 of 30 seconds.
const PHONES: usize = 70;

async fn revoke(fixture: &Fixture, query: &str) -> Value {
    let path = format!("/v1/apps/shop/users/anna/bindings{query}");
    fixture.http.call("DELETE", &path, &fixture.shop, &json!({})).await.expect(200)
}

/// I4: the answer waits for everything that is on the wire at once, not for one phone after the other, and a repeated
/// revoke does not call the wall closed that the first one called open.
#[tokio::test]
async fn a_revoke_waits_once_for_every_phone_and_a_repeated_one_too() {
    let fixture = Fixture::start_with(|config| {
        config.dispatch.wall_wait = IsoDuration(Duration::from_millis(500));
        config.server.drain = IsoDuration(Duration::ZERO);
    })
    .await;
    for _ in 0..PHONES {
        fixture.phone_of("anna").await;
    }
    fixture.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    fixture.send("anna").await;
    fixture.control().wait_for_in_flight(PHONES, PATIENCE).await.unwrap();
    assert_eq!(revoke(&fixture, "").await, json!({"unbound": PHONES, "wall": "open"}));
    assert_eq!(revoke(&fixture, "").await, json!({"unbound": 0, "wall": "open"}));
    // When the leases have ended, nothing is on the wire any more.
    fixture.clock.advance(Duration::from_secs(46));
    assert_eq!(revoke(&fixture, "").await, json!({"unbound": 0, "wall": "closed"}));
    fixture.control().clear_faults();
    fixture.end().await;
}

/// A phone that is lost does not cost the others their login, and what is on the wire to them need not be waited for.
#[tokio::test]
async fn a_revoke_of_one_phone_leaves_the_others() {
    let fixture = Fixture::start_with(|config| config.server.drain = IsoDuration(Duration::ZERO)).await;
    let lost = fixture.phone_of("anna").await;
    let kept = fixture.phone_of("anna").await;
    fixture.control().add_fault(FaultSpec::action(FaultAction::Hang).on(&kept.device.id)).unwrap();
    fixture.send("anna").await;
    fixture.control().wait_for_inbox(&lost.device.id, 1, PATIENCE).await.unwrap();
    fixture.control().wait_for_in_flight(1, PATIENCE).await.unwrap();
    let answer = revoke(&fixture, &format!("?installation={}", lost.id)).await;
    assert_eq!(answer, json!({"unbound": 1, "wall": "closed"}));
    let left = fixture.get("/v1/apps/shop/users/anna/installations").await;
    assert_eq!(left["installations"].as_array().unwrap().len(), 1, "{left}");
    assert_eq!(left["installations"][0]["installation"], json!(kept.id));
    // The phone that was left learns that its login is over.
    let told = lost.put_again(&fixture, None).await.expect(200);
    assert_eq!((&told["user_state"], &told["reason"]), (&json!("evicted"), &json!("revoked")));
    fixture.control().clear_faults();
    fixture.end().await;
}

/// Somebody else's installation is not unbound by naming it under another user.
#[tokio::test]
async fn a_revoke_ends_only_bindings_of_the_user_that_it_names() {
    let fixture = Fixture::start().await;
    let boris = fixture.phone_of("boris").await;
    let answer = revoke(&fixture, &format!("?installation={}", boris.id)).await;
    assert_eq!(answer, json!({"unbound": 0, "wall": "closed"}));
    assert_eq!(fixture.explained("boris").await["gets_push"], true);
    fixture.end().await;
}
