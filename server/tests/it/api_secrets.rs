//! I11: everything that this process logs while it does everything that it can do, searched for everything secret.
//!
//! Our own crates are heard at TRACE, the others at DEBUG. Answers that are refusals are searched as well: they end in
//! the logs of callers.

mod cores;
mod log;

use std::time::Duration;

use pushbridge_fcm_emulator::{DeviceChange, FaultAction, FaultSpec, FcmErrorCode, TokenEndpoint};
use serde_json::json;

use crate::fixture::{Answer, Fixture, Phone};
use log::{Capture, Secrets};

/// A device, its life and everything that it says, with what of it is secret.
async fn devices(fixture: &Fixture, secrets: &mut Secrets, refusals: &mut Vec<Answer>) -> Phone {
    let mut phone = fixture.phone_of("anna").await;
    secrets.add_phone("anna's phone", &phone);
    let proof = fixture.user_token("boris").await;
    secrets.add("a proof", &proof);
    // Another user's proof, one that is none, and a login over another user.
    let other = json!({"user": "carl", "login_id": "login-carl"});
    assert_eq!(phone.put(fixture, &other, Some(&proof)).await.expect(200)["user_state"], "proof_invalid");
    secrets.add("a forged proof", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXJsIn0.c2lnbmVk");
    let forged = phone.put_again(fixture, Some("eyJhbGciOiJub25lIn0.eyJzdWIiOiJjYXJsIn0.c2lnbmVk")).await;
    assert_eq!(forged.expect(200)["user_state"], "proof_invalid");
    phone.login(fixture, "anna").await;
    // Rotation.
    phone.device = fixture.control().change(&phone.device.id, DeviceChange::Rotate).unwrap();
    secrets.add_phone("anna's phone, rotated", &phone);
    let rotated = json!({"address": {"kind": "fcm_token", "value": phone.device.fcm_token.expose()}});
    assert_eq!(phone.put(fixture, &rotated, None).await.expect(200)["address_state"], "live");
    // A wrong secret, a cloned installation, a malformed address.
    let mut stranger = Phone::new(fixture);
    secrets.add_phone("the stranger's phone", &stranger);
    let mine = std::mem::replace(&mut phone.secret, stranger.secret.clone());
    refusals.push(phone.put_again(fixture, None).await);
    phone.secret = mine;
    let live =
        std::mem::replace(&mut phone.state["address"]["value"], stranger.device.fcm_token.expose().into());
    refusals.push(phone.put_again(fixture, None).await);
    phone.state["address"]["value"] = live;
    for wrong in [json!(["malformed-address-in-a-list"]), json!("malformed address in a text")] {
        secrets.add("a malformed address", wrong.as_str().unwrap_or("malformed-address-in-a-list"));
        stranger.state["address"]["value"] = wrong;
        refusals.push(stranger.put_again(fixture, None).await);
    }
    // A challenge and its echo, wrong and right.
    stranger.state["address"]["value"] = phone.device.fcm_token.expose().into();
    assert_eq!(stranger.put(fixture, &json!({}), None).await.expect(200)["address_state"], "contested");
    let nonce = challenge(fixture, &phone).await;
    secrets.add("a nonce", &nonce);
    secrets.add("a wrong nonce", "a-wrong-nonce-0123456789");
    let path = format!("{}/proof", stranger.path());
    for nonce in ["a-wrong-nonce-0123456789", nonce.as_str()] {
        refusals.push(fixture.http.call("POST", &path, &stranger.secret, &json!({"nonce": nonce})).await);
    }
    assert_eq!(refusals.pop().unwrap().expect(200)["address_state"], "live", "the nonce was right");
    let receipts =
        json!({"receipts": [{"message_id": "msg_1", "event": "opened", "at": "2026-11-24T08:00:00Z"}]});
    fixture.http.call("POST", &format!("{}/receipts", phone.path()), &phone.secret, &receipts).await;
    phone
}

/// The nonce that reached the phone.
async fn challenge(fixture: &Fixture, phone: &Phone) -> String {
    for count in 1.. {
        let inbox = fixture
            .control()
            .wait_for_inbox(&phone.device.id, count, crate::fixture::PATIENCE)
            .await
            .unwrap();
        if let Some(nonce) = inbox.iter().find_map(|one| one.message["data"]["pb_challenge"].as_str()) {
            return nonce.to_owned();
        }
    }
    unreachable!("the wait ends in time or panics")
}

/// Every kind of answer that FCM and the token endpoint have.
async fn sends(fixture: &Fixture, secrets: &mut Secrets) {
    let phone = fixture.phone_of("dora").await;
    secrets.add_phone("dora's phone", &phone);
    let refusing = TokenEndpoint::Refusing { status: 400, error: "invalid_grant".to_owned() };
    fixture.control().set_token_endpoint(refusing);
    let message = fixture.send("dora").await;
    fixture.parked(&message, 1).await;
    fixture.control().set_token_endpoint(TokenEndpoint::Working);
    fixture.sent_at_last(&message).await;
    let faults = [
        FaultSpec::code(FcmErrorCode::Unavailable),
        FaultSpec::code(FcmErrorCode::Internal),
        FaultSpec::code(FcmErrorCode::InvalidArgument),
        FaultSpec::code(FcmErrorCode::ThirdPartyAuthError),
        FaultSpec::status(401),
        FaultSpec::status(403),
        FaultSpec::status(404),
        FaultSpec::action(FaultAction::Html),
        FaultSpec::action(FaultAction::CutAfter),
        FaultSpec::action(FaultAction::CutBefore),
        FaultSpec::code(FcmErrorCode::QuotaExceeded).retry_after("1"),
        FaultSpec::code(FcmErrorCode::SenderIdMismatch),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let user = format!("dora-{index}");
        let phone = fixture.phone_of(&user).await;
        secrets.add_phone(&user, &phone);
        fixture.control().add_fault(fault.on(&phone.device.id).times(1)).unwrap();
        let message = fixture.send(&user).await;
        fixture.delivery_when(&message, |one| one["attempts"] != 0 && one["state"] != "leased").await;
        // Past every wait and every pause.
        fixture.clock.advance(Duration::from_secs(120));
    }
    secrets.add("a bare address", "no-token-of-fcm-0123456789");
    for value in ["no-token-of-fcm-0123456789", phone.device.fcm_token.expose()] {
        let to = json!({"address": {"kind": "fcm_token", "value": value}});
        let body = json!({"to": to, "message": {"data": {"a": "1"}}});
        let accepted =
            fixture.http.call("POST", "/v1/apps/shop/messages", &fixture.shop, &body).await.expect(202);
        fixture.ended(accepted["message_id"].as_str().unwrap()).await;
    }
}

/// What is said to one person only: arrived, and refused in every way that could quote what it refuses.
async fn templates(fixture: &Fixture, secrets: &mut Secrets, refusals: &mut Vec<Answer>) {
    let secret = "a-parameter-of-one-user-0123456789";
    secrets.add("a parameter", secret);
    let phone = fixture.phone_of("emma").await;
    secrets.add_phone("emma's phone", &phone);
    for (id, message) in [
        ("fine", json!({"data": {"a": "{{ a }}"}})),
        ("number", json!({"data": {"a": "{{ a|int }}"}})),
        ("sum", json!({"data": {"a": "{{ a + 1 }}"}})),
        ("item", json!({"data": {"a": "{{ a.b.c }}"}})),
        ("ttl", json!({"android": {"ttl": "{{ a }}"}})),
        ("colour", json!({"android": {"notification": {"color": "{{ a }}"}}})),
        ("priority", json!({"android": {"priority": "{{ a }}"}})),
        ("long", json!({"data": {"a": "{{ a * 1000 }}"}})),
        ("bool", json!({"android": {"direct_boot_ok": "{{ a }}"}})),
        ("struct", json!({"android": {"notification": "{{ a }}, expected nothing"}})),
    ] {
        fixture.put_template(id, json!({"default": message})).await;
        let to = json!({"users": [{"id": "emma", "params": {"a": secret}}]});
        let body = json!({"to": to, "template": {"id": id}});
        let answer = fixture.http.call("POST", "/v1/apps/shop/messages", &fixture.shop, &body).await;
        match id {
            "fine" => drop(fixture.ended(answer.expect(202)["message_id"].as_str().unwrap()).await),
            _ => refusals.push(answer),
        }
    }
}

/// The operator's and the back end's mistakes.
async fn mistakes(fixture: &Fixture, secrets: &mut Secrets, refusals: &mut Vec<Answer>) {
    let nobodys = format!("pbk_0123456789ab_{}", "z".repeat(43));
    secrets.add("a key of nobody", &"z".repeat(43));
    refusals.push(fixture.http.get("/v1/apps/shop/users/anna/explain", &nobodys).await);
    refusals.push(fixture.http.get("/v1/admin/apps", &fixture.shop).await);
    secrets.add("a malformed service account", "not-a-private-key-0123456789");
    let mut app = fixture.registration("club", &json!({"mode": "multi"}));
    app["service_account"]["private_key"] = "not-a-private-key-0123456789".into();
    refusals.push(fixture.http.call("POST", "/v1/admin/apps", &fixture.operator, &app).await);
    app["service_account"] = "not-a-private-key-0123456789".into();
    refusals.push(fixture.http.call("POST", "/v1/admin/apps", &fixture.operator, &app).await);
    secrets.add("a shared secret", "a-shared-secret-of-the-app-0123456789");
    for (algorithm, answer) in [("HS256", 200), ("ES256", 400), ("none", 400)] {
        let key = json!({"algorithm": algorithm, "key": "a-shared-secret-of-the-app-0123456789"});
        let identity = json!({"identity": {"mode": "jwt", "keys": [key]}});
        let changed = fixture.http.call("PATCH", "/v1/admin/apps/shop", &fixture.operator, &identity).await;
        assert_eq!(changed.status, answer, "{algorithm}");
        refusals.extend((answer == 400).then_some(changed));
    }
    // A mistyped body whose offending value is an address, and one that ends in the middle of it.
    let token = "an-address-in-the-wrong-place-0123456789";
    secrets.add("an address in the wrong place", token);
    let bodies = [
        json!({"to": {"address": token}, "message": {}}).to_string(),
        json!({"to": {"users": [{"id": {"value": token}}]}, "message": {}}).to_string(),
        json!({"to": {"user": "anna"}, "message": {"token": token}}).to_string(),
        json!({"to": {"user": "anna"}, "lane": {"address": token}}).to_string(),
        format!(r#"{{"to":{{"address":{{"kind":"fcm_token","value":"{token}"#),
    ];
    for body in bodies {
        let request = fixture.http.request("POST", "/v1/apps/shop/messages").bearer_auth(&fixture.shop);
        refusals.push(Answer::of(request.header("content-type", "application/json").body(body)).await);
    }
    let revoked =
        fixture.http.call("DELETE", "/v1/apps/shop/users/anna/bindings", &fixture.shop, &json!({})).await;
    assert_eq!(revoked.status, 200, "{revoked:?}");
}

/// I11: no address, secret, proof, key or parameter of a template appears in a log line or an error text.
#[tokio::test]
async fn nothing_secret_is_logged_or_answered() {
    let capture = Capture::install();
    let fixture = Fixture::start().await;
    let (mut secrets, mut refusals) = (Secrets::default(), Vec::new());
    secrets.add_private_key(fixture.emulator.service_account_json());
    secrets.add("the operator's key", fixture.operator.splitn(3, '_').last().unwrap());
    secrets.add("the back end's key", fixture.shop.splitn(3, '_').last().unwrap());
    // First, since the token endpoint is asked once only.
    sends(&fixture, &mut secrets).await;
    templates(&fixture, &mut secrets, &mut refusals).await;
    let phone = devices(&fixture, &mut secrets, &mut refusals).await;
    mistakes(&fixture, &mut secrets, &mut refusals).await;
    let shown = cores::live(&fixture, &mut secrets).await;
    assert!(
        fixture
            .http
            .get(&format!("/v1/apps/shop/installations/{}/events", phone.id), &fixture.shop)
            .await
            .status
            == 200
    );
    fixture.end().await;

    let log = capture.text();
    for wanted in [
        "pushbridge_server::dispatcher",
        "pushbridge_fcm::oauth",
        "hyper",
        "h2::",
        "pushbridge_core::",
        "pushbridge_fcm_emulator::",
        "the project's set-up keeps",
    ] {
        assert!(log.contains(wanted), "{wanted} was not heard, so that the search below would show nothing");
    }
    let leaks: Vec<&str> = secrets.found_in(&log).collect();
    assert!(leaks.is_empty(), "in the log: {leaks:?}; for example {}", secrets.line_in(&log));
    for pattern in ["ya29.", "eyJ", "PRIVATE KEY", "Bearer p"] {
        let line = log.lines().find(|line| line.contains(pattern)).unwrap_or_default();
        assert!(line.is_empty(), "an access token, an assertion or a key in the log: {pattern} in {line}");
    }
    let leaks: Vec<&str> = secrets.found_in(&shown).collect();
    assert!(leaks.is_empty(), "in what a core shows of itself: {leaks:?} in {shown}");
    for refusal in &refusals {
        assert!(refusal.problem().status >= 400);
        let leaks: Vec<&str> = secrets.found_in(&refusal.text).collect();
        assert!(leaks.is_empty(), "in a refusal: {leaks:?} in {}", refusal.text);
    }
}
