//! Wrong fields: each refusal names the path of the field, as it stands in the body.

use serde_json::{Value, json};

use crate::fixture::{ROUTES, Scene};

/// One row per way to get a field wrong; `change` is laid upon a sound body, and null means that the field is missing.
async fn assert_fields(scene: &Scene, method: &str, path: &str, rows: &[(Value, &str)]) {
    let route = ROUTES.iter().find(|route| (route.method, route.path) == (method, path)).unwrap();
    for (change, field) in rows {
        let mut body = scene.body(route);
        for (name, value) in change.as_object().unwrap() {
            match value {
                Value::Null => drop(body.as_object_mut().unwrap().remove(name)),
                value => body[name] = value.clone(),
            }
        }
        let answer = scene.call_with(route, body.to_string()).await;
        let (status, code, named) = answer.refusal();
        assert_eq!((status, named.as_deref()), (400, Some(*field)), "{change}: {answer:?}");
        let wanted = if field.starts_with("message.") { "payload_rejected" } else { "invalid_field" };
        assert_eq!(code, wanted, "{change}: {answer:?}");
        // serde's own way of giving up is no help to anybody.
        assert!(!answer.problem().detail.contains("did not match any variant"), "{change}: {answer:?}");
    }
}

#[tokio::test]
async fn a_wrong_field_of_a_put_is_named() {
    let scene = Scene::start().await;
    let long = "x".repeat(65);
    let rows = [
        (json!({"revision": null}), "revision"),
        (json!({"revision": 0}), "revision"),
        (json!({"revision": -1}), "revision"),
        (json!({"revision": 1.5}), "revision"),
        (json!({"revision": "7"}), "revision"),
        (json!({"revision": 9_007_199_254_740_992_u64}), "revision"),
        (json!({"platform": null}), "platform"),
        (json!({"platform": 1}), "platform"),
        (json!({"platform": long}), "platform"),
        (json!({"address": "token"}), "address"),
        (json!({"address": {"kind": "fcm_token"}}), "address.value"),
        (json!({"address": {"value": "token"}}), "address.kind"),
        (json!({"address": {"kind": "fcm_token", "value": ""}}), "address.value"),
        (json!({"address": {"kind": "fcm_token", "value": "x".repeat(4_097)}}), "address.value"),
        (json!({"address": {"kind": "fcm_token", "value": 1}}), "address.value"),
        (json!({"address": {"kind": long, "value": "token"}}), "address.kind"),
        (json!({"user": 42}), "user"),
        (json!({"user": ""}), "user"),
        (json!({"user": "a\nb"}), "user"),
        (json!({"user": "u".repeat(257)}), "user"),
        (json!({"login_id": "a b"}), "login_id"),
        (json!({"login_id": null}), "login_id"),
        (json!({"permission": long}), "permission"),
        (json!({"app_version": long}), "app_version"),
        (json!({"locale": 1}), "locale"),
        (json!({"tags": "vip"}), "tags"),
        (json!({"tags": [1]}), "tags[0]"),
        (json!({"tags": [""]}), "tags"),
    ];
    assert_fields(&scene, "PUT", "/v1/apps/{app}/installations/{installation}", &rows).await;
    scene.fixture.end().await;
}

#[tokio::test]
async fn a_wrong_field_of_a_message_is_named() {
    let scene = Scene::start().await;
    let rows = [
        (json!({"to": null}), "to"),
        (json!({"to": "anna"}), "to"),
        (json!({"to": {}}), "to"),
        (json!({"to": {"usr": "anna"}}), "to"),
        (json!({"to": {"user": "anna", "topic": "news"}}), "to"),
        (json!({"to": {"user": 42}}), "to.user"),
        (json!({"to": {"user": ""}}), "to.user"),
        (json!({"to": {"users": "anna"}}), "to.users"),
        (json!({"to": {"users": [42]}}), "to.users[0]"),
        (json!({"to": {"installation": "1"}}), "to.installation"),
        (json!({"to": {"address": {"kind": "fcm_token"}}}), "to.address.value"),
        (json!({"to": {"topic": "a b"}}), "to.topic"),
        (json!({"message": null}), "message"),
        (json!({"message": "hello"}), "message"),
        (json!({"message": {"token": "t"}}), "message.token"),
        (json!({"message": {"notification": {"titel": "x"}}}), "message.notification"),
        (json!({"message": {"data": {"a": 1}}}), "message.data[0].value"),
        (json!({"message": {"data": {"pb_app": "1"}}}), "message.data"),
        (json!({"send_at": "tomorrow"}), "send_at"),
        (json!({"expires_at": "2020-01-01T00:00:00Z"}), "expires_at"),
        (json!({"expires_at": 1}), "expires_at"),
        (json!({"lane": "fast"}), "lane"),
        (json!({"validate_only": "yes"}), "validate_only"),
    ];
    assert_fields(&scene, "POST", "/v1/apps/{app}/messages", &rows).await;
    scene.fixture.end().await;
}

#[tokio::test]
async fn a_wrong_field_of_the_other_bodies_is_named() {
    let scene = Scene::start().await;
    let receipt = |event: Value| json!({"message_id": "msg_1", "event": event, "at": "2026-11-24T08:00:00Z"});
    let rows = [
        (json!({"receipts": null}), "receipts"),
        (json!({"receipts": {}}), "receipts"),
        (json!({"receipts": [1]}), "receipts[0]"),
        (json!({"receipts": [receipt(json!("opened")), receipt(json!(1))]}), "receipts[1].event"),
        (json!({"receipts": vec![receipt(json!("opened")); 1_001]}), "receipts"),
    ];
    assert_fields(&scene, "POST", "/v1/apps/{app}/installations/{installation}/receipts", &rows).await;
    let rows =
        [(json!({"nonce": null}), "nonce"), (json!({"nonce": 1}), "nonce"), (json!({"nonce": ""}), "nonce")];
    assert_fields(&scene, "POST", "/v1/apps/{app}/installations/{installation}/proof", &rows).await;
    let rows = [
        (json!({"user": null}), "user"),
        (json!({"user": 1}), "user"),
        (json!({"ttl": "an hour"}), "ttl"),
        (json!({"ttl": "PT0S"}), "ttl"),
        (json!({"ttl": "P2D"}), "ttl"),
    ];
    assert_fields(&scene, "POST", "/v1/apps/{app}/user-tokens", &rows).await;
    let rows = [
        (json!({"scopes": null}), "scopes"),
        (json!({"scopes": []}), "scopes"),
        (json!({"scopes": ["admin"]}), "scopes"),
        (json!({"scopes": ["everything"]}), "scopes[0]"),
    ];
    assert_fields(&scene, "POST", "/v1/admin/apps/{app}/keys", &rows).await;
    scene.fixture.end().await;
}

#[tokio::test]
async fn a_wrong_field_of_an_app_is_named() {
    let scene = Scene::start().await;
    let rows = [
        (json!({"id": null}), "id"),
        (json!({"id": "Club"}), "id"),
        (json!({"firebase_project": null}), "firebase_project"),
        (json!({"firebase_project": ""}), "firebase_project"),
        (json!({"firebase_project": "a/b"}), "firebase_project"),
        (json!({"service_account": null}), "service_account"),
        (json!({"service_account": "text"}), "service_account"),
        (json!({"service_account": {}}), "service_account"),
        (json!({"fcm_endpoint": "ftp://fcm"}), "fcm_endpoint"),
        (json!({"policy": null}), "policy"),
        (json!({"policy": {"mode": "few"}}), "policy.mode"),
        (json!({"policy": {"mode": "multi", "max_devices": 0}}), "policy.max_devices"),
        (json!({"policy": {"mode": "multi", "max": 3}}), "policy.max"),
        (json!({"policy": {"mode": "single", "max_devices": 3}}), "policy.max_devices"),
        (json!({"identity": {"mode": "none"}}), "identity.mode"),
        (
            json!({"identity": {"mode": "jwt", "keys": [{"algorithm": "none", "key": "k"}]}}),
            "identity.keys[0]",
        ),
    ];
    assert_fields(&scene, "POST", "/v1/admin/apps", &rows).await;
    // A change may leave everything out, and id and project cannot be changed.
    let given = |change: &Value| !change.as_object().unwrap().values().any(Value::is_null);
    let changeable = |field: &str| !["id", "firebase_project"].contains(&field);
    let rows: Vec<_> =
        rows.into_iter().filter(|(change, field)| given(change) && changeable(field)).collect();
    assert_fields(&scene, "PATCH", "/v1/admin/apps/{app}", &rows).await;
    let again = scene.fixture.registration("shop", &json!({"mode": "multi"}));
    let answer = scene.fixture.http.call("POST", "/v1/admin/apps", &scene.fixture.operator, &again).await;
    assert_eq!(answer.refusal(), (409, "already_exists".to_owned(), Some("id".to_owned())));
    scene.fixture.end().await;
}
