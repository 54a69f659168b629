//! Bad input on every route. Each refusal is a problem with a stable code, names the field and says how to mend it.

use pushbridge_wire::Scope;
use serde_json::json;

use crate::fixture::{Answer, Caller, Parts, ROUTES, Route, Scene};

fn refusal(status: u16, code: &str, field: Option<&str>) -> (u16, String, Option<String>) {
    (status, code.to_owned(), field.map(str::to_owned))
}

/// A route that is added to the server's list must be added to the table, else nothing here tries it.
#[test]
fn the_table_has_every_route_of_the_server() {
    let source = include_str!("../../src/router.rs");
    let source: String = source.split_whitespace().collect();
    let mut expected = Vec::new();
    for rest in source.split(".route(\"").skip(1) {
        let (path, handlers) = rest.split_once('"').unwrap();
        let handlers = handlers.split(".route(").next().unwrap().split(".layer(").next().unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if handlers.contains(&format!("{method}(")) && path.starts_with("/v1/") {
                expected.push((method.to_uppercase(), path.to_owned()));
            }
        }
    }
    let mut tabled: Vec<_> =
        ROUTES.iter().map(|route| (route.method.to_owned(), route.path.to_owned())).collect();
    expected.sort();
    tabled.sort();
    assert_eq!(tabled, expected);
}

/// Else the other tests would show only that nothing works at all.
#[tokio::test]
async fn every_route_of_the_table_works_for_whom_it_is_meant() {
    let scene = Scene::start().await;
    // What deletes comes last, key and app at the very end: it takes away what the others need.
    let mut routes: Vec<&Route> = ROUTES.iter().collect();
    routes.sort_by_key(|route| {
        (route.method == "DELETE", route.path.contains("admin"), !route.path.contains("keys"))
    });
    for route in routes {
        let answer = scene.call(route, &scene.parts, scene.credential(route)).await;
        if route.path.ends_with("/proof") {
            assert_eq!(
                answer.refusal(),
                refusal(400, "invalid_field", Some("nonce")),
                "no challenge is open"
            );
        } else {
            assert!((200..300).contains(&answer.status), "{route:?}: {answer:?}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn without_a_credential_every_route_answers_the_same_401() {
    let scene = Scene::start().await;
    let (key_id, nobody) = (&scene.parts.key_id, "x".repeat(43));
    let headers = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some("Basic cHVzaDpicmlkZ2U=".to_owned()),
        Some("Bearer pbk_".to_owned()),
        Some("Bearer pbk_x_y".to_owned()),
        // The id of a key that exists, and of one that does not, with a secret that is not its own.
        Some(format!("Bearer pbk_{key_id}_{nobody}")),
        Some(format!("Bearer pbk_000000000000_{nobody}")),
        Some(format!("Bearer pbk_{}_{nobody}", "0".repeat(33))),
        Some("Bearer é".to_owned()),
    ];
    for route in ROUTES {
        let code = if route.caller == Caller::Phone { "secret_invalid" } else { "api_key_invalid" };
        let mut first: Option<Answer> = None;
        for header in &headers {
            let mut request = scene.request(route, &scene.parts);
            if let Some(header) = header {
                let value = reqwest::header::HeaderValue::from_bytes(header.as_bytes()).unwrap();
                request = request.header("authorization", value);
            }
            if route.takes_body {
                request = request.json(&scene.body(route));
            }
            let answer = Answer::of(request).await;
            assert_eq!(answer.refusal(), refusal(401, code, None), "{route:?} {header:?}");
            assert_eq!(first.get_or_insert(answer.clone()), &answer, "{route:?} {header:?}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn what_is_no_json_is_refused_as_such() {
    let scene = Scene::start().await;
    let bodies: [&[u8]; 8] = [b"", b" ", b"{", b"{\"a\":}", b"nonsense", b"\xff\xfe", b"{} {}", b"[1"];
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        for body in bodies {
            let answer = scene.call_with(route, body.to_vec()).await;
            let shown = String::from_utf8_lossy(&body[..body.len().min(20)]);
            assert_eq!(answer.refusal(), refusal(400, "malformed_json", None), "{route:?} {shown}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn json_of_another_shape_is_an_invalid_field() {
    let scene = Scene::start().await;
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        for body in ["[]", "null", "1", "\"text\"", "true"] {
            let answer = scene.call_with(route, body).await;
            let (status, code, field) = answer.refusal();
            assert_eq!((status, code.as_str()), (400, "invalid_field"), "{route:?} {body}: {answer:?}");
            assert!(field.is_some(), "{route:?} {body}: {answer:?}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let scene = Scene::start().await;
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        for kind in
            [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("application/jsonp")]
        {
            let request = scene.request(route, &scene.parts).bearer_auth(scene.credential(route));
            let request = request.body(scene.body(route).to_string());
            let request = match kind {
                Some(kind) => request.header("content-type", kind),
                None => request,
            };
            let answer = Answer::of(request).await;
            assert_eq!(answer.refusal(), refusal(415, "unsupported_media_type", None), "{route:?} {kind:?}");
        }
    }
    scene.fixture.end().await;
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_refused_on_every_route() {
    let scene = Scene::start().await;
    let body = format!("\"{}\"", "x".repeat(pushbridge_wire::limits::BODY_BYTES));
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        let answer = scene.call_with(route, body.clone()).await;
        assert_eq!(answer.refusal(), refusal(413, "body_too_large", None), "{route:?}");
    }
    scene.fixture.end().await;
}

/// Old servers meet new phones; a back end's typing error must not be swallowed.
#[tokio::test]
async fn an_unknown_field_is_ignored_from_phones_and_refused_from_others() {
    let scene = Scene::start().await;
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        let mut body = scene.body(route);
        body["surprise"] = json!({"value": "a surprise"});
        let answer = scene.call_with(route, body.to_string()).await;
        match route.caller {
            Caller::Phone if route.path.ends_with("/proof") => {
                assert_eq!(answer.refusal().2.as_deref(), Some("nonce"))
            }
            Caller::Phone => assert!(answer.status < 300, "{route:?} {answer:?}"),
            _ => assert_eq!(answer.refusal(), refusal(400, "invalid_field", Some("surprise")), "{route:?}"),
        }
    }
    scene.fixture.end().await;
}

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

/// A body that nests without end is refused before it fills the stack.
#[tokio::test]
async fn a_body_that_nests_a_hundred_thousand_times_is_refused() {
    let scene = Scene::start().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for route in ROUTES.iter().filter(|route| route.takes_body) {
        assert_eq!(scene.call_with(route, deep.clone()).await.refusal().1, "invalid_field", "{route:?}");
        for field in scene.body(route).as_object().unwrap().keys() {
            let answer = scene.call_with(route, format!(r#"{{"{field}":{deep}}}"#)).await;
            assert_eq!(answer.refusal().1, "invalid_field", "{route:?} {field}");
            assert!(answer.text.len() < 2_000, "{route:?} {field}: an answer of {} bytes", answer.text.len());
        }
    }
    let data = format!(r#"{{"to":{{"user":"anna"}},"message":{{"data":{deep}}}}}"#);
    let send = ROUTES.iter().find(|route| route.path.ends_with("/messages")).unwrap();
    let answer = scene.call_with(send, data).await;
    assert_eq!(answer.status, 400, "{answer:?}");
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
async fn a_key_without_the_scope_is_refused() {
    let scene = Scene::start().await;
    let scopes = [Scope::Send, Scope::Read, Scope::Manage];
    for route in ROUTES {
        let needed = match route.caller {
            Caller::Phone => continue,
            Caller::BackEnd(scope) => scope,
            Caller::Operator => Scope::Admin,
        };
        let others: Vec<Scope> = scopes.iter().copied().filter(|scope| *scope != needed).collect();
        let key = scene.fixture.create_key("shop", &others).await;
        let answer = scene.call(route, &scene.parts, &key).await;
        assert_eq!(answer.refusal(), refusal(403, "scope_missing", None), "{route:?}");
        assert!(answer.problem().detail.contains(needed.as_str()), "says which: {answer:?}");
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
