use std::{sync::atomic::Ordering, time::Duration};

use axum::http::{HeaderMap, HeaderValue as AxumHeader, StatusCode as Status, Version, header::LOCATION};
use serde_json::json;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet};

use super::*;
use crate::{
    TokenSettings, Verdict,
    testing::{FakeGoogle, hang, patient, patient_tokens, ready, refusal, taken},
    validate,
};

mod frames;
mod storm;

const TOKEN: &str = "cAbCdEfGhIjKlMnOpQrStU:APA91bExample";

fn client(google: &FakeGoogle, settings: &ClientSettings) -> FcmClient {
    client_at(&google.url, google, settings)
}

fn client_at(endpoint: &str, google: &FakeGoogle, settings: &ClientSettings) -> FcmClient {
    let project = ProjectId::try_from("demo").expect("an id");
    let tokens = google.tokens(patient_tokens());
    FcmClient::new(project, endpoint, tokens, settings).expect("a client")
}

fn target() -> Target {
    Target::Token(TOKEN.to_owned())
}

fn message() -> Message {
    validate(&json!({ "notification": { "title": "t" }, "data": { "k": "v" } }), 0).expect("a payload")
}

async fn send(client: &FcmClient) -> Result<SentId, SendError> {
    client.send(&target(), &message(), false).await
}

fn unauthenticated() -> Response401 {
    Response401
}

/// The 401 of Google's authentication layer.
struct Response401;

impl axum::response::IntoResponse for Response401 {
    fn into_response(self) -> axum::response::Response {
        refusal(
            401,
            &json!({"error": {"code": 401, "status": "UNAUTHENTICATED",
            "message": "Request had invalid authentication credentials. Expected OAuth 2 access token."}}),
        )
    }
}

/// A5: the server sends through the FCM HTTP v1 API, authenticated with `gcp_auth`.
#[tokio::test]
async fn a_message_goes_out_over_http_2_with_target_payload_and_bearer() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let sent = send(&client(&google, &patient())).await.expect("taken");
    assert_eq!(sent.as_str(), "projects/demo/messages/0:15%31");
    let calls = google.sends();
    let [call] = calls.as_slice() else { panic!("one call, not {calls:?}") };
    assert_eq!(call.version, Version::HTTP_2);
    assert_eq!(call.path, "/v1/projects/demo/messages:send");
    assert_eq!(call.bearer, "Bearer token-1");
    let expected =
        json!({ "message": { "token": TOKEN, "notification": { "title": "t" }, "data": { "k": "v" } } });
    assert_eq!(call.body, expected);
}

#[tokio::test]
async fn every_kind_of_target_is_one_field_of_the_message() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let client = client(&google, &patient());
    for target in [
        Target::Fid("f".into()),
        Target::Topic("news".into()),
        Target::Condition("'a' in topics && !('b' in topics)".into()),
    ] {
        client.send(&target, &Message::default(), true).await.expect("taken");
    }
    let bodies: Vec<_> = google.sends().into_iter().map(|call| call.body).collect();
    insta::assert_json_snapshot!(bodies);
}

#[tokio::test]
async fn a_401_is_tried_once_more_with_a_fresh_token() {
    let google = FakeGoogle::start_sound(|number| match number {
        1 => ready(unauthenticated()),
        _ => ready(taken()),
    })
    .await;
    send(&client(&google, &patient())).await.expect("taken the second time");
    let bearers: Vec<_> = google.sends().into_iter().map(|call| call.bearer).collect();
    assert_eq!(bearers, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_project_whose_every_token_is_refused_gets_no_storm() {
    let google = FakeGoogle::start_sound(|_| ready(unauthenticated())).await;
    let client = client(&google, &patient());
    for calls_so_far in [2, 3, 4] {
        let error = send(&client).await.expect_err("refused");
        assert!(matches!(error, SendError::Unauthenticated(_)), "{error}");
        assert_eq!(error.verdict(), Verdict::ProjectBlocked { after: None });
        assert_eq!((google.sends().len(), google.fetches()), (calls_so_far, 2));
    }
}

#[tokio::test]
async fn a_401_about_apples_key_is_not_tried_again() {
    let google = FakeGoogle::start_sound(|_| {
        ready(refusal(401, &json!({"error": {"code": 401, "status": "UNAUTHENTICATED", "details": [
            {"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": "THIRD_PARTY_AUTH_ERROR"}]}})))
    })
    .await;
    let error = send(&client(&google, &patient())).await.expect_err("refused");
    assert_eq!((error.code(), google.sends().len(), google.fetches()), ("third_party_auth_error", 1, 1));
}

#[tokio::test]
async fn a_retry_after_header_reaches_the_verdict() {
    let google = FakeGoogle::start_sound(|_| {
        let body = json!({"error": {"code": 503, "status": "UNAVAILABLE"}});
        ready(([("retry-after", "42")], refusal(503, &body)))
    })
    .await;
    let error = send(&client(&google, &patient())).await.expect_err("unavailable");
    assert_eq!(error.verdict(), Verdict::Retry { after: Some(Duration::from_secs(42)) });
}

#[tokio::test]
async fn without_a_token_the_project_is_blocked_and_nothing_is_sent() {
    let google = FakeGoogle::start(|_| hang(), |_| ready(taken())).await;
    let project = ProjectId::try_from("demo").expect("an id");
    let tokens =
        google.tokens(TokenSettings { fetch_timeout: Duration::from_millis(20), ..TokenSettings::default() });
    let client = FcmClient::new(project, &google.url, tokens, &patient()).expect("a client");
    let error = send(&client).await.expect_err("no token");
    assert_eq!(
        (error.code(), error.is_outcome_unknown(), google.sends().len()),
        ("auth_unavailable", false, 0)
    );
    assert!(matches!(error.verdict(), Verdict::ProjectBlocked { after: Some(_) }));
}

#[tokio::test]
async fn a_call_without_an_answer_times_out_with_its_outcome_unknown() {
    let google = FakeGoogle::start_sound(|_| hang()).await;
    let settings = ClientSettings { request_timeout: Duration::from_millis(100), ..patient() };
    let error = send(&client(&google, &settings)).await.expect_err("no answer");
    assert!(matches!(error, SendError::TimedOut), "{error:?}");
    assert_eq!((error.verdict(), error.is_outcome_unknown()), (Verdict::Retry { after: None }, true));
}

#[tokio::test]
async fn a_refused_connection_is_known_to_have_sent_nothing() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let nobody = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let error = send(&client_at(&nobody, &google, &patient())).await.expect_err("nobody there");
    assert!(matches!(error, SendError::ConnectFailed(_)), "{error:?}");
    assert_eq!((error.verdict(), error.is_outcome_unknown()), (Verdict::Retry { after: None }, false));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let google = FakeGoogle::start_sound(|_| {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, AxumHeader::from_static("/elsewhere"));
        ready((Status::TEMPORARY_REDIRECT, headers))
    })
    .await;
    let error = send(&client(&google, &patient())).await.expect_err("a redirect");
    assert_eq!((error.verdict(), google.sends().len()), (Verdict::Retry { after: None }, 1));
}

#[tokio::test]
async fn a_200_that_names_no_message_is_no_success() {
    for body in ["<html>hello</html>", "{}", r#"{"name":""}"#] {
        let google = FakeGoogle::start_sound(move |_| ready(body)).await;
        let error = send(&client(&google, &patient())).await.expect_err(body);
        assert!(matches!(error, SendError::Undecodable(_)) && error.is_outcome_unknown(), "{error:?}");
    }
}

/// I11: no error text holds a token, even if the other side echoes it.
#[tokio::test]
async fn an_echoed_token_is_in_no_error() {
    for status in [200, 400, 403, 404, 502] {
        let google = FakeGoogle::start_sound(move |_| {
            let echo = json!({"error": {"code": status, "message": format!("bad {TOKEN}!"), "status": "X",
                "details": [{"@type": "type.googleapis.com/google.rpc.BadRequest",
                    "fieldViolations": [{"field": "message", "description": format!("see {TOKEN}")}]}]}});
            ready(refusal(status, &echo))
        })
        .await;
        let error = send(&client(&google, &patient())).await.expect_err("an error");
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains(TOKEN) && shown.contains("fp:"), "{shown}");
    }
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let google = FakeGoogle::start_sound(|_| ready((Status::BAD_GATEWAY, "x ".repeat(1 << 20)))).await;
    let error = send(&client(&google, &patient())).await.expect_err("an error");
    assert!(error.to_string().len() < 1000, "{error}");
    assert_eq!(error.code(), "front_end");
}

#[tokio::test]
async fn no_more_calls_are_made_at_once_than_there_are_places() {
    let gate = Arc::new(Semaphore::new(0));
    let held = Arc::clone(&gate);
    let arrived = Arc::new(Semaphore::new(0));
    let arrivals = Arc::clone(&arrived);
    let google = FakeGoogle::start_sound(move |_| {
        arrivals.add_permits(1);
        let gate = Arc::clone(&held);
        Box::pin(async move {
            gate.acquire().await.expect("open").forget();
            taken()
        })
    })
    .await;
    let settings = ClientSettings { connections: 2, streams_per_connection: 3, ..patient() };
    let client = client(&google, &settings);
    assert_eq!(client.capacity(), 6);
    let mut sending = JoinSet::new();
    for _ in 0..20 {
        let client = client.clone();
        sending.spawn(async move { send(&client).await });
    }
    arrived.acquire_many(6).await.expect("open").forget();
    gate.add_permits(20);
    for result in sending.join_all().await {
        result.expect("taken");
    }
    assert_eq!(google.seen.most_in_flight.load(Ordering::SeqCst), 6);
    let peers: std::collections::HashSet<_> = google.sends().into_iter().map(|call| call.peer).collect();
    assert_eq!(peers.len(), 2, "both connections were opened under load");
}

#[tokio::test]
async fn one_call_after_the_other_needs_one_connection() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let client = client(&google, &patient());
    for _ in 0..5 {
        send(&client).await.expect("taken");
    }
    let peers: std::collections::HashSet<_> = google.sends().into_iter().map(|call| call.peer).collect();
    assert_eq!(peers.len(), 1);
}

/// The tests link ring beside aws-lc-rs and install no default, as `pushbridge demo` does.
#[tokio::test]
async fn an_https_client_needs_no_default_provider_and_installs_none() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let settings = patient();
    client_at(crate::DEFAULT_ENDPOINT, &google, &settings);
    assert!(rustls::crypto::CryptoProvider::get_default().is_none());
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused_at_set_up() {
    let google = FakeGoogle::start_sound(|_| ready(taken())).await;
    let attempt = |endpoint: &str, settings: ClientSettings| {
        let project = ProjectId::try_from("demo").expect("an id");
        FcmClient::new(project, endpoint, google.tokens(patient_tokens()), &settings).expect_err("refused")
    };
    let sound = patient;
    assert!(matches!(attempt("fcm", sound()), SetupError::BadEndpoint));
    let none = ClientSettings { connections: 0, ..sound() };
    assert!(matches!(attempt("http://localhost", none), SetupError::NoConnections));
    for pem in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let settings = ClientSettings { ca_pem: Some(pem.into()), ..sound() };
        assert!(matches!(attempt("https://localhost", settings), SetupError::BadCaPem), "{pem}");
    }
}
