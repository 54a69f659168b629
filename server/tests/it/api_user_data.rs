//! A person asks what is stored about him, and that it be erased.

use std::time::Duration;

use pushbridge_fcm_emulator::{FaultAction, FaultSpec};
use pushbridge_wire::IsoDuration;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PATIENCE, Phone};

const ANNA: &str = "/v1/apps/shop/users/anna";

async fn export(fixture: &Fixture, query: &str) -> Value {
    fixture.get(&format!("{ANNA}/export{query}")).await
}

async fn erase(fixture: &Fixture) -> Value {
    fixture.http.call("DELETE", ANNA, &fixture.shop, &json!({})).await.expect(200)
}

async fn see(fixture: &Fixture, phone: &Phone, message: &str) {
    let receipts =
        json!({"receipts": [{"message_id": message, "event": "opened", "at": "2026-11-24T08:00:00Z"}]});
    let path = format!("{}/receipts", phone.path());
    fixture.http.call("POST", &path, &phone.secret, &receipts).await.expect(204);
}

/// Everything that names the user or was written to him, page by page, and nobody else's; I11: no address.
#[tokio::test]
async fn an_export_is_everything_about_the_user_and_nothing_of_others() {
    let fixture = Fixture::start().await;
    let mut phone = fixture.phone_of("anna").await;
    let about = json!({"tags": ["vip"], "locale": "ru-RU", "timezone": "Europe/Moscow", "os_version": "16"});
    phone.put(&fixture, &about, None).await.expect(200);
    fixture.phone_of("boris").await;
    let (first, second) = (fixture.send("anna").await, fixture.send("anna").await);
    for message in [&first, &second, &fixture.send("boris").await] {
        fixture.ended(message).await;
    }
    see(&fixture, &phone, &first).await;

    let page = export(&fixture, "?limit=1").await;
    let installation = &page["installations"][0];
    assert_eq!(page["installations"].as_array().unwrap().len(), 1, "{page}");
    assert_eq!(installation["installation"], json!(phone.id));
    for (field, value) in about.as_object().unwrap() {
        assert_eq!(installation[field], *value, "{field}");
    }
    assert!(
        installation["bound_since"].is_string() && installation["events"][0]["what"] == "bound",
        "{page}"
    );
    let delivery = &page["deliveries"][0];
    assert_eq!((&delivery["message_id"], &delivery["state"]), (&json!(first), &json!("sent")));
    assert_eq!(delivery["message"]["notification"]["title"], "Hello");
    assert_eq!(delivery["receipts"][0]["event"], "opened");
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = export(&fixture, &format!("?cursor={cursor}")).await;
    assert_eq!(rest["deliveries"].as_array().unwrap().len(), 1, "{rest}");
    assert_eq!((&rest["deliveries"][0]["message_id"], &rest["next_cursor"]), (&json!(second), &Value::Null));
    assert!(!page.to_string().contains(phone.device.fcm_token.expose()), "I11");
    fixture.end().await;
}

/// An erased user is gone: unbound for good, his texts and receipts too; the counts and the key that names the message
/// stay, and nobody else loses anything.
#[tokio::test]
async fn an_erased_user_leaves_nothing_that_names_him() {
    let fixture = Fixture::start().await;
    let mut phone = fixture.phone_of("anna").await;
    phone.put(&fixture, &json!({"tags": ["vip"], "locale": "ru-RU"}), None).await.expect(200);
    fixture.phone_of("boris").await;
    let (message, other) = (fixture.send("anna").await, fixture.send("boris").await);
    fixture.ended(&message).await;
    fixture.ended(&other).await;
    see(&fixture, &phone, &message).await;
    let old_proof = fixture.user_token("anna").await;
    fixture.clock.advance(Duration::from_secs(2));

    let erased = erase(&fixture).await;
    assert_eq!(erased, json!({"unbound": 1, "deliveries": 1, "messages": 1, "wall": "closed"}));
    let left = export(&fixture, "").await;
    assert_eq!((&left["installations"], &left["deliveries"]), (&json!([]), &json!([])), "{left}");
    let delivery = fixture.delivery(&message).await;
    assert_eq!((&delivery["user"], &delivery["state"]), (&Value::Null, &json!("sent")));
    let status = fixture.get(&format!("/v1/apps/shop/messages/{message}")).await;
    assert_eq!(
        (&status["counts"]["sent"], &status["receipts"]["opened"]),
        (&json!(1), &json!(1)),
        "{status}"
    );
    let kept = fixture.get("/v1/apps/shop/users/boris/export").await;
    assert_eq!(kept["deliveries"][0]["message"]["notification"]["title"], "Hello", "{kept}");

    // The phone says the same as before, is no clone, and learns that its login is over; a proof of before is too old.
    let told = phone.put_again(&fixture, Some(&old_proof)).await.expect(200);
    assert_eq!((&told["user_state"], &told["reason"]), (&json!("evicted"), &json!("erased")), "{told}");
    assert_eq!((&told["outcome"], &told["address_state"]), (&json!("unchanged"), &json!("live")), "{told}");
    let login = json!({"login_id": "another-login-of-the-same-person"});
    let again = phone.put(&fixture, &login, Some(&old_proof)).await.expect(200);
    assert_eq!(again["user_state"], "proof_invalid", "{again}");
    // Erasing once more is harmless.
    let erased = erase(&fixture).await;
    assert_eq!(erased, json!({"unbound": 0, "deliveries": 0, "messages": 0, "wall": "closed"}));
    fixture.end().await;
}

/// I4: the wall sees what is on the wire although its user was erased; a later call takes the rest.
#[tokio::test]
async fn an_erasure_waits_at_the_wall_for_what_is_on_the_wire() {
    let fixture = Fixture::start_with(|config| {
        config.dispatch.wall_wait = IsoDuration(Duration::from_millis(300));
        config.server.drain = IsoDuration(Duration::ZERO);
    })
    .await;
    fixture.phone_of("anna").await;
    fixture.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    let message = fixture.send("anna").await;
    fixture.control().wait_for_in_flight(1, PATIENCE).await.unwrap();
    let erased = erase(&fixture).await;
    assert_eq!(erased, json!({"unbound": 1, "deliveries": 0, "messages": 1, "wall": "open"}));
    fixture.clock.advance(Duration::from_secs(46));
    fixture.control().clear_faults();
    fixture.delivery_when(&message, |delivery| delivery["state"] == "cancelled").await;
    let erased = erase(&fixture).await;
    assert_eq!((&erased["wall"], &erased["deliveries"]), (&json!("closed"), &json!(1)));
    assert_eq!(fixture.delivery(&message).await["user"], Value::Null);
    fixture.end().await;
}
