//! I12: what does not exist and what one may not see are answered alike, to the last byte.

use serde_json::json;

use crate::fixture::{Answer, Caller, Parts, Phone, ROUTES, Scene};

fn app(parts: &Parts, app: &str) -> Parts {
    Parts { app: app.to_owned(), ..parts.clone() }
}

/// I12: another app's key, in an app that exists and in one that does not.
#[tokio::test]
async fn another_apps_key_learns_nothing_of_an_app() {
    let scene = Scene::start().await;
    for route in ROUTES.iter().filter(|route| matches!(route.caller, Caller::BackEnd(_))) {
        let theirs = scene.call(route, &scene.parts, &scene.stranger).await;
        let nobodys = scene.call(route, &app(&scene.parts, "nowhere"), &scene.stranger).await;
        assert_eq!(theirs.refusal(), (404, "not_found".to_owned(), None), "{route:?}");
        assert_eq!(theirs, nobodys, "{route:?}");
    }
    // Nothing happened either: anna is still logged in, her message is as it was.
    assert_eq!(scene.fixture.explained("anna").await["gets_push"], true);
    scene.fixture.end().await;
}

/// I12: a back end's key is no operator's, whether the app is there or not.
#[tokio::test]
async fn a_back_ends_key_learns_nothing_from_the_operators_routes() {
    let scene = Scene::start().await;
    for route in
        ROUTES.iter().filter(|route| route.caller == Caller::Operator && route.path.contains("{app}"))
    {
        let there = scene.call(route, &scene.parts, &scene.stranger).await;
        let nowhere = scene.call(route, &app(&scene.parts, "nowhere"), &scene.stranger).await;
        assert_eq!(there.refusal(), (403, "scope_missing".to_owned(), None), "{route:?}");
        assert_eq!(there, nowhere, "{route:?}");
    }
    scene.fixture.end().await;
}

/// I12: ids of another app are unknown in one's own.
#[tokio::test]
async fn ids_of_another_app_are_unknown_in_ones_own() {
    let scene = Scene::start().await;
    let mut unknown = scene.parts.clone();
    unknown.message = "msg_00000000000000000000000000000000".to_owned();
    unknown.installation = Phone::new(&scene.fixture).id;
    unknown.template = "nothing".to_owned();
    unknown.user = "nobody".to_owned();
    for route in ROUTES.iter().filter(|route| matches!(route.caller, Caller::BackEnd(_)) && !route.takes_body)
    {
        let theirs = scene.call(route, &app(&scene.parts, "bank"), &scene.stranger).await;
        let nobodys = scene.call(route, &app(&unknown, "bank"), &scene.stranger).await;
        let hide = |answer: &Answer| Answer { text: answer.text.replace("anna", "nobody"), ..answer.clone() };
        assert_eq!(hide(&theirs), nobodys, "{route:?}");
    }
    // A message to somebody's installation in another app reaches nobody.
    let body = json!({"to": {"installation": scene.parts.installation}, "message": {"data": {"a": "1"}}});
    let sent =
        scene.fixture.http.call("POST", "/v1/apps/bank/messages", &scene.stranger, &body).await.expect(202);
    assert_eq!(sent["deliveries"], 0, "{sent}");
    scene.fixture.end().await;
}

/// I12: whoever has not the secret does not learn whether the installation exists.
#[tokio::test]
async fn a_wrong_secret_and_an_unknown_installation_are_answered_alike() {
    let scene = Scene::start().await;
    let other = Phone::new(&scene.fixture);
    let unknown = Parts { installation: other.id.clone(), ..scene.parts.clone() };
    for route in ROUTES.iter().filter(|route| route.caller == Caller::Phone) {
        let wrong = scene.call(route, &scene.parts, &other.secret).await;
        assert_eq!(wrong.refusal(), (401, "secret_invalid".to_owned(), None), "{route:?}");
        // A PUT makes what is not there; the others find nothing.
        if route.method != "PUT" {
            assert_eq!(scene.call(route, &unknown, &other.secret).await, wrong, "{route:?}");
            assert_eq!(
                scene.call(route, &app(&scene.parts, "bank"), &scene.phone.secret).await,
                wrong,
                "{route:?}"
            );
        }
    }
    // Nothing of the stranger's was taken over.
    assert_eq!(scene.fixture.explained("anna").await["gets_push"], true);
    scene.fixture.end().await;
}

/// I12: a stranger who presents somebody's address learns no more than that it is contested, and the owner keeps it.
#[tokio::test]
async fn presenting_an_address_of_somebody_else_reveals_nothing_about_its_owner() {
    let scene = Scene::start().await;
    let mut thief = Phone::new(&scene.fixture);
    thief.state["address"]["value"] = scene.phone.device.fcm_token.expose().into();
    let answer = thief.put(&scene.fixture, &json!({}), None).await;
    let body = answer.expect(200);
    assert_eq!((&body["address_state"], &body["user_state"]), (&json!("contested"), &json!("none")));
    for secret in ["anna", scene.phone.id.as_str(), scene.phone.state["login_id"].as_str().unwrap()] {
        assert!(!answer.text.contains(secret), "{answer:?}");
    }
    assert_eq!(scene.fixture.explained("anna").await["address_state"], "live");
    scene.fixture.end().await;
}

/// I11: what is listed of keys and apps opens nothing.
#[tokio::test]
async fn keys_are_listed_without_themselves() {
    let scene = Scene::start().await;
    let listed = scene.fixture.http.get("/v1/admin/apps/shop/keys", &scene.fixture.operator).await;
    let keys = listed.expect(200);
    assert_eq!(keys["keys"][0]["key_id"], json!(scene.parts.key_id));
    let secret = scene.fixture.shop.splitn(3, '_').last().unwrap();
    assert!(!listed.text.contains(secret), "{listed:?}");
    let app = scene.fixture.http.get("/v1/admin/apps/shop", &scene.fixture.operator).await;
    assert!(!app.text.contains("PRIVATE KEY"), "{app:?}");
    scene.fixture.end().await;
}

/// I12: a key that was deleted opens nothing from that moment.
#[tokio::test]
async fn a_deleted_key_is_as_good_as_none() {
    let scene = Scene::start().await;
    let path = format!("/v1/admin/apps/shop/keys/{}", scene.parts.key_id);
    // Not through another app's path.
    let elsewhere = path.replace("shop", "bank");
    let other = scene.fixture.http.call("DELETE", &elsewhere, &scene.fixture.operator, &json!({})).await;
    assert_eq!(other.refusal().0, 404);
    assert_eq!(
        scene.fixture.http.call("DELETE", &path, &scene.fixture.operator, &json!({})).await.status,
        204
    );
    let deleted = scene.fixture.http.get("/v1/apps/shop/users/anna/explain", &scene.fixture.shop).await;
    let never = scene.fixture.http.get("/v1/apps/shop/users/anna/explain", "pbk_0_0").await;
    assert_eq!(deleted.refusal(), (401, "api_key_invalid".to_owned(), None));
    assert_eq!(deleted, never);
    scene.fixture.end().await;
}
