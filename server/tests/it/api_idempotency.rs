//! I6 over HTTP: the same key is the same message.

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::fixture::{Answer, Fixture};

async fn send(fixture: &Fixture, app: &str, key: &str, body: &Value) -> Answer {
    let request = fixture.http.request("POST", &format!("/v1/apps/{app}/messages"));
    Answer::of(request.bearer_auth(&fixture.operator).header("Idempotency-Key", key).json(body)).await
}

fn hello(title: &str) -> Value {
    json!({"to": {"user": "anna"}, "message": {"notification": {"title": title}}})
}

/// I6: of requests that run at the same time, too.
#[tokio::test]
async fn concurrent_requests_with_one_key_make_one_message() {
    let fixture = Fixture::start().await;
    let phone = fixture.phone_of("anna").await;
    let (key, http) = (fixture.shop.clone(), fixture.http.clone());
    let mut requests = JoinSet::new();
    for _ in 0..32 {
        let request = http.request("POST", "/v1/apps/shop/messages").bearer_auth(&key);
        requests.spawn(Answer::of(request.header("Idempotency-Key", "order-1").json(&hello("Hello"))));
    }
    let answers = requests.join_all().await;
    let first = answers[0].expect(202);
    assert!(answers.iter().all(|answer| answer.expect(202) == first), "{answers:?}");
    assert_eq!(first["deliveries"], 1);
    fixture.ended(first["message_id"].as_str().unwrap()).await;
    assert_eq!(fixture.control().inbox(&phone.device.id, 0).unwrap().len(), 1);
    fixture.end().await;
}

#[tokio::test]
async fn another_spelling_of_the_same_content_is_the_same_message() {
    let fixture = Fixture::start().await;
    let first = send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202);
    let text = r#" { "message" : {"notification":{"title":"\u0048ello"}}, "to":{ "user":"anna" } } "#;
    let request = fixture.http.request("POST", "/v1/apps/shop/messages").bearer_auth(&fixture.shop);
    let request = request
        .header("idempotency-key", "order-1")
        .header("content-type", "application/json; charset=utf-8");
    assert_eq!(Answer::of(request.body(text)).await.expect(202), first);
    fixture.end().await;
}

#[tokio::test]
async fn the_same_key_with_other_content_is_refused_and_sends_nothing() {
    let fixture = Fixture::start().await;
    let phone = fixture.phone_of("anna").await;
    let first = send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202);
    let refused = send(&fixture, "shop", "order-1", &hello("Bye")).await;
    assert_eq!(refused.refusal(), (422, "idempotency_key_reused".to_owned(), None));
    // The key still means the first message.
    assert_eq!(send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202), first);
    fixture.ended(first["message_id"].as_str().unwrap()).await;
    // What came after it would be sent after it.
    fixture.ended(&fixture.send("anna").await).await;
    assert_eq!(fixture.control().inbox(&phone.device.id, 0).unwrap().len(), 2);
    fixture.end().await;
}

/// I6, I12: a key means something in its own app only.
#[tokio::test]
async fn the_same_key_in_another_app_is_another_message() {
    let fixture = Fixture::start().await;
    fixture.create_app("bank", json!({"mode": "single"})).await;
    let shop = send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202);
    let bank = send(&fixture, "bank", "order-1", &hello("Bye")).await.expect(202);
    assert_ne!(shop["message_id"], bank["message_id"]);
    fixture.end().await;
}

#[tokio::test]
async fn a_refused_request_does_not_use_the_key_up() {
    let fixture = Fixture::start().await;
    let wrong = json!({"to": {"user": "anna"}, "message": {"notification": {"titel": "Hello"}}});
    let refused = send(&fixture, "shop", "order-1", &wrong).await;
    assert_eq!(refused.refusal().1, "payload_rejected");
    send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202);
    fixture.end().await;
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day_and_not_before() {
    let fixture = Fixture::start().await;
    let first = send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202);
    fixture.clock.advance(std::time::Duration::from_secs(24 * 3_600 - 1));
    assert_eq!(send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202), first);
    fixture.clock.advance(std::time::Duration::from_secs(2));
    assert_ne!(send(&fixture, "shop", "order-1", &hello("Hello")).await.expect(202), first);
    fixture.end().await;
}

#[tokio::test]
async fn a_malformed_key_is_refused_by_the_name_of_its_header() {
    let fixture = Fixture::start().await;
    for key in [b"".to_vec(), vec![b'k'; 256], b"\xff\xfe".to_vec()] {
        let request = fixture.http.request("POST", "/v1/apps/shop/messages").bearer_auth(&fixture.shop);
        let key = reqwest::header::HeaderValue::from_bytes(&key).unwrap();
        let answer = Answer::of(request.header("Idempotency-Key", key).json(&hello("Hello"))).await;
        assert_eq!(answer.refusal(), (400, "invalid_field".to_owned(), Some("Idempotency-Key".to_owned())));
    }
    let request = fixture.http.request("POST", "/v1/apps/shop/messages").bearer_auth(&fixture.shop);
    let twice = request.header("Idempotency-Key", "a").header("Idempotency-Key", "b").json(&hello("Hello"));
    assert_eq!(Answer::of(twice).await.refusal().2.as_deref(), Some("Idempotency-Key"));
    fixture.end().await;
}
