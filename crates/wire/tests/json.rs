//! The JSON of every type, frozen: /v1 only grows. A changed snapshot breaks phones that are already out there.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use pushbridge_wire::*;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Reads `json` as `T`, and shows what `T` writes.
fn round_trip<T: Serialize + DeserializeOwned>(json: Value) -> Value {
    serde_json::to_value(serde_json::from_value::<T>(json).unwrap()).unwrap()
}

fn refusal<T: DeserializeOwned>(json: Value) -> String {
    serde_json::from_value::<T>(json).err().expect("it must be refused").to_string()
}

const INSTALLATION: &str = "6f2b4a52-8c1e-4c39-9d3a-0f6f0a7a2f11";

fn full_put() -> Value {
    json!({
        "revision": 7, "platform": "android", "address": {"kind": "fcm_token", "value": "abc:APA91b"}, "user": "42",
        "login_id": "l-1", "permission": "granted", "app_version": "2.1.0", "os_version": "16", "locale": "ru-RU",
        "timezone": "Europe/Moscow", "tags": ["vip", "beta", "vip"]
    })
}

fn answer() -> Value {
    json!({
        "revision": 7, "outcome": "applied", "address_state": "live", "user_state": "bound", "epoch": 3,
        "unbound_others": 1, "wall": "closed", "incarnation": "i-1", "refresh_after": "P28D", "confirm_after": "P1D",
        "server_time": "2026-11-24T09:30:00.000Z",
        "installation": {"revision": 7, "platform": "android", "user": "42", "login_id": "l-1",
            "address": {"kind": "fcm_token", "fingerprint": "0a1b2c3d", "generation": 2}}
    })
}

#[test]
fn device_protocol() {
    insta::assert_json_snapshot!("put_full", round_trip::<InstallationRequest>(full_put()));
    let least = json!({"revision": 1, "platform": "ios"});
    insta::assert_json_snapshot!("put_least", round_trip::<InstallationRequest>(least));
    insta::assert_json_snapshot!("put_answer", round_trip::<InstallationResponse>(answer()));
    let mut evicted = answer();
    evicted["user_state"] = json!("evicted");
    evicted["reason"] = json!("policy_single");
    evicted["epoch"] = Value::Null;
    insta::assert_json_snapshot!("put_answer_evicted", round_trip::<InstallationResponse>(evicted));
    insta::assert_json_snapshot!("proof", round_trip::<ProofRequest>(json!({"nonce": "n-1"})));
    let receipts = json!({"receipts": [
        {"message_id": "msg_1", "event": "shown", "at": "2026-11-24T09:30:00Z"},
        {"message_id": "msg_1", "event": "swallowed", "at": "2026-11-24T09:30:00Z"}]});
    insta::assert_json_snapshot!("receipts", round_trip::<ReceiptsRequest>(receipts));
}

#[test]
fn message_api() {
    let targets = [
        json!({"user": "42"}),
        json!({"users": ["42", {"id": "43", "params": {"n": 1}}]}),
        json!({"installation": INSTALLATION}),
        json!({"address": {"kind": "fcm_fid", "value": "cAbc"}}),
        json!({"topic": "news"}),
        json!({"condition": "'a' in topics"}),
        json!({"segment": {"platform": ["android"], "locale": ["ru"], "app_version": ">=2.1", "tags": ["vip"]}}),
        json!({"everyone": true}),
    ];
    let targets: Vec<Value> = targets.into_iter().map(round_trip::<To>).collect();
    insta::assert_json_snapshot!("to", targets);
    let request = json!({
        "to": {"user": "42"}, "message": {"notification": {"title": "T"}}, "send_at": "2026-11-24T09:30:00Z",
        "expires_at": "2026-11-25T09:30:00Z", "lane": "urgent", "validate_only": true
    });
    insta::assert_json_snapshot!("message_request", round_trip::<MessageRequest>(request));
    let local = json!({
        "to": {"everyone": true}, "message": {"data": {"a": "1"}}, "send_at_local": "2026-12-01T09:00:00"
    });
    insta::assert_json_snapshot!("message_request_local_time", round_trip::<MessageRequest>(local));
    let template = json!({"to": {"user": "42"}, "template": {"id": "order-shipped", "params": {"n": 1}}});
    insta::assert_json_snapshot!("message_request_template", round_trip::<MessageRequest>(template));
    assert_eq!(refusal::<To>(json!({"users": [{"id": "43", "params": {}, "locale": "ru"}]})), UNTAGGED);
    let accepted = json!({"message_id": "msg_1", "deliveries": 3});
    insta::assert_json_snapshot!("message_accepted", round_trip::<MessageAccepted>(accepted));
    let status = json!({
        "message_id": "msg_1", "state": "done", "deliveries": 3,
        "counts": {"pending": 0, "leased": 0, "sent": 3, "failed": 0, "expired": 0, "cancelled": 0},
        "created_at": "2026-11-24T09:30:00Z", "expires_at": "2026-12-22T09:30:00Z", "lane": "normal",
        "receipts": {"received": 2, "shown": 1, "opened": 0}
    });
    insta::assert_json_snapshot!("message_status", round_trip::<MessageStatus>(status.clone()));
    let mut finished = status;
    finished["send_at"] = json!("2026-11-30T19:00:00Z");
    finished["send_at_local"] = json!("2026-12-01T09:00:00");
    finished["finished_at"] = json!("2026-12-01T21:00:00Z");
    insta::assert_json_snapshot!("message_status_finished", round_trip::<MessageStatus>(finished));
    let page = json!({"deliveries": [{
        "delivery_id": 1, "installation": INSTALLATION, "user": "42", "state": "failed", "reason": "unregistered",
        "attempts": 1, "address_kind": "fcm_token", "updated_at": "2026-11-24T09:30:00Z"}], "next_cursor": "1"});
    insta::assert_json_snapshot!("delivery_page", round_trip::<DeliveryPage>(page));
}

/// serde's words; the server says it otherwise.
const UNTAGGED: &str = "data did not match any variant of untagged enum UserTarget";

#[test]
fn template_api() {
    let template = json!({"default": {"notification": {"title": "{{ n }} shipped"}},
        "locales": {"ru": {"notification": {"title": "Отправлено: {{ n }}"}}}});
    insta::assert_json_snapshot!("template_request", round_trip::<TemplateRequest>(template.clone()));
    let info = json!({"id": "order-shipped", "version": 3, "created_at": "2026-11-24T09:30:00Z"});
    insta::assert_json_snapshot!(
        "template_list",
        round_trip::<TemplateList>(json!({"templates": [info.clone()]}))
    );
    let mut version = info;
    version["template"] = template;
    insta::assert_json_snapshot!("template_version", round_trip::<TemplateVersion>(version));
    let ask = json!({"locale": "ru-RU", "params": {"n": 2}});
    insta::assert_json_snapshot!("template_preview_request", round_trip::<TemplatePreviewRequest>(ask));
    let shown =
        json!({"version": 3, "variant": "ru", "message": {"notification": {"title": "Отправлено: 2"}}});
    insta::assert_json_snapshot!("template_preview", round_trip::<TemplatePreview>(shown));
}

#[test]
fn admin_api() {
    let app = json!({
        "id": "shop", "firebase_project": "shop-1", "service_account": {"type": "service_account"},
        "policy": {"mode": "multi", "max_devices": 5},
        "identity": {"mode": "jwt", "keys": [{"algorithm": "ES256", "key": "PEM", "issuer": "i", "audience": "a"}]}
    });
    insta::assert_json_snapshot!("app_request", round_trip::<AppRequest>(app));
    let update = json!({"policy": {"mode": "single"}});
    insta::assert_json_snapshot!("app_update", round_trip::<AppUpdate>(update));
    let shown = json!({
        "id": "shop", "firebase_project": "shop-1", "service_account_email": "a@b", "policy": {"mode": "single"},
        "identity_mode": "trusted", "created_at": "2026-11-24T09:30:00Z",
        "addresses": {"fcm_token": 12, "fcm_fid": 3},
        "retiring_held": {"since": "2026-11-24T09:30:00Z", "verdicts": 50}
    });
    insta::assert_json_snapshot!("app_response", round_trip::<AppResponse>(shown));
    insta::assert_json_snapshot!(
        "retiring_request",
        round_trip::<RetiringRequest>(json!({"release": "drop"}))
    );
    insta::assert_json_snapshot!(
        "retiring_response",
        round_trip::<RetiringResponse>(json!({"released": 50}))
    );
    let scopes = json!({"scopes": ["send", "read", "manage"]});
    insta::assert_json_snapshot!("key_request", round_trip::<KeyRequest>(scopes));
    let key =
        json!({"key_id": "k", "key": "pbk_k_s", "scopes": ["send"], "created_at": "2026-11-24T09:30:00Z"});
    insta::assert_json_snapshot!("key_response", round_trip::<KeyResponse>(key));
    let ask = json!({"user": "42", "ttl": "PT1H"});
    insta::assert_json_snapshot!("user_token_request", round_trip::<UserTokenRequest>(ask));
    let token = json!({"token": "jwt", "expires_at": "2026-11-24T09:30:00Z"});
    insta::assert_json_snapshot!("user_token_response", round_trip::<UserTokenResponse>(token));
    let problem = json!({
        "code": "invalid_field", "status": 400, "title": "A field is wrong", "detail": "say more", "field": "to.user"
    });
    insta::assert_json_snapshot!("problem", round_trip::<Problem>(problem));
}

/// Words that peers branch on: one may be added, none goes away.
#[test]
fn words_of_the_protocol() {
    let words = json!({
        "address_kind": AddressKind::KNOWN, "address_state": AddressState::KNOWN, "outcome": Outcome::KNOWN,
        "permission": Permission::KNOWN, "platform": Platform::KNOWN, "problem_code": ProblemCode::KNOWN,
        "reason": Reason::KNOWN, "receipt_event": ReceiptEvent::KNOWN, "user_state": UserState::KNOWN,
        "wall": Wall::KNOWN,
    });
    insta::assert_json_snapshot!("words", words);
}

/// Values that a newer peer added are kept and written back.
#[test]
fn unknown_values_of_newer_peers_survive() {
    let mut put = full_put();
    put["platform"] = json!("watch");
    put["permission"] = json!("ephemeral");
    put["address"]["kind"] = json!("carrier_pigeon");
    put["a_new_field"] = json!(1);
    let read = round_trip::<InstallationRequest>(put);
    assert_eq!(read["platform"], "watch");
    assert_eq!(read["permission"], "ephemeral");
    assert_eq!(read["address"]["kind"], "carrier_pigeon");
    let mut newer = answer();
    newer["outcome"] = json!("deferred");
    newer["wall"] = json!("ajar");
    newer["address_state"] = json!("asleep");
    newer["user_state"] = json!("odd");
    newer["reason"] = json!("of_tomorrow");
    newer["a_new_field"] = json!(1);
    newer["installation"]["a_new_field"] = json!({"deep": true});
    newer["installation"]["address"]["kind"] = json!("carrier_pigeon");
    let written = round_trip::<InstallationResponse>(newer.clone());
    for field in ["outcome", "wall", "address_state", "user_state", "reason"] {
        assert_eq!(written[field], newer[field], "{field}");
    }
    let receipts = json!({"receipts": [
        {"message_id": "msg_1", "event": "of_tomorrow", "at": "2026-11-24T09:30:00Z", "a_new_field": 1}], "a_new_field": 1});
    assert_eq!(round_trip::<ReceiptsRequest>(receipts)["receipts"][0]["event"], "of_tomorrow");
    assert_eq!(
        round_trip::<Problem>(json!({"code": "teapot", "status": 418, "title": "", "detail": ""}))["code"],
        "teapot"
    );
}

#[test]
fn bad_values_are_refused_with_what_would_be_right() {
    let with = |name: &str, value: Value| {
        let mut put = full_put();
        put[name] = value;
        refusal::<InstallationRequest>(put)
    };
    assert!(with("revision", json!(0)).contains("from 1 to 9007199254740991"));
    assert!(with("revision", json!(9_007_199_254_740_992_u64)).contains("revision"));
    assert!(with("user", json!("")).contains("user id"));
    assert!(with("login_id", json!("with space")).contains("base64url"));
    assert!(with("address", json!({"kind": "fcm_token", "value": "a b"})).contains("address value"));
    assert!(with("address", json!({"kind": "fcm_token", "value": "a".repeat(4_097)})).contains("4096"));
    assert!(with("tags", json!((0..65).map(|n| format!("t{n}")).collect::<Vec<_>>())).contains("64 tags"));
    let message = json!({"to": {"user": "1"}, "mesage": {}});
    assert!(refusal::<MessageRequest>(message).contains("unknown field `mesage`"));
    assert!(refusal::<IsoDuration>(json!("-P1D")).contains("ISO 8601"));
    assert!(refusal::<Timestamp>(json!("tomorrow")).contains("RFC 3339"));
}

#[test]
fn ids_have_one_spelling() {
    for wrong in [
        INSTALLATION.to_uppercase(),
        INSTALLATION.replace('-', ""),
        "6f2b4a52-8c1e-1c39-9d3a-0f6f0a7a2f11".to_owned(),
    ] {
        assert!(wrong.parse::<InstallationId>().is_err(), "{wrong}");
    }
    assert_eq!(INSTALLATION.parse::<InstallationId>().unwrap().to_string(), INSTALLATION);
    for wrong in ["", "Shop", "-shop", "a/b", &"a".repeat(65)] {
        assert!(wrong.parse::<AppId>().is_err(), "{wrong}");
    }
}

/// I11: what is secret prints a fingerprint at most.
#[test]
fn secrets_do_not_print_themselves() {
    let put: InstallationRequest = serde_json::from_value(full_put()).unwrap();
    assert!(!format!("{put:?}").contains("APA91b"));
    let secret = InstallationSecret::from_random([7; 32]);
    assert!(!format!("{secret:?}").contains(secret.expose()));
    let key: KeyResponse = serde_json::from_value(
        json!({"key_id": "k", "key": "pbk_k_s", "scopes": [], "created_at": "2026-11-24T09:30:00Z"}),
    )
    .unwrap();
    assert!(!format!("{key:?}").contains("pbk_k_s"));
    let proof: ProofRequest = serde_json::from_value(json!({"nonce": "n-123"})).unwrap();
    assert!(!format!("{proof:?}").contains("n-123"));
}

#[test]
fn an_installation_secret_has_43_characters_and_a_stable_hash() {
    let secret = InstallationSecret::from_random([7; 32]);
    assert_eq!(secret.expose().len(), 43);
    assert_eq!(secret.hash(), InstallationSecret::try_from(secret.expose().to_owned()).unwrap().hash());
    assert!(InstallationSecret::try_from("short".to_owned()).is_err());
}

#[test]
fn durations_and_times_read_what_they_write() {
    for (text, seconds) in [("P28D", 28 * 86_400), ("PT1H", 3_600), ("PT0S", 0), ("PT2S", 2)] {
        let duration: IsoDuration = serde_json::from_value(json!(text)).unwrap();
        assert_eq!(duration.0.as_secs(), seconds);
        assert_eq!(duration.to_string(), text);
    }
    let time: Timestamp = serde_json::from_value(json!("2026-11-24T12:30:00.5+03:00")).unwrap();
    assert_eq!(time.to_string(), "2026-11-24T09:30:00.500Z");
    assert_eq!(Timestamp::from_ms(i64::MAX).plus(std::time::Duration::MAX), Timestamp::from_ms(i64::MAX));
}
