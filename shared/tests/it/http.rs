//! The real transport over a loopback socket.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use pushbridge_core::{
    DeferCause, PushConfig, PushCore, RegistrationKind::FcmToken, SyncOutcome, SyncTrigger,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinSet,
};

use crate::rig::{Provider, Rig, sync};

/// What came in: verb, path, headers.
type Seen = (Method, String, HeaderMap);

#[derive(Clone)]
struct Script {
    answer: Arc<dyn Fn() -> Response + Send + Sync>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

async fn handle(
    State(script): State<Script>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    _: Bytes,
) -> Response {
    script.seen.lock().unwrap().push((method, uri.path().to_owned(), headers));
    (script.answer)()
}

struct Loopback {
    base_url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
    _tasks: JoinSet<()>,
}

async fn serve(answer: impl Fn() -> Response + Send + Sync + 'static) -> Loopback {
    let script = Script { answer: Arc::new(answer), seen: Arc::default() };
    let seen = Arc::clone(&script.seen);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let app = Router::new().fallback(handle).with_state(script);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { axum::serve(listener, app).await.unwrap() });
    Loopback { base_url, seen, _tasks: tasks }
}

pub(crate) fn config(rig: &Rig, base_url: &str) -> PushConfig {
    let mut config = rig.config();
    config.base_url = base_url.to_owned();
    config.https_only = false;
    config.request_timeout = Duration::from_secs(10);
    config
}

pub(crate) fn open(rig: &Rig, config: PushConfig) -> Arc<PushCore> {
    let core = PushCore::open(config, rig.app.clone(), rig.app.clone()).unwrap();
    core.on_registration(FcmToken, "token-1".to_owned(), None).unwrap();
    core
}

async fn outcome_of(answer: impl Fn() -> Response + Send + Sync + 'static) -> (SyncOutcome, usize) {
    let (rig, server) = (Rig::new(), serve(answer).await);
    let core = open(&rig, config(&rig, &server.base_url));
    let outcome = sync(&core).await;
    core.shutdown(Duration::from_secs(5)).await;
    let count = server.seen.lock().unwrap().len();
    (outcome, count)
}

fn typed(status: u16, content_type: &'static str, body: String) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(header::CONTENT_TYPE, content_type)], body).into_response()
}

/// What the server says of a report that it took.
pub(crate) fn applied_body() -> String {
    let body = json!({
        "revision": 1, "outcome": "applied", "address_state": "live", "user_state": "none", "wall": "closed",
        "incarnation": "first", "refresh_after": "P28D", "confirm_after": "P1D",
        "server_time": "2026-11-24T00:00:00Z", "installation": { "revision": 1, "platform": "android" },
        "a_field_of_a_newer_server": true,
    });
    body.to_string()
}

fn applied() -> Response {
    typed(200, "application/json", applied_body())
}

fn problem(status: u16, code: &str) -> Response {
    let body = json!({ "code": code, "status": status, "title": "t", "detail": "d" });
    typed(status, "application/problem+json", body.to_string())
}

pub(crate) fn assert_deferred(outcome: &SyncOutcome, because: DeferCause) {
    assert!(matches!(outcome, SyncOutcome::Deferred { cause, .. } if *cause == because), "{outcome:?}");
}

/// A3
#[tokio::test]
async fn a_report_reaches_the_server_with_secret_and_proof_in_their_headers() {
    let (rig, server) = (Rig::new(), serve(applied).await);
    rig.set_provider(Provider::Gives("proof".to_owned()));
    let core = open(&rig, config(&rig, &format!("{}/with/a/path/", server.base_url)));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    let id = core.snapshot().unwrap().installation_id;
    let seen = server.seen.lock().unwrap();
    let (method, path, headers) = &seen[0];
    assert_eq!(*method, Method::PUT);
    assert_eq!(*path, format!("/with/a/path/v1/apps/shop/installations/{id}"));
    assert_eq!(headers["content-type"], "application/json");
    assert_eq!(headers["authorization"].len(), "Bearer ".len() + 43);
    assert!(!headers.contains_key("pushbridge-user"), "nobody is logged in");
    assert_eq!(seen[1].2["pushbridge-user"], "Bearer proof");
}

/// Failure mode 15
#[tokio::test]
async fn row15_html_redirects_and_half_answers_acknowledge_nothing() {
    let html = outcome_of(|| typed(200, "text/html", "<html>log in</html>".to_owned())).await;
    assert_deferred(&html.0, DeferCause::NotTheServer);
    let redirect = outcome_of(|| {
        (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/v1/apps/shop/elsewhere")]).into_response()
    });
    let (outcome, count) = redirect.await;
    assert_deferred(&outcome, DeferCause::NotTheServer);
    assert_eq!(count, 1, "not followed");
    let half = outcome_of(|| typed(200, "application/json", r#"{"revision":1"#.to_owned())).await;
    assert_deferred(&half.0, DeferCause::NotTheServer);
    let huge = outcome_of(|| typed(200, "application/json", " ".repeat(1 << 20))).await;
    assert_deferred(&huge.0, DeferCause::NotTheServer);
    let portal_401 = outcome_of(|| typed(401, "text/html", String::new())).await;
    assert_deferred(&portal_401.0, DeferCause::NotTheServer);
}

/// Failure mode 13: a date counts by the server's clock, not by the phone's.
#[tokio::test]
async fn row13_retry_after_is_read_as_seconds_and_as_a_date() {
    let within = |outcome: SyncOutcome, from: u64, to: u64| {
        let SyncOutcome::Deferred { retry_after, cause: DeferCause::Server } = outcome else {
            panic!("{outcome:?}")
        };
        assert!((from..=to).contains(&retry_after.as_secs()), "{retry_after:?}");
    };
    let seconds = || (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "100")]).into_response();
    within(outcome_of(seconds).await.0, 99, 110);
    let date = || {
        let headers =
            [("retry-after", "Sun, 06 Nov 1994 09:00:00 GMT"), ("date", "Sun, 06 Nov 1994 08:00:00 GMT")];
        (StatusCode::SERVICE_UNAVAILABLE, headers).into_response()
    };
    within(outcome_of(date).await.0, 3599, 3960);
    let absurd = || (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "315360000")]).into_response();
    within(outcome_of(absurd).await.0, 86_399, 86_400);
}

/// Failure mode 14
#[tokio::test]
async fn row14_a_400_is_told_once_and_not_repeated() {
    let (rig, server) = (Rig::new(), serve(|| problem(400, "invalid_field")).await);
    let core = open(&rig, config(&rig, &server.base_url));
    let rejected = SyncOutcome::Rejected { code: "invalid_field".to_owned() };
    for _ in 0..3 {
        assert_eq!(sync(&core).await, rejected);
    }
    assert_eq!(server.seen.lock().unwrap().len(), 1);
    core.on_registration(FcmToken, "token-2".to_owned(), None).unwrap();
    assert_eq!(sync(&core).await, rejected);
    assert_eq!(server.seen.lock().unwrap().len(), 2, "a change tries again");
}

#[tokio::test]
async fn a_409_makes_a_new_identity_that_waits_for_a_fresh_address() {
    let (rig, server) = (Rig::new(), serve(|| problem(409, "installation_cloned")).await);
    let core = open(&rig, config(&rig, &server.base_url));
    let before = core.snapshot().unwrap().installation_id;
    assert_eq!(sync(&core).await, SyncOutcome::AwaitingAddress);
    let status = core.snapshot().unwrap();
    assert_ne!(status.installation_id, before);
    assert_eq!(rig.next_reset(), status.pending_reset.unwrap());
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

/// A 401 counts once the server has known this installation.
#[tokio::test]
async fn a_401_after_an_acknowledgement_makes_a_new_identity() {
    let is_known = Arc::new(Mutex::new(false));
    let known = Arc::clone(&is_known);
    let answer = move || {
        let was_known = std::mem::replace(&mut *known.lock().unwrap(), true);
        if was_known { problem(401, "secret_invalid") } else { applied() }
    };
    let (rig, server) = (Rig::new(), serve(answer).await);
    let core = open(&rig, config(&rig, &server.base_url));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    let before = core.snapshot().unwrap().installation_id;
    core.on_registration(FcmToken, "token-2".to_owned(), None).unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::AwaitingAddress);
    assert_ne!(core.snapshot().unwrap().installation_id, before);
}

/// Failure mode 16: a server that takes the connection and says nothing.
#[tokio::test]
async fn a_silent_server_costs_no_more_than_the_time_outs() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = config(&rig, &base_url);
    let core = open(&rig, config.clone());
    let deadline = Duration::from_millis(50);
    let outcome = core.sync_now(deadline, SyncTrigger::Change).await.unwrap();
    assert_deferred(&outcome, DeferCause::Deadline);
    core.shutdown(Duration::ZERO).await;
    config.request_timeout = Duration::from_millis(100);
    let core = open(&rig, config);
    assert_deferred(&sync(&core).await, DeferCause::Timeout);
}

#[tokio::test]
async fn row15_no_listener_is_offline_and_plain_http_answered_to_tls_is_a_tls_failure() {
    let rig = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let core = open(&rig, config(&rig, &format!("http://127.0.0.1:{port}")));
    assert_deferred(&sync(&core).await, DeferCause::Offline);
    let other = Rig::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain_text = async {
        let (mut socket, _) = listener.accept().await.unwrap();
        socket.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        let mut hello = [0; 512];
        while socket.read(&mut hello).await.is_ok_and(|count| count > 0) {}
    };
    let core = open(&other, config(&other, &format!("https://127.0.0.1:{port}")));
    let (outcome, ()) = tokio::join!(sync(&core), plain_text);
    assert_deferred(&outcome, DeferCause::Tls);
}
