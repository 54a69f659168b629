//! Bad input on every route. Each refusal is a problem with a stable code, names the field and says how to mend it.

use pushbridge_wire::Scope;
use serde_json::json;

use crate::fixture::{Answer, Caller, ROUTES, Route, Scene};

pub(super) fn refusal(status: u16, code: &str, field: Option<&str>) -> (u16, String, Option<String>) {
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
