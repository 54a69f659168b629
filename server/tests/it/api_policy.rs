//! A policy that is changed while people are logged in: at the next bind, or at once.

use std::time::Duration;

use pushbridge_fcm_emulator::DeviceChange;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, Phone};

async fn switch(fixture: &Fixture, policy: Value, query: &str) {
    let path = format!("/v1/admin/apps/shop{query}");
    let changed = fixture.http.call("PATCH", &path, &fixture.operator, &json!({"policy": policy})).await;
    assert_eq!(changed.expect(200)["policy"], policy);
}

/// Where Anna is logged in, most recently seen first.
async fn bound(fixture: &Fixture) -> Vec<String> {
    let listed = fixture.get("/v1/apps/shop/users/anna/installations").await;
    let id = |one: &Value| one["installation"].as_str().unwrap().to_owned();
    listed["installations"].as_array().unwrap().iter().map(id).collect()
}

/// A second later, so that the order in which phones were seen is clear.
async fn next_phone(fixture: &Fixture) -> Phone {
    fixture.clock.advance(Duration::from_secs(1));
    fixture.phone_of("anna").await
}

#[tokio::test]
async fn a_stricter_policy_waits_for_the_next_bind() {
    let fixture = Fixture::start().await;
    let (first, mut second) = (next_phone(&fixture).await, next_phone(&fixture).await);
    switch(&fixture, json!({"mode": "single"}), "").await;
    assert_eq!(bound(&fixture).await, [second.id.clone(), first.id.clone()]);
    let device = fixture.control().change(&second.device.id, DeviceChange::Rotate).unwrap();
    let rotated = json!({"address": {"kind": "fcm_token", "value": device.fcm_token.expose()}});
    assert_eq!(second.put(&fixture, &rotated, None).await.expect(200)["unbound_others"], 0);
    assert_eq!(bound(&fixture).await.len(), 2, "a rotation is no bind");
    let mut third = Phone::new(&fixture);
    assert_eq!(third.login(&fixture, "anna").await["unbound_others"], 2);
    assert_eq!(bound(&fixture).await, [third.id]);
    fixture.end().await;
}

#[tokio::test]
async fn a_stricter_policy_is_enforced_at_once_where_the_call_says_so() {
    let fixture = Fixture::start().await;
    let first = next_phone(&fixture).await;
    let (second, third) = (next_phone(&fixture).await, next_phone(&fixture).await);
    fixture.clock.advance(Duration::from_secs(1));
    first.put_again(&fixture, None).await.expect(200);
    let two = json!({"mode": "multi", "max_devices": 2});
    switch(&fixture, two, "?apply=now").await;
    assert_eq!(
        bound(&fixture).await,
        [first.id.clone(), third.id.clone()],
        "the least recently seen is gone"
    );
    let inbox = fixture.control().wait_for_inbox(&second.device.id, 1, PATIENCE).await.unwrap();
    assert_eq!(inbox[0].message["data"]["pb_sync"], "1", "and told");
    let answer = second.put_again(&fixture, None).await.expect(200);
    assert_eq!((&answer["user_state"], &answer["reason"]), (&json!("evicted"), &json!("policy_cap")));
    switch(&fixture, json!({"mode": "single"}), "?apply=now").await;
    assert_eq!(bound(&fixture).await, [first.id]);
    let answer = third.put_again(&fixture, None).await.expect(200);
    assert_eq!((&answer["user_state"], &answer["reason"]), (&json!("evicted"), &json!("policy_single")));
    fixture.end().await;
}
