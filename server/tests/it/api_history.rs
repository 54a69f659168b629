//! Rule 9: what happened to an installation, why, and by whom.

use pushbridge_fcm_emulator::DeviceChange;
use serde_json::{Value, json};

use crate::fixture::{Fixture, Phone};

/// What happened since the last look, oldest first: what, why, by whom.
struct History<'a> {
    fixture: &'a Fixture,
    path: String,
    seen: usize,
}

impl<'a> History<'a> {
    fn of(fixture: &'a Fixture, phone: &Phone) -> Self {
        let path = format!("/v1/apps/shop/installations/{}/events", phone.id);
        Self { fixture, path, seen: 0 }
    }

    async fn news(&mut self) -> Vec<String> {
        let events = self.fixture.get(&self.path).await["events"].as_array().unwrap().clone();
        let news = &events[..events.len() - self.seen];
        self.seen = events.len();
        let line = |event: &Value| {
            assert!(event["at"].is_string(), "{event}");
            let text = |field: &str| event[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("what"), text("reason"), text("by"))
        };
        news.iter().rev().map(line).collect()
    }
}

#[tokio::test]
async fn every_change_of_an_installation_is_told_with_its_reason_and_whose_it_was() {
    let fixture = Fixture::start().await;
    let mut phone = Phone::new(&fixture);
    let mut history = History::of(&fixture, &phone);
    phone.login(&fixture, "anna").await;
    assert_eq!(history.news().await, ["created - device", "address_live - device", "bound - device"]);

    let device = fixture.control().change(&phone.device.id, DeviceChange::Rotate).unwrap();
    let rotated = json!({"address": {"kind": "fcm_token", "value": device.fcm_token.expose()}});
    phone.put(&fixture, &rotated, None).await.expect(200);
    assert_eq!(history.news().await, ["address_superseded superseded device", "address_live - device"]);
    phone.put_again(&fixture, None).await.expect(200);
    assert_eq!(history.news().await, [""; 0], "nothing changed");

    // Another person takes the phone over, then leaves.
    phone.login(&fixture, "boris").await;
    assert_eq!(history.news().await, ["unbound relogin device", "bound - device"]);
    let gone = json!({"address": null, "user": null, "login_id": null});
    phone.put(&fixture, &gone, None).await.expect(200);
    assert_eq!(history.news().await, ["address_withdrawn withdrawn device", "unbound logout device"]);

    // Uninstalled, and found out by a push.
    phone.put(&fixture, &rotated, None).await.expect(200);
    phone.login(&fixture, "anna").await;
    fixture.control().change(&phone.device.id, DeviceChange::Uninstall).unwrap();
    let message = fixture.send("anna").await;
    fixture.ended(&message).await;
    let news = history.news().await;
    assert_eq!(news, ["address_live - device", "bound - device", "address_retired unregistered fcm"]);

    let bindings = "/v1/apps/shop/users/anna/bindings";
    fixture.http.call("DELETE", bindings, &fixture.shop, &json!({})).await.expect(200);
    let news = history.news().await;
    assert_eq!(news.len(), 1);
    let key_id = fixture.shop.split('_').nth(1).unwrap();
    assert_eq!(news[0], format!("unbound revoked key {key_id}"));
    fixture.end().await;
}

/// Both sides of a contest see what became of the value.
#[tokio::test]
async fn a_contest_is_told_in_the_histories_of_both() {
    let fixture = Fixture::start().await;
    let holder = fixture.phone_of("anna").await;
    let mut claimant = Phone::new(&fixture);
    claimant.state["address"]["value"] = holder.device.fcm_token.expose().into();
    assert_eq!(claimant.put(&fixture, &json!({}), None).await.expect(200)["address_state"], "contested");
    let (mut of_holder, mut of_claimant) = (History::of(&fixture, &holder), History::of(&fixture, &claimant));
    of_holder.news().await;
    assert_eq!(of_claimant.news().await, ["created - device", "address_contested contested device"]);
    let inbox = fixture.control().wait_for_inbox(&holder.device.id, 1, crate::fixture::PATIENCE).await;
    let nonce = inbox.unwrap()[0].message["data"]["pb_challenge"].clone();
    let proof = format!("{}/proof", claimant.path());
    let proven = fixture.http.call("POST", &proof, &claimant.secret, &json!({"nonce": nonce})).await;
    assert_eq!(proven.expect(200)["address_state"], "live");
    assert_eq!(of_claimant.news().await, ["possession_proven - device", "address_live - device"]);
    assert_eq!(of_holder.news().await, ["address_moved moved device"]);
    fixture.end().await;
}
