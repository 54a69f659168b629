//! What Google's side could do to the client; that the calls are the right ones is tested against the emulator.

use std::sync::atomic::Ordering;

use axum::{Json, http::StatusCode as Status};
use serde_json::json;
use tokio::sync::Semaphore as Gate;

use super::*;
use crate::{
    Verdict,
    testing::{FakeGoogle, Pending, patient, patient_tokens, ready, refusal},
};

fn client(google: &FakeGoogle, in_flight: usize) -> TopicClient {
    let project = ProjectId::try_from("demo").expect("an id");
    let settings = ClientSettings { streams_per_connection: in_flight, ..patient() };
    let tokens = google.tokens(patient_tokens());
    TopicClient::new(project, &google.url, tokens, &settings).expect("a client")
}

fn news() -> TopicName {
    TopicName::try_from("news").expect("a name")
}

fn registrations(count: usize) -> Vec<Registration> {
    (0..count).map(|number| Registration::token(format!("t{number}:APA91b"))).collect()
}

fn done() -> Pending {
    ready(Json(json!({})))
}

#[tokio::test]
async fn a_batch_answers_in_order_and_is_bounded() {
    let gate = Arc::new(Gate::new(0));
    let held = Arc::clone(&gate);
    let google = FakeGoogle::start_sound(move |number| {
        let gate = Arc::clone(&held);
        Box::pin(async move {
            // The first calls are all there before one of them is answered.
            if number == 5 {
                gate.add_permits(100);
            }
            gate.acquire().await.expect("open").forget();
            match number {
                3 => refusal(429, &json!({"error": {"status": "RESOURCE_EXHAUSTED"}})),
                _ => axum::response::IntoResponse::into_response(Json(json!({}))),
            }
        })
    })
    .await;
    let client = client(&google, 5);
    let results = client.subscribe_all(&registrations(20), &news()).await.expect("small enough");
    assert_eq!(results.len(), 20);
    assert_eq!(google.seen.most_in_flight.load(Ordering::SeqCst), 5);
    let third = google.sends()[2].path.clone();
    for (number, result) in results.iter().enumerate() {
        match result {
            Ok(done) => assert_eq!(*done, Subscribed::New),
            Err(error) => {
                assert_eq!(error.verdict(), Some(Verdict::Throttled { after: None }));
                assert!(third.contains(&format!("/t{number}:APA91b/")), "{third} is not number {number}");
            }
        }
    }
    assert_eq!(results.iter().filter(|result| result.is_err()).count(), 1);
}

#[tokio::test]
async fn batches_at_the_same_time_share_the_places() {
    let gate = Arc::new(Gate::new(0));
    let held = Arc::clone(&gate);
    let google = FakeGoogle::start_sound(move |number| {
        let gate = Arc::clone(&held);
        Box::pin(async move {
            if number == 5 {
                // Whatever else is under way gets here first.
                for _ in 0..10_000 {
                    tokio::task::yield_now().await;
                }
                gate.add_permits(100);
            }
            gate.acquire().await.expect("open").forget();
            axum::response::IntoResponse::into_response(Json(json!({})))
        })
    })
    .await;
    let client = client(&google, 5);
    let (given, news) = (registrations(20), news());
    let (one, two) = tokio::join!(client.subscribe_all(&given, &news), client.unsubscribe_all(&given, &news));
    assert_eq!((one.expect("small").len(), two.expect("small").len()), (20, 20));
    assert_eq!(google.seen.most_in_flight.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn a_batch_that_is_too_large_does_nothing() {
    let google = FakeGoogle::start_sound(|_| done()).await;
    let client = client(&google, 5);
    let given = registrations(MAX_BATCH + 1);
    let refused = BatchTooLarge { given: 1_001, most: 1_000 };
    assert_eq!(client.subscribe_all(&given, &news()).await.expect_err("too many"), refused);
    assert_eq!(client.unsubscribe_all(&given, &news()).await.expect_err("too many"), refused);
    assert!(google.sends().is_empty());
    assert!(client.unsubscribe_all(&[], &news()).await.expect("none is not too many").is_empty());
}

#[tokio::test]
async fn a_topic_call_that_is_refused_with_401_is_made_once_more() {
    let google = FakeGoogle::start_sound(|number| match number {
        1 => ready(refusal(401, &json!({"error": {"status": "UNAUTHENTICATED"}}))),
        _ => done(),
    })
    .await;
    let client = client(&google, 5);
    client.subscribe(&Registration::fid("f"), &news()).await.expect("the second time");
    let calls = google.sends();
    let bearers: Vec<_> = calls.iter().map(|call| call.bearer.as_str()).collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);
    assert_eq!(calls[0].body, calls[1].body);
}

#[tokio::test]
async fn a_list_without_end_is_given_up() {
    let google = FakeGoogle::start_sound(|_| ready(Json(json!({"nextPageToken": "more"})))).await;
    let error = client(&google, 5).subscriptions(&Registration::fid("f")).await.expect_err("no end");
    assert_eq!(error.code(), "unexpected_answer");
    assert_eq!(google.sends().len(), MAX_PAGES);
}

#[tokio::test]
async fn an_answer_that_is_none_and_a_server_that_is_none_are_told_apart() {
    let google = FakeGoogle::start_sound(|_| ready((Status::OK, "<html>"))).await;
    let error = client(&google, 5).subscription(&Registration::fid("f"), &news()).await.expect_err("html");
    assert_eq!(error.code(), "unexpected_answer");
    let closed = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = format!("http://{}", closed.local_addr().expect("an address"));
    drop(closed);
    let project = ProjectId::try_from("demo").expect("an id");
    let tokens = google.tokens(patient_tokens());
    let client = TopicClient::new(project, &nobody, tokens, &patient()).expect("a client");
    let error = client.subscribe(&Registration::token("secret:APA91b"), &news()).await.expect_err("nobody");
    assert_eq!((error.code(), error.verdict()), ("not_reached", Some(Verdict::Retry { after: None })));
    assert!(!format!("{error:?}").contains("secret"), "I11: {error:?}");
}

#[tokio::test]
async fn what_would_lead_elsewhere_is_not_called() {
    let google = FakeGoogle::start_sound(|_| done()).await;
    let client = client(&google, 5);
    for value in ["", ".", ".."] {
        let error = client.subscribe(&Registration::fid(value), &news()).await.expect_err(value);
        assert_eq!(error.code(), "invalid_argument");
    }
    let up = TopicName::try_from("..").expect("FCM's alphabet has dots");
    client.unsubscribe(&Registration::fid("f"), &up).await.expect_err("a path's direction");
    assert!(google.sends().is_empty());
    // Everything else stays one segment.
    client.subscribe(&Registration::fid("a/../b?c#d%2F"), &news()).await.expect("taken");
    assert_eq!(
        google.sends()[0].path,
        "/v1/projects/demo/registrations/a%2F..%2Fb%3Fc%23d%252F/topicSubscriptions"
    );
}
