use axum::http::StatusCode;
use jiff::Timestamp;
use tokio::sync::Semaphore;

use super::*;
use crate::{
    ManualClock,
    testing::{FakeGoogle, Pending, hang, ready, taken, token_answer},
};

fn at_noon() -> Arc<ManualClock> {
    Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse::<Timestamp>().expect("a moment")))
}

fn settings(clock: &Arc<ManualClock>) -> TokenSettings {
    TokenSettings { clock: Arc::<ManualClock>::clone(clock), ..TokenSettings::default() }
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
    let source = google.tokens(TokenSettings::default());
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

#[tokio::test]
async fn a_hanging_endpoint_is_given_up_in_time() {
    let google = google(|_| hang()).await;
    let settings = TokenSettings { fetch_timeout: Duration::from_millis(20), ..settings(&at_noon()) };
    let error = google.tokens(settings).token().await.expect_err("no token");
    let first_pause = Duration::from_secs(1);
    assert_eq!(error, AuthUnavailable { retry_after: first_pause, cause: AuthFailure::TimedOut });
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
    let source = google.tokens(TokenSettings::default());
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

#[tokio::test]
async fn a_token_that_is_born_expired_still_serves_those_who_waited() {
    let google = google(|number| ready(token_answer(number, 0))).await;
    let source = google.tokens(settings(&at_noon()));
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-1");
    assert_eq!(header(&source.token().await.expect("a token")), "Bearer token-2");
}
