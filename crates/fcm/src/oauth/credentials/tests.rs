use std::{collections::HashMap, sync::Arc};

use axum::http::HeaderMap;
use tokio::{net::TcpListener, task::JoinSet};

use super::*;
use crate::{
    AccessToken, AuthUnavailable, ManualClock, TokenSettings, TokenSource,
    oauth::AuthFailure,
    testing::{FakeGoogle, patient_tokens, ready, service_account_json, taken},
};

fn bearer(token: Result<AccessToken, AuthUnavailable>) -> String {
    token.expect("a token").expose_header().to_str().expect("text").to_owned()
}

/// A Google whose tokens say which of the two it is.
async fn google(name: &'static str) -> FakeGoogle {
    let body = format!(r#"{{"access_token":"{name}","expires_in":3600}}"#);
    FakeGoogle::start(move |_| ready(body.clone()), |_| ready(taken())).await
}

fn account_of(google: &FakeGoogle) -> String {
    service_account_json(&format!("{}/token", google.url)).to_string()
}

fn no_variables(_: &'static str) -> Option<OsString> {
    None
}

/// The file's account may be another one altogether; here each has an endpoint of its own, so that it is seen which asks.
#[tokio::test]
async fn a_replaced_file_is_used_from_the_next_fetch_on() {
    let (old, new) = (google("old").await, google("new").await);
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), account_of(&old)).expect("written");
    let clock = Arc::new(ManualClock::new("2026-11-24T12:00:00Z".parse().expect("a moment")));
    let settings = TokenSettings { clock: Arc::<ManualClock>::clone(&clock), ..patient_tokens() };
    let source = TokenSource::new(Credentials::from_file(file.path()).expect("usable"), settings);
    let first = source.token().await.expect("a token");
    assert_eq!(bearer(Ok(first.clone())), "Bearer old");

    std::fs::write(file.path(), account_of(&new)).expect("written");
    assert_eq!(bearer(source.token().await), "Bearer old", "a token that lives is used");
    assert!(source.invalidate(&first), "FCM refuses tokens of the old key");
    assert_eq!(bearer(source.token().await), "Bearer new");

    // Half-written: what was read last serves.
    std::fs::write(file.path(), "{\"type\":").expect("written");
    clock.advance(std::time::Duration::from_secs(3600));
    assert_eq!(bearer(source.token().await), "Bearer new");
    assert_eq!((old.fetches(), new.fetches()), (1, 2));
}

#[test]
fn a_file_that_is_not_usable_is_told_at_once() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "{\"private_key\": \"secret\"").expect("written");
    let error = Credentials::from_file(file.path()).expect_err("no JSON");
    assert!(matches!(error, CredentialsError::Unusable { .. }), "{error}");
    assert!(!format!("{error:?}").contains("secret"));
    let error = Credentials::from_file("/nowhere/account.json").expect_err("no file");
    assert_eq!(error.to_string(), "cannot read the service account /nowhere/account.json");
}

#[tokio::test]
async fn the_environment_names_a_file_and_nothing_takes_its_place() {
    let google = google("of the file").await;
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), account_of(&google)).expect("written");
    let with = |path: &Path| {
        let variables = HashMap::from([
            ("GOOGLE_APPLICATION_CREDENTIALS", OsString::from(path)),
            ("GCE_METADATA_HOST", OsString::from("127.0.0.1:1")),
        ]);
        Credentials::from_environment(|name| variables.get(name).cloned())
    };
    let source = TokenSource::new(with(file.path()).expect("usable"), patient_tokens());
    assert_eq!(bearer(source.token().await), "Bearer of the file");
    let missing = with(Path::new("/nowhere/account.json"));
    assert!(matches!(missing, Err(CredentialsError::Unreadable { .. })), "{missing:?}");
    let machine = Credentials::from_environment(no_variables).expect("the machine's");
    assert_eq!(machine.to_string(), "the metadata server metadata.google.internal");
}

/// A metadata server that answers `body`, and whether it says what it is.
async fn metadata(body: &'static str, says_flavor: bool) -> (Credentials, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let host = listener.local_addr().expect("an address").to_string();
    let answer = move |request: HeaderMap| async move {
        assert_eq!(request["metadata-flavor"], "Google");
        let mut headers = HeaderMap::new();
        if says_flavor {
            headers.insert("metadata-flavor", "Google".parse().expect("a value"));
        }
        (headers, body)
    };
    let path = "/computeMetadata/v1/instance/service-accounts/default/token";
    let router = axum::Router::new().route(path, axum::routing::get(answer));
    let mut server = JoinSet::new();
    server.spawn(async move { axum::serve(listener, router).await.expect("axum serves") });
    let credentials =
        Credentials::from_environment(|name| (name == "GCE_METADATA_HOST").then(|| OsString::from(&host)));
    (credentials.expect("a host"), server)
}

#[tokio::test]
async fn the_metadata_server_is_asked_where_no_file_is_named() {
    let (credentials, _server) =
        metadata(r#"{"access_token":"m","expires_in":3600,"token_type":"Bearer"}"#, true).await;
    assert_eq!(bearer(TokenSource::new(credentials, patient_tokens()).token().await), "Bearer m");
}

#[tokio::test]
async fn what_is_no_metadata_server_is_not_believed() {
    let sound = r#"{"access_token":"m","expires_in":3600}"#;
    for (body, says_flavor) in [(sound, false), ("<html>", true), (r#"{"access_token":"m"}"#, true)] {
        let (credentials, _server) = metadata(body, says_flavor).await;
        let told = TokenSource::new(credentials, patient_tokens()).token().await.expect_err(body);
        assert!(matches!(told.cause, AuthFailure::Failed(_)), "{told}");
    }
}

#[test]
fn a_metadata_host_is_a_host() {
    for (host, fine) in [
        ("169.254.169.254", true),
        ("metadata:8080", true),
        ("[::1]:80", true),
        ("http://metadata", false),
        ("metadata/path", false),
        ("metadata/", false),
        ("user@metadata", false),
        ("metadata?x", false),
    ] {
        let made =
            Credentials::from_environment(|name| (name == "GCE_METADATA_HOST").then(|| OsString::from(host)));
        assert_eq!(made.is_ok(), fine, "{host}");
    }
}
