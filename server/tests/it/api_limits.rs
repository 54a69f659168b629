//! Limits at the door: slow clients, large bodies, too much at once.

use std::time::Duration;

use pushbridge_wire::IsoDuration;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::fixture::{Answer, Fixture, PATIENCE};

/// Everything that the server still says on `stream` until it closes it.
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut said = Vec::new();
    // A reset is an end too.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut said)).await.expect("the server ends the connection");
    String::from_utf8(said).unwrap()
}

#[tokio::test]
async fn a_client_that_does_not_end_its_header_is_cut_off() {
    let fixture =
        Fixture::start_with(|config| config.server.header_timeout = IsoDuration(Duration::from_millis(50)))
            .await;
    let mut stream = TcpStream::connect(fixture.http.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: example\r\nX-Slow: ").await.unwrap();
    let said = until_closed(&mut stream).await;
    assert!(!said.contains("200"), "{said}");
    // Others are served meanwhile and afterwards.
    assert_eq!(fixture.http.get("/healthz", "").await.status, 200);
    fixture.end().await;
}

#[tokio::test]
async fn a_client_that_says_nothing_at_all_is_cut_off() {
    let fixture =
        Fixture::start_with(|config| config.server.header_timeout = IsoDuration(Duration::from_millis(50)))
            .await;
    let mut stream = TcpStream::connect(fixture.http.address).await.unwrap();
    assert_eq!(until_closed(&mut stream).await, "");
    fixture.end().await;
}

/// The refusal has the form of every other one.
#[tokio::test]
async fn a_client_that_does_not_end_its_body_is_refused_in_time() {
    let fixture = Fixture::start_with(|config| {
        config.server.request_timeout = IsoDuration(Duration::from_millis(200));
        config.dispatch.wall_wait = IsoDuration(Duration::from_millis(100));
    })
    .await;
    let mut stream = TcpStream::connect(fixture.http.address).await.unwrap();
    let head = format!(
        "POST /v1/apps/shop/messages HTTP/1.1\r\nHost: example\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{\"to\":",
        fixture.shop
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = vec![0; 4_096];
    let read = timeout(PATIENCE, stream.read(&mut said)).await.expect("an answer").unwrap();
    let said = String::from_utf8_lossy(&said[..read]).to_ascii_lowercase();
    assert!(said.starts_with("http/1.1 503"), "{said}");
    assert!(said.contains("application/problem+json"), "{said}");
    fixture.end().await;
}

#[tokio::test]
async fn a_body_of_the_limit_is_read_and_one_byte_more_is_413() {
    let fixture = Fixture::start_with(|config| config.limits.body_bytes = 4_096).await;
    let mut body = json!({"user": "anna"}).to_string();
    body.push_str(&" ".repeat(4_096 - body.len()));
    for (body, status) in [(body.clone(), 200), (body + " ", 413)] {
        let request = fixture.http.request("POST", "/v1/apps/shop/user-tokens").bearer_auth(&fixture.shop);
        let answer = Answer::of(request.header("content-type", "application/json").body(body)).await;
        assert_eq!(answer.status, status, "{answer:?}");
        if status == 413 {
            assert_eq!(answer.refusal(), (413, "body_too_large".to_owned(), None));
            assert!(answer.problem().detail.contains("4096"), "says the limit: {answer:?}");
        }
    }
    fixture.end().await;
}

/// Said before the body came: nobody sends 100 MB to be told no.
#[tokio::test]
async fn a_body_that_announces_too_much_is_refused_before_it_comes() {
    let fixture = Fixture::start_with(|config| config.limits.body_bytes = 4_096).await;
    let mut stream = TcpStream::connect(fixture.http.address).await.unwrap();
    let head = format!(
        "POST /v1/apps/shop/messages HTTP/1.1\r\nHost: example\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 100000000\r\n\r\n",
        fixture.shop
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut said = vec![0; 4_096];
    let read = timeout(PATIENCE, stream.read(&mut said)).await.expect("an answer").unwrap();
    let said = String::from_utf8_lossy(&said[..read]).to_ascii_lowercase();
    assert!(said.starts_with("http/1.1 413"), "{said}");
    fixture.end().await;
}

/// One request runs, the next one is told to come back; health checks are outside of the limit.
#[tokio::test]
async fn more_requests_at_once_than_allowed_are_told_to_come_back() {
    let fixture = Fixture::start_with(|config| config.limits.concurrent_requests = 1).await;
    let mut running = TcpStream::connect(fixture.http.address).await.unwrap();
    let head = format!(
        "POST /v1/apps/shop/messages HTTP/1.1\r\nHost: example\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{{",
        fixture.shop
    );
    running.write_all(head.as_bytes()).await.unwrap();
    let overloaded = async {
        loop {
            // The running one may not have been read yet.
            let answer = fixture.http.get("/v1/apps/shop/users/anna/explain", &fixture.shop).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let answer = timeout(PATIENCE, overloaded).await.expect("the limit is reached");
    assert_eq!(answer.refusal(), (503, "overloaded".to_owned(), None));
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    assert_eq!(fixture.http.get("/healthz", "").await.text, "ok\n");
    assert_eq!(fixture.http.get("/readyz", "").await.text, "ready\n");
    drop(running);
    let served = async {
        while fixture.http.get("/v1/apps/shop/users/anna/explain", &fixture.shop).await.status != 200 {}
    };
    timeout(PATIENCE, served).await.expect("the place is free again");
    fixture.end().await;
}
