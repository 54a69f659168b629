use axum::http::StatusCode;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    ManualClock, ServiceAccount,
    testing::{FakeGoogle, Pending, hang, patient_tokens, ready, service_account_json, taken, token_answer},
};

fn at_noon() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse::<Timestamp>().expect("a moment")))
}

fn settings(clock: &Arc<ManualClock>) -> TokenSettings {
    TokenSettings { clock: Arc::<ManualClock>::clone(clock), ..patient_tokens() }
}

async fn google(token: impl Fn(usize) -> Pending + Send + Sync + 'static) -> FakeGoogle {
    FakeGoogle::start(token, |_| ready(taken())).await
}

fn header(token: &AccessToken) -> String {
    token.expose_header().to_str().expect("text").to_owned()
}

/// The fetch under way comes to its end.
async fn landing(source: &TokenSource) {
    let flight = source.shared.lock().flight.clone();
    let mut flight = flight.expect("a fetch is under way");
    let _told = flight.wait_for(Option::is_some).await.expect("the fetch tells");
}

/// A5: sending is authenticated with `gcp_auth`.
#[tokio::test]
async fn many_callers_share_one_fetch() {
    let google = google(|number| ready(token_answer(number, 3600))).await;
    let source = google.tokens(patient_tokens());
    let mut callers = JoinSet::new();
    for _ in 0..50 {
        let source = source.clone();
        callers.spawn(async move { source.token().await });
    }
    for result in callers.join_all().await {
        assert_eq!(header(&result.expect("a token")), "Bearer token-1");
    }
    assert_eq!(google.fetches(), 1);
}

#[tokio::test]
async fn a_renewal_is_early_and_nobody_waits_for_it() {
    let gate = Arc::new(Semaphore::new(1));
    let held = Arc::clone(&gate);
    let google = google(move |number| {
        let gate = Arc::clone(&held);
        Box::pin(async move {
            gate.acquire().await.expect("open").forget();
            token_answer(number, 3600)
        })
    })
    .await;
    let clock = at_noon();
    let source = google.tokens(settings(&clock));
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-1");

    clock.advance(Duration::from_secs(3600 - 299));
    for _ in 0..3 {
        let meanwhile = source.token().await.expect("the old one, though the endpoint does not answer");
        assert_eq!(header(&meanwhile), "Bearer token-1");
    }
    gate.add_permits(1);
    landing(&source).await;
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-2");
    assert_eq!(google.fetches(), 2);
}

#[tokio::test]
async fn a_failing_endpoint_gets_no_storm() {
    let google = google(|_| ready((StatusCode::BAD_REQUEST, r#"{"error":"invalid_grant"}"#))).await;
    let clock = at_noon();
    let source = google.tokens(settings(&clock));
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let source = source.clone();
        callers.spawn(async move { source.token().await });
    }
    for result in callers.join_all().await {
        assert_eq!(result.expect_err("no token").retry_after, Duration::from_secs(1));
    }
    // gcp_auth's own tries, once, and not once for each caller.
    assert_eq!(google.fetches(), 5);

    for _ in 0..100 {
        source.token().await.expect_err("still paused");
    }
    assert_eq!(google.fetches(), 5);
    clock.advance(Duration::from_secs(1));
    assert_eq!(source.token().await.expect_err("no token").retry_after, Duration::from_secs(2));
    assert_eq!(google.fetches(), 10);
}

/// Eight callers at once, then a hundred one by one: what each is told, and how often the endpoint was asked.
async fn storm(source: &TokenSource) -> Vec<AuthUnavailable> {
    let mut callers = JoinSet::new();
    for _ in 0..8 {
        let source = source.clone();
        callers.spawn(async move { source.token().await });
    }
    let mut told: Vec<_> =
        callers.join_all().await.into_iter().map(|told| told.expect_err("no token")).collect();
    for _ in 0..100 {
        told.push(source.token().await.expect_err("still paused"));
    }
    told
}

#[tokio::test]
async fn a_hanging_endpoint_is_given_up_in_time() {
    let google = google(|_| hang()).await;
    let clock = at_noon();
    let settings = TokenSettings { fetch_timeout: Duration::from_millis(20), ..settings(&clock) };
    let source = google.tokens(settings);
    let first_pause = Duration::from_secs(1);
    let given_up = AuthUnavailable { retry_after: first_pause, cause: AuthFailure::TimedOut };
    assert_eq!(storm(&source).await, vec![given_up; 108]);
    // At most: on a slow machine the time is up before the call arrives.
    assert!(google.fetches() <= 1);
    clock.advance(first_pause);
    let again = storm(&source).await;
    assert_eq!(again[0].retry_after, Duration::from_secs(2));
    assert!(google.fetches() <= 2);
}

/// Headers at once, the body never: the time-out is one for the whole answer.
#[tokio::test]
async fn an_endpoint_that_hangs_within_its_answer_is_given_up_too() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut server = JoinSet::new();
    server.spawn(async move {
        let mut held = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            let head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{";
            tokio::io::AsyncWriteExt::write_all(&mut stream, head).await.expect("written");
            held.push(stream);
        }
    });
    let json = service_account_json(&format!("http://{address}/token")).to_string();
    let account = ServiceAccount::from_json(&json).expect("sound");
    let settings = TokenSettings { fetch_timeout: Duration::from_millis(20), ..settings(&at_noon()) };
    let told = storm(&TokenSource::new(account, settings)).await;
    assert!(told.iter().all(|told| told.cause == AuthFailure::TimedOut), "{told:?}");
}

/// What it says is no token, though with status 200: once for all callers, and then not until the pause is over.
#[tokio::test]
async fn a_lying_endpoint_gets_no_storm() {
    let google = google(|_| ready(r#"{"access_token":"a","expires_in":"3600"}"#)).await;
    let clock = at_noon();
    let source = google.tokens(settings(&clock));
    assert_eq!(storm(&source).await.len(), 108);
    assert_eq!(google.fetches(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(storm(&source).await[0].retry_after, Duration::from_secs(2));
    assert_eq!(google.fetches(), 2);
}

#[tokio::test]
async fn a_caller_who_goes_away_takes_no_token_along() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let google = google(move |number| {
        let gate = Arc::clone(&held);
        Box::pin(async move {
            gate.acquire().await.expect("open").forget();
            token_answer(number, 3600)
        })
    })
    .await;
    let source = google.tokens(patient_tokens());
    let mut impatient = Box::pin(source.token());
    let first_poll = std::future::poll_fn(|context| std::task::Poll::Ready(impatient.as_mut().poll(context)));
    assert!(first_poll.await.is_pending());
    drop(impatient);
    gate.add_permits(1);
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-1");
    assert_eq!(google.fetches(), 1);
}

#[tokio::test]
async fn after_a_refusal_by_fcm_another_token_is_fetched() {
    let google = google(|number| ready(token_answer(number, 3600))).await;
    let source = google.tokens(settings(&at_noon()));
    let first = source.token().await.expect("a token");
    assert!(source.invalidate(&first));
    let second = source.token().await.expect("a token");
    assert_eq!((header(&second).as_str(), google.fetches()), ("Bearer token-2", 2));
    assert!(!source.invalidate(&second), "not another one at once");
    assert_eq!(source.token().await.expect("a token"), second);
}

#[tokio::test]
async fn answers_that_make_no_token_are_failures() {
    for body in [
        r#"{"access_token":"a","expires_in":"3600"}"#,
        r#"{"expires_in":3600}"#,
        "{\"access_token\":\"a\\nb\",\"expires_in\":3600}",
        "<html>",
    ] {
        let google = google(move |_| ready(body)).await;
        let error = google.tokens(settings(&at_noon())).token().await.expect_err(body);
        assert!(matches!(error.cause, AuthFailure::Failed(_)), "{error}");
    }
}

/// `gcp_auth` panics at this answer.
#[tokio::test]
async fn a_fetch_that_panics_counts_as_failed() {
    let google = google(|number| ready(token_answer(number, u64::MAX))).await;
    let source = google.tokens(settings(&at_noon()));
    let error = source.token().await.expect_err("no token");
    assert_eq!(error.cause, AuthFailure::Failed("the fetch ended without a result".to_owned()));
    source.token().await.expect_err("paused");
    assert_eq!(google.fetches(), 1);
}

/// Another lie: a token that has expired as it arrives.
#[tokio::test]
async fn a_token_that_is_born_expired_is_not_renewed_at_every_call() {
    let google = google(|number| ready(token_answer(number, 0))).await;
    let clock = at_noon();
    let source = google.tokens(settings(&clock));
    for _ in 0..100 {
        assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-1");
    }
    assert_eq!(google.fetches(), 1);
    clock.advance(Duration::from_secs(1));
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-2");
}
