//! Receipts: taken in batches, counted once, whatever a phone repeats or a newer core adds.

use serde_json::{Value, json};

use crate::fixture::{Answer, Fixture, Phone};

fn receipt(message: &str, event: &str) -> Value {
    json!({"message_id": message, "event": event, "at": "2026-11-24T08:00:00Z"})
}

async fn hand_in(fixture: &Fixture, phone: &Phone, receipts: &[Value]) -> Answer {
    let path = format!("{}/receipts", phone.path());
    fixture.http.call("POST", &path, &phone.secret, &json!({"receipts": receipts})).await
}

async fn counts(fixture: &Fixture, message: &str) -> Value {
    fixture.get(&format!("/v1/apps/shop/messages/{message}")).await["receipts"].clone()
}

/// A batch whose answer was lost is sent again; two phones of one person count twice.
#[tokio::test]
async fn a_receipt_counts_once_for_each_phone_however_often_it_is_handed_in() {
    let fixture = Fixture::start().await;
    let (one, other) = (fixture.phone_of("anna").await, fixture.phone_of("anna").await);
    let message = fixture.send("anna").await;
    let batch = [receipt(&message, "received"), receipt(&message, "shown"), receipt(&message, "shown")];
    for _ in 0..2 {
        assert_eq!(hand_in(&fixture, &one, &batch).await.status, 204);
    }
    assert_eq!(hand_in(&fixture, &other, &[receipt(&message, "received")]).await.status, 204);
    assert_eq!(counts(&fixture, &message).await, json!({"received": 2, "shown": 1, "opened": 0}));
    fixture.end().await;
}

/// Old servers, new phones: an event that this server does not know costs the others nothing.
#[tokio::test]
async fn an_event_of_a_newer_core_is_taken_with_the_others_and_not_counted() {
    let fixture = Fixture::start().await;
    let phone = fixture.phone_of("anna").await;
    let message = fixture.send("anna").await;
    let batch = [
        receipt(&message, "hovered"),
        receipt(&message, "opened"),
        receipt("msg_00000000000000000000000000000000", "shown"),
    ];
    assert_eq!(hand_in(&fixture, &phone, &batch).await.status, 204);
    assert_eq!(counts(&fixture, &message).await, json!({"received": 0, "shown": 0, "opened": 1}));
    fixture.end().await;
}

/// I12: of a message of another app nothing is kept, and without the secret nothing at all.
#[tokio::test]
async fn receipts_reach_only_ones_own_apps_messages_and_only_with_the_secret() {
    let fixture = Fixture::start().await;
    let mut phone = fixture.phone_of("anna").await;
    let shown = [receipt(&fixture.send("anna").await, "shown")];
    let message = shown[0]["message_id"].as_str().unwrap();
    fixture.create_app("bank", json!({"mode": "multi"})).await;
    let theirs = Phone::new(&fixture);
    let path = format!("/v1/apps/bank/installations/{}", theirs.id);
    fixture
        .http
        .call("PUT", &path, &theirs.secret, &{
            let mut state = theirs.state.clone();
            state["revision"] = 1.into();
            state
        })
        .await
        .expect(200);
    let body = json!({"receipts": shown});
    let taken = fixture.http.call("POST", &format!("{path}/receipts"), &theirs.secret, &body).await;
    assert_eq!(taken.status, 204, "{taken:?}");
    phone.secret = theirs.secret;
    assert_eq!(hand_in(&fixture, &phone, &shown).await.refusal().0, 401);
    assert_eq!(counts(&fixture, message).await, json!({"received": 0, "shown": 0, "opened": 0}));
    fixture.end().await;
}
