//! `POST /token` and what its tokens are worth.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gcp_auth::{CustomServiceAccount, TokenProvider};
use pushbridge_fcm_emulator::{FcmEmulator, Options, Platform, TokenEndpoint};
use serde_json::{Value, json};

use crate::assertion::Signer;
use crate::support::{Answer, Bench, SOON, START, to_token};

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

async fn post_form(bench: &Bench, form: &[(&str, &str)]) -> Answer {
    Answer::of(bench.http1.post(bench.url("/token")).form(form).send().await.unwrap()).await
}

async fn ask(bench: &Bench, assertion: &str) -> Answer {
    post_form(bench, &[("grant_type", JWT_BEARER), ("assertion", assertion)]).await
}

async fn send_status(bench: &Bench, bearer: &str, body: &Value) -> u16 {
    let request = bench.http1.post(bench.send_url()).bearer_auth(bearer).json(body);
    request.send().await.unwrap().status().as_u16()
}

fn signer(bench: &Bench) -> Signer {
    Signer::new(bench.emulator.service_account_json())
}

/// A5: the library that the server authenticates with works against the emulator unmodified.
#[tokio::test]
async fn gcp_auth_gets_a_token_that_sends() {
    let emulator = FcmEmulator::start(Options::default()).await.unwrap();
    let phone = emulator.control().add_device(Platform::Android);
    let account = CustomServiceAccount::from_json(emulator.service_account_json()).unwrap();
    assert_eq!(account.project_id(), Some("demo"));
    let token = account.token(&["https://www.googleapis.com/auth/firebase.messaging"]).await.unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/v1/projects/demo/messages:send", emulator.url());
    let sent = client.post(url).bearer_auth(token.as_str()).json(&to_token(&phone)).send().await.unwrap();
    assert_eq!(sent.status(), 200);
    assert_eq!(emulator.control().inbox(&phone.id, 0).unwrap().len(), 1);
}

#[tokio::test]
async fn assertions_of_every_known_client_are_accepted() {
    let bench = Bench::start().await;
    let signer = signer(&bench);
    let now = START.as_secs();
    let port = bench.emulator.url().rsplit(':').next().unwrap();
    let by_another_name = format!("http://localhost:{port}/token");
    let padded = signer.sign_padded(&signer.claims_with("sub", Value::Null));
    assert!(padded.contains('='), "the case must contain padding");
    let assertions = [
        ("plain", signer.sign(&signer.claims())),
        ("padded, sub null", padded),
        ("Google's aud", signer.sign(&signer.claims_with("aud", json!("https://oauth2.googleapis.com/token")))),
        (
            "cloud-platform among others",
            signer.sign(&signer.claims_with(
                "scope",
                json!("https://www.googleapis.com/auth/userinfo.email https://www.googleapis.com/auth/cloud-platform"),
            )),
        ),
        ("sub is the account itself", signer.sign(&signer.claims_with("sub", json!(signer.email)))),
        ("a clock 50 s ahead", signer.sign(&signer.claims_with("iat", json!(now + 50)))),
        ("expired 50 s ago", {
            let mut claims = signer.claims_with("exp", json!(now - 50));
            claims["iat"] = json!(now - 3000);
            signer.sign(&claims)
        }),
    ];
    for (case, assertion) in assertions {
        let answer = ask(&bench, &assertion).await;
        assert_eq!(answer.status, 200, "{case}: {answer:?}");
        assert_eq!(answer.body["token_type"], "Bearer");
        assert_eq!(answer.body["expires_in"].as_u64(), Some(3599));
        assert!(answer.body["access_token"].as_str().unwrap().starts_with("ya29."));
    }
    let assertion = signer.sign(&signer.claims_with("aud", json!(by_another_name)));
    let form = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let answer = bench.http1.post(&by_another_name).form(&form).send().await.unwrap();
    assert_eq!(answer.status(), 200, "aud by the name under which the client reached the endpoint");
    let request = bench.http2.post(bench.url("/token")).form(&form[..1]);
    assert_eq!(request.send().await.unwrap().status(), 400, "over HTTP/2 too");
}

#[tokio::test]
async fn everything_else_is_refused_as_google_refuses_it() {
    let bench = Bench::start().await;
    let other = FcmEmulator::start(Options::default()).await.unwrap();
    let signer = signer(&bench);
    let stranger = Signer::new(other.service_account_json());
    let now = START.as_secs();
    let unpadded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let mut refused = BTreeMap::new();
    let mut assertions = vec![
        ("wrong key", stranger.sign(&signer.claims())),
        ("alg none", signer.sign_as(&json!({"alg": "none"}), &signer.claims(), unpadded)),
        ("garbage", "garbage".to_owned()),
        ("three words", "a.b.c".to_owned()),
    ];
    for (case, name, value) in [
        ("wrong issuer", "iss", json!("someone@demo.iam.gserviceaccount.com")),
        ("wrong audience", "aud", json!("https://example.com/token")),
        ("expired", "exp", json!(now - 61)),
        ("issued in the future", "iat", json!(now + 61)),
        ("lives too long", "exp", json!(now + 3661)),
        ("expires as text", "exp", json!("soon")),
        ("no scope", "scope", Value::Null),
        ("useless scope", "scope", json!("https://www.googleapis.com/auth/drive")),
        ("for somebody else", "sub", json!("ceo@example.com")),
    ] {
        assertions.push((case, signer.sign(&signer.claims_with(name, value))));
    }
    for (case, assertion) in assertions {
        refused.insert(case, ask(&bench, &assertion).await);
    }
    refused.insert("no assertion", post_form(&bench, &[("grant_type", JWT_BEARER)]).await);
    refused.insert("no grant type", post_form(&bench, &[]).await);
    refused.insert("other grant type", post_form(&bench, &[("grant_type", "refresh_token")]).await);
    let json_body = bench.http1.post(bench.url("/token")).json(&json!({})).send().await.unwrap();
    refused.insert("not a form", Answer::of(json_body).await);
    let shown: BTreeMap<_, _> = refused
        .iter()
        .map(|(case, answer)| (case, json!({"status": answer.status, "body": answer.body})))
        .collect();
    insta::assert_json_snapshot!("refused_assertions", shown);
}

#[tokio::test]
async fn a_changed_claim_breaks_the_signature() {
    let bench = Bench::start().await;
    let signer = signer(&bench);
    let genuine = signer.sign(&signer.claims());
    let signature = genuine.rsplit_once('.').unwrap().1;
    let forged = signer.sign(&signer.claims_with("exp", json!(START.as_secs() + 60)));
    let signed = forged.rsplit_once('.').unwrap().0;
    let answer = ask(&bench, &format!("{signed}.{signature}")).await;
    assert_eq!((answer.status, &answer.body["error"]), (400, &json!("invalid_grant")));
}

#[tokio::test]
async fn an_access_token_sends_until_its_time_is_over() {
    let bench =
        Bench::with(Options { access_token_life: Duration::from_secs(60), ..Options::default() }).await;
    let signer = signer(&bench);
    let phone = bench.control().add_device(Platform::Android);
    let answer = ask(&bench, &signer.sign(&signer.claims())).await;
    assert_eq!(answer.body["expires_in"], 60);
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(send_status(&bench, token, &to_token(&phone)).await, 200);
    bench.clock.advance(Duration::from_secs(59));
    assert_eq!(send_status(&bench, token, &to_token(&phone)).await, 200);
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(send_status(&bench, token, &to_token(&phone)).await, 401);
    assert_eq!(send_status(&bench, "owner", &to_token(&phone)).await, 200);
}

#[tokio::test]
async fn a_test_may_shorten_and_end_access_tokens() {
    let bench = Bench::start().await;
    let signer = signer(&bench);
    let phone = bench.control().add_device(Platform::Android);
    bench.control().set_access_token_life(Duration::from_secs(5));
    let answer = ask(&bench, &signer.sign(&signer.claims())).await;
    assert_eq!(answer.body["expires_in"], 5);
    let token = answer.body["access_token"].as_str().unwrap();
    assert_eq!(send_status(&bench, token, &to_token(&phone)).await, 200);
    bench.control().expire_access_tokens();
    assert_eq!(send_status(&bench, token, &to_token(&phone)).await, 401);
    assert_eq!(bench.control().token_requests(), 1);
}

#[tokio::test]
async fn the_token_endpoint_can_refuse_and_hang() {
    let bench = Bench::start().await;
    let signer = signer(&bench);
    let assertion = signer.sign(&signer.claims());
    let refusing = TokenEndpoint::Refusing { status: 503, error: "temporarily_unavailable".into() };
    bench.control().set_token_endpoint(refusing);
    let answer = ask(&bench, &assertion).await;
    assert_eq!((answer.status, &answer.body["error"]), (503, &json!("temporarily_unavailable")));
    bench.control().set_token_endpoint(TokenEndpoint::Working);
    assert_eq!(ask(&bench, &assertion).await.status, 200);

    bench.control().set_token_endpoint(TokenEndpoint::Hanging);
    let form = [("grant_type", JWT_BEARER), ("assertion", assertion.as_str())];
    let hanging = bench.http1.post(bench.url("/token")).form(&form).send();
    let stopped = async {
        bench.control().wait_for_token_requests(3, SOON).await.unwrap();
        bench.emulator.shutdown().await;
    };
    let (answer, ()) = tokio::join!(hanging, stopped);
    assert!(answer.is_err(), "no answer ever came");
}
