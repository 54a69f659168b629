//! Paths, methods and queries that are none, on every route. Each refusal names the part and says how to mend it.

use serde_json::json;

use super::api_bad_input::refusal;
use crate::fixture::{Parts, ROUTES, Route, Scene};

#[tokio::test]
async fn a_malformed_part_of_a_path_is_named() {
    let scene = Scene::start().await;
    let uuid_v1 = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    let upper = scene.parts.installation.to_uppercase();
    let (long_app, long_user) = ("a".repeat(65), "u".repeat(257));
    let cases: [(&str, &[&str]); 5] = [
        ("app", &["Shop", "-shop", "sh%20op", "%00", "%ff", long_app.as_str()]),
        ("installation", &["1", uuid_v1, upper.as_str(), "%ff", "..."]),
        ("message", &["1", "msg_", "msg_%2e", "msg-1", "%ff"]),
        ("template", &["Hello", "-a", "a%2fb", "%ff", long_app.as_str()]),
        ("user", &["%0a", "%ff", long_user.as_str()]),
    ];
    for (name, values) in cases {
        for route in ROUTES.iter().filter(|route| route.path.contains(&format!("{{{name}}}"))) {
            for value in values {
                let mut parts = scene.parts.clone();
                *part(&mut parts, name) = (*value).to_owned();
                let answer = scene.call(route, &parts, scene.credential(route)).await;
                assert_eq!(answer.refusal(), refusal(400, "invalid_field", Some(name)), "{route:?} {value}");
            }
        }
    }
    scene.fixture.end().await;
}

fn part<'p>(parts: &'p mut Parts, name: &str) -> &'p mut String {
    match name {
        "app" => &mut parts.app,
        "installation" => &mut parts.installation,
        "message" => &mut parts.message,
        "template" => &mut parts.template,
        _ => &mut parts.user,
    }
}

/// A user id may be nearly anything, so long as it is encoded.
#[tokio::test]
async fn a_user_whose_id_has_every_kind_of_character_can_be_asked_about() {
    let scene = Scene::start().await;
    for (encoded, user) in [
        ("a%2Fb", "a/b"),
        ("%D0%90%D0%BD%D0%BD%D0%B0", "Анна"),
        ("a%20b", "a b"),
        ("%25", "%"),
        ("%3F%23", "?#"),
        ("a+b@example.com", "a+b@example.com"),
    ] {
        let explained = scene.fixture.get(&format!("/v1/apps/shop/users/{encoded}/explain")).await;
        assert_eq!(explained["user"], user);
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn another_method_is_answered_like_a_path_that_does_not_exist() {
    let scene = Scene::start().await;
    let nowhere = scene.fixture.http.get("/v1/nowhere", &scene.fixture.operator).await;
    assert_eq!(nowhere.refusal(), refusal(404, "not_found", None));
    for route in ROUTES {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            if ROUTES.iter().any(|other| (other.method, other.path) == (method, route.path)) {
                continue;
            }
            let other = Route { method, ..*route };
            let answer = scene.call(&other, &scene.parts, scene.credential(route)).await;
            assert_eq!(answer, nowhere, "{other:?}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn a_wrong_query_is_refused_by_the_name_of_its_parameter() {
    let scene = Scene::start().await;
    let deliveries = format!("/v1/apps/shop/messages/{}/deliveries", scene.parts.message);
    let cases = [
        ("GET", format!("{deliveries}?limit=0"), "limit"),
        ("GET", format!("{deliveries}?limit=1001"), "limit"),
        ("GET", format!("{deliveries}?limit=many"), "limit"),
        ("GET", format!("{deliveries}?cursor=-1"), "cursor"),
        ("GET", format!("{deliveries}?cursor=next"), "cursor"),
        ("GET", format!("{deliveries}?page=1"), "page"),
        ("GET", "/v1/apps/shop/templates/hello?version=first".to_owned(), "version"),
        ("GET", "/v1/apps/shop/templates/hello?versoin=1".to_owned(), "versoin"),
        ("DELETE", "/v1/apps/shop/users/anna/bindings?installation=1".to_owned(), "installation"),
        ("DELETE", "/v1/apps/shop/users/anna/bindings?instalation=1".to_owned(), "instalation"),
        ("PATCH", "/v1/admin/apps/shop?apply=later".to_owned(), "apply"),
        ("PATCH", "/v1/admin/apps/shop?aply=now".to_owned(), "aply"),
    ];
    for (method, path, field) in cases {
        let answer = scene.fixture.http.call(method, &path, &scene.fixture.operator, &json!({})).await;
        assert_eq!(answer.refusal(), refusal(400, "invalid_field", Some(field)), "{path}: {answer:?}");
    }
    // A misspelt filter must not have ended every login of the user.
    assert_eq!(scene.fixture.explained("anna").await["gets_push"], true);
    scene.fixture.end().await;
}
