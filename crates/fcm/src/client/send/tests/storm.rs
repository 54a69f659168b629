//! A token endpoint that hangs, fails or lies while a thousand sends wait: what it is asked, and how long they are held.

use std::sync::Arc;

use axum::http::StatusCode as Status;
use jiff::Timestamp;
use tokio::time::Instant;

use super::*;
use crate::{
    AuthUnavailable, Credentials, ManualClock, TokenSettings,
    oauth::AuthFailure,
    testing::{Pending, patient_tokens, service_account_json, token_answer},
};

const SENDS: usize = 1_000;
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// A client whose access tokens come from `google`, and the clock by which it waits after a failure.
fn bench(google: &FakeGoogle) -> (FcmClient, Arc<ManualClock>) {
    bench_with(google, google.account().into(), patient_tokens())
}

fn bench_with(
    google: &FakeGoogle,
    credentials: Credentials,
    mut settings: TokenSettings,
) -> (FcmClient, Arc<ManualClock>) {
    let noon: Timestamp = "2026-11-24T12:00:00Z".parse().expect("a moment");
    let clock = Arc::new(ManualClock::new(noon));
    settings.clock = Arc::<ManualClock>::clone(&clock);
    let tokens = TokenSource::new(credentials, settings);
    let project = ProjectId::try_from("demo").expect("an id");
    let client = FcmClient::new(project, &google.url, tokens, &patient());
    (client.expect("a client"), clock)
}

async fn google(token: impl Fn(usize) -> Pending + Send + Sync + 'static) -> FakeGoogle {
    FakeGoogle::start(token, |_| ready(taken())).await
}

/// A thousand sends at once, and what became of them. Fails as soon as they are seen to fetch more than one token: a
/// thousand fetches would bring the machine to its knees long before anybody could count them at the endpoint.
async fn thousand(client: &FcmClient) -> Vec<Result<SentId, SendError>> {
    let mut sends = JoinSet::new();
    for _ in 0..SENDS {
        let client = client.clone();
        sends.spawn(async move { send(&client).await });
    }
    for _ in 0..SENDS {
        // Lets some of them run, until each has asked for its token.
        tokio::task::yield_now().await;
        let fetches = client.shared.tokens.fetches_under_way();
        assert!(fetches <= 1, "no single flight: {fetches} fetches of a token are under way at once");
    }
    sends.join_all().await
}

/// Why none of a thousand sends went out.
async fn refused(client: &FcmClient) -> Vec<AuthUnavailable> {
    let unavailable = |result| match result {
        Err(SendError::AuthUnavailable(unavailable)) => unavailable,
        other => panic!("{other:?}"),
    };
    thousand(client).await.into_iter().map(unavailable).collect()
}

/// Tokio's time stands still while there is something to do, and moves to the next time-out when all wait: how long the
/// sends are held can be read from it, however slow the machine is.
#[tokio::test(start_paused = true)]
async fn a_hanging_endpoint_holds_a_thousand_sends_for_one_time_out_and_no_longer() {
    let google = google(|_| hang()).await;
    let settings = TokenSettings { fetch_timeout: TEN_SECONDS, ..TokenSettings::default() };
    let (client, clock) = bench_with(&google, google.account().into(), settings);
    // Each outage is met by a thousand, while its pause lasts by a thousand more, and so on for three pauses.
    for (outage, pause) in [1, 2, 4].into_iter().enumerate() {
        let begun = Instant::now();
        let given_up =
            AuthUnavailable { retry_after: Duration::from_secs(pause), cause: AuthFailure::TimedOut };
        assert_eq!(refused(&client).await, vec![given_up; SENDS]);
        assert_eq!(begun.elapsed(), TEN_SECONDS, "all of them, side by side");
        let begun = Instant::now();
        refused(&client).await;
        assert_eq!(begun.elapsed(), Duration::ZERO, "nobody waits for what is known to hang");
        // At most: the time may be up before the question arrives.
        assert!(google.fetches() <= outage + 1, "{} questions", google.fetches());
        clock.advance(Duration::from_secs(pause));
    }
    assert!(google.sends().is_empty());
}

#[tokio::test]
async fn a_failing_endpoint_is_asked_for_a_thousand_sends_as_for_one() {
    let google = google(|_| ready((Status::INTERNAL_SERVER_ERROR, r#"{"error":"internal_failure"}"#))).await;
    let (client, clock) = bench(&google);
    for outage in 1..=2 {
        let told = refused(&client).await;
        assert!(told.iter().all(|told| matches!(told.cause, AuthFailure::Failed(_))), "{:?}", told[0]);
        refused(&client).await;
        // gcp_auth's own five tries, once for all.
        assert_eq!(google.fetches(), 5 * outage);
        clock.advance(Duration::from_secs(2));
    }
    assert!(google.sends().is_empty());
}

/// Two hours in which every second somebody wants to send.
#[tokio::test]
async fn hours_of_lies_cost_a_question_a_minute() {
    let google = google(|_| ready(r#"{"access_token":"a","expires_in":"soon"}"#)).await;
    let (client, clock) = bench(&google);
    refused(&client).await;
    for second in 0..2 * 60 * 60 {
        let error = send(&client).await.expect_err("no token");
        assert_eq!(error.code(), "auth_unavailable");
        // At once, and not at the end: thousands of questions take many minutes.
        assert!(google.fetches() <= 7 + second / 60, "{} questions in {second} s", google.fetches());
        clock.advance(Duration::from_secs(1));
    }
    // 1, 2, 4 … 32 seconds of pause, then a minute each.
    assert_eq!(google.fetches(), 6 + (7_200 - 63_usize).div_ceil(60));
    assert!(google.sends().is_empty());
}

#[tokio::test]
async fn after_an_outage_a_thousand_sends_go_out_with_one_token() {
    let google = google(|number| match number {
        1 => ready("<html>"),
        _ => ready(token_answer(number, 3600)),
    })
    .await;
    let (client, clock) = bench(&google);
    refused(&client).await;
    clock.advance(Duration::from_secs(1));
    for result in thousand(&client).await {
        result.expect("taken");
    }
    assert_eq!(google.fetches(), 2);
    assert!(google.sends().iter().all(|call| call.bearer == "Bearer token-2"));
}

/// The old key is deleted at Google, whose tokens are refused from then on, and the new one stands in the same file.
#[tokio::test]
async fn a_key_that_is_replaced_in_its_file_sends_without_a_restart() {
    let account_of = |google: &FakeGoogle| service_account_json(&format!("{}/token", google.url)).to_string();
    let named =
        |name: &'static str| move |_| ready(format!(r#"{{"access_token":"{name}","expires_in":3600}}"#));
    let new = google(named("new")).await;
    // FCM takes the first call, and from the second on only what the new key asked for.
    let old = FakeGoogle::start(named("old"), |number| match number {
        2 => ready(unauthenticated()),
        _ => ready(taken()),
    })
    .await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), account_of(&old)).expect("written");
    let (client, _clock) =
        bench_with(&old, Credentials::from_file(file.path()).expect("usable"), patient_tokens());
    send(&client).await.expect("taken");
    std::fs::write(file.path(), account_of(&new)).expect("written");
    send(&client).await.expect("taken: the same call, again with the new key");
    let bearers: Vec<_> = old.sends().iter().map(|call| call.bearer.clone()).collect();
    assert_eq!(bearers, ["Bearer old", "Bearer old", "Bearer new"]);
    assert_eq!((old.fetches(), new.fetches()), (1, 1));
}

/// The old key was deleted before there was a new one: the endpoint refuses it, and the file is looked at once more as
/// soon as the pause is over.
#[tokio::test]
async fn a_key_that_is_replaced_during_an_outage_ends_it() {
    let account_of = |google: &FakeGoogle| service_account_json(&format!("{}/token", google.url)).to_string();
    let old = google(|_| ready((Status::BAD_REQUEST, r#"{"error":"invalid_grant"}"#))).await;
    let new = google(|number| ready(token_answer(number, 3600))).await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), account_of(&old)).expect("written");
    let (client, clock) =
        bench_with(&new, Credentials::from_file(file.path()).expect("usable"), patient_tokens());
    send(&client).await.expect_err("refused");
    std::fs::write(file.path(), account_of(&new)).expect("written");
    send(&client).await.expect_err("the pause lasts");
    clock.advance(Duration::from_secs(1));
    send(&client).await.expect("taken");
    assert_eq!((old.fetches(), new.fetches()), (5, 1));
}
