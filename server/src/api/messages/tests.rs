//! Messages over HTTP, in process.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use http_body_util::BodyExt;
use pushbridge_wire::Scope;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    keys::ApiKey,
    router::routes,
    store::{AppNo, KeyRow},
    testing::{Bench, create_app},
};

/// A backend with a key.
struct Backend {
    bench: Bench,
    key: ApiKey,
}

impl Backend {
    async fn new(scopes: &[Scope]) -> Self {
        let bench = Bench::new().await;
        let no = bench.shop.no;
        Self::with_key(bench, no, scopes).await
    }

    async fn with_key(bench: Bench, app: AppNo, scopes: &[Scope]) -> Self {
        let key = ApiKey::generate().unwrap();
        let row = KeyRow {
            key_id: key.id().to_owned(),
            app: Some(app),
            scopes: scopes.to_vec(),
            hash: key.hash(),
            created: bench.now(),
        };
        bench.app.store.save_key(row).await.unwrap();
        Self { bench, key }
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        idempotency: Option<&str>,
        body: &Value,
    ) -> (StatusCode, Value) {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("/v1/apps/shop/messages{path}"))
            .header(header::AUTHORIZATION, format!("Bearer {}", self.key.expose()))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(key) = idempotency {
            request = request.header("Idempotency-Key", key);
        }
        let request = request.body(Body::from(body.to_string())).unwrap();
        let response = routes(self.bench.app.clone()).oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap())
    }

    async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.call("POST", "", None, body).await
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call("GET", path, None, &Value::Null).await
    }
}

const SEND_AND_READ: [Scope; 2] = [Scope::Send, Scope::Read];

fn hello() -> Value {
    json!({"to": {"user": "anna"}, "message": {"notification": {"title": "hello"}}})
}

/// A7: the backend sends, looks and cancels.
#[tokio::test]
async fn a_message_is_accepted_shown_and_cancelled() {
    let backend = Backend::new(&SEND_AND_READ).await;
    backend.bench.phone(1, "anna").await;
    let (status, accepted) = backend.post(&hello()).await;
    assert_eq!((status, &accepted["deliveries"]), (StatusCode::ACCEPTED, &json!(1)));
    let path = format!("/{}", accepted["message_id"].as_str().unwrap());

    let (status, shown) = backend.get(&path).await;
    assert_eq!((status, &shown["state"]), (StatusCode::OK, &json!("sending")));
    let counts = json!({"pending": 1, "leased": 0, "sent": 0, "failed": 0, "expired": 0, "cancelled": 0});
    assert_eq!((&shown["counts"], &shown["lane"]), (&counts, &json!("normal")));
    assert_eq!(shown["receipts"], json!({"received": 0, "shown": 0, "opened": 0}));

    let (status, cancelled) = backend.call("DELETE", &path, None, &Value::Null).await;
    assert_eq!((status, &cancelled["state"]), (StatusCode::OK, &json!("cancelled")));
    let (_, page) = backend.get(&format!("{path}/deliveries?limit=10")).await;
    let delivery = &page["deliveries"][0];
    assert_eq!((&delivery["state"], &delivery["reason"]), (&json!("cancelled"), &json!("message_cancelled")));
}

/// I6: over HTTP.
#[tokio::test]
async fn an_idempotency_key_makes_one_message() {
    let backend = Backend::new(&SEND_AND_READ).await;
    let (_, first) = backend.call("POST", "", Some("k"), &hello()).await;
    let (status, again) = backend.call("POST", "", Some("k"), &hello()).await;
    assert_eq!((status, again), (StatusCode::ACCEPTED, first));
    let other = json!({"to": {"user": "bob"}, "message": {}});
    let (status, refused) = backend.call("POST", "", Some("k"), &other).await;
    assert_eq!(
        (status, &refused["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("idempotency_key_reused"))
    );
    let (status, refused) = backend.call("POST", "", Some(&"k".repeat(256)), &hello()).await;
    assert_eq!((status, &refused["field"]), (StatusCode::BAD_REQUEST, &json!("Idempotency-Key")));
}

#[tokio::test]
async fn a_refusal_names_code_and_field() {
    let backend = Backend::new(&SEND_AND_READ).await;
    for (body, code, field) in [
        (
            json!({"to": {"user": "a"}, "message": {"android": {"ttl": "x"}}}),
            "payload_rejected",
            "message.android.ttl",
        ),
        (
            json!({"to": {"user": "a"}, "message": {"data": {"pb_x": "1"}}}),
            "payload_rejected",
            "message.data",
        ),
        (json!({"to": {"everyone": false}, "message": {}}), "invalid_field", "to.everyone"),
        (json!({"to": {"user": "a"}, "template": {"id": "t"}}), "invalid_field", "template"),
        (json!({"to": {"user": "a"}, "message": {}, "colour": "red"}), "invalid_field", "colour"),
    ] {
        let (status, refused) = backend.post(&body).await;
        assert_eq!((status, &refused["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{body}");
        assert!(refused["field"].as_str().unwrap().starts_with(field), "{body}: {refused}");
    }
    for (path, field) in [
        ("/msg_1/deliveries?limit=0", "limit"),
        ("/msg_1/deliveries?cursor=x", "cursor"),
        ("/nonsense", "message"),
    ] {
        let (status, refused) = backend.get(path).await;
        assert_eq!((status, &refused["field"]), (StatusCode::BAD_REQUEST, &json!(field)), "{path}");
    }
}

#[tokio::test]
async fn each_route_needs_its_scope() {
    for (scope, post, get, delete) in [(Scope::Send, 202, 403, 404), (Scope::Read, 403, 404, 403)] {
        let backend = Backend::new(&[scope]).await;
        assert_eq!(backend.post(&hello()).await.0.as_u16(), post, "{scope:?}");
        assert_eq!(backend.get("/msg_1").await.0.as_u16(), get, "{scope:?}");
        assert_eq!(backend.get("/msg_1/deliveries").await.0.as_u16(), get, "{scope:?}");
        assert_eq!(
            backend.call("DELETE", "/msg_1", None, &Value::Null).await.0.as_u16(),
            delete,
            "{scope:?}"
        );
    }
}

/// I12: a caller sees only its own app.
#[tokio::test]
async fn the_key_of_another_app_sees_nothing() {
    let bench = Bench::new().await;
    let accepted = bench.send("anna").await;
    let other = create_app(&bench.app, "other").await;
    let backend = Backend::with_key(bench, other.no, &SEND_AND_READ).await;
    assert_eq!(backend.post(&hello()).await.0, StatusCode::NOT_FOUND);
    assert_eq!(backend.get(&format!("/{}", accepted.message_id)).await.0, StatusCode::NOT_FOUND);
}

/// The disk is full: 503, nothing half accepted, and the same request is accepted when there is room.
#[tokio::test]
async fn a_full_disk_is_503_and_recovers_by_itself() {
    let backend = Backend::new(&SEND_AND_READ).await;
    backend.bench.crowd(1_500).await;
    let everyone = json!({"to": {"everyone": true}, "message": {"data": {"a": "1"}}});
    backend.bench.fill_disk(true).await;
    let (status, refused) = backend.call("POST", "", Some("k"), &everyone).await;
    assert_eq!(
        (status, &refused["code"], &refused["retry_after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("storage_unavailable"), &json!(5))
    );
    assert_eq!(backend.bench.outbox().await, Vec::<String>::new());
    backend.bench.fill_disk(false).await;
    let (status, accepted) = backend.call("POST", "", Some("k"), &everyone).await;
    assert_eq!((status, &accepted["deliveries"]), (StatusCode::ACCEPTED, &json!(1_000)));
}
