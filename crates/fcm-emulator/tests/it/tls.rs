//! TLS: what a client negotiates, whom it trusts, and that all routes stand behind it.

use std::time::Duration;

use pushbridge_fcm_emulator::{FcmEmulator, Options, Platform};
use reqwest::{Certificate, Client, ClientBuilder, Version};

use crate::assertion::Signer;
use crate::support::{Bench, to_token};

async fn start() -> Bench {
    Bench::with(Options { tls_listen: Some("127.0.0.1:0".parse().unwrap()), ..Options::default() }).await
}

/// A client that trusts this emulator's authority and nobody else.
fn trusting(emulator: &FcmEmulator) -> ClientBuilder {
    let authority = Certificate::from_pem(emulator.ca_pem().unwrap().as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([authority])
}

fn send_url(host: &str) -> String {
    format!("{host}/v1/projects/demo/messages:send")
}

#[tokio::test]
async fn alpn_chooses_http2_and_http1_where_a_client_wants_it() {
    let bench = start().await;
    let phone = bench.control().add_device(Platform::Android);
    let url = send_url(bench.emulator.tls_url().unwrap());
    for (client, version) in [
        (trusting(&bench.emulator), Version::HTTP_2),
        (trusting(&bench.emulator).http1_only(), Version::HTTP_11),
    ] {
        let send = client.build().unwrap().post(&url).bearer_auth("owner").json(&to_token(&phone));
        let answer = send.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.version()), (200, version));
    }
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 2);
    assert_eq!(bench.send_to(&phone).await.status, 200, "the plain address answers beside it");
}

/// As with a line in /etc/hosts: the client asks for Google's host and gets the emulator.
#[tokio::test]
async fn the_certificate_names_googles_hosts() {
    let bench = start().await;
    let phone = bench.control().add_device(Platform::Android);
    let address = bench.emulator.tls_url().unwrap().strip_prefix("https://").unwrap().parse().unwrap();
    for host in ["fcm.googleapis.com", "iid.googleapis.com", "oauth2.googleapis.com", "localhost"] {
        let client = trusting(&bench.emulator).resolve(host, address).build().unwrap();
        let url = send_url(&format!("https://{host}:{}", address.port()));
        let answer = client.post(url).bearer_auth("owner").json(&to_token(&phone)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn a_client_that_trusts_another_emulator_gets_nothing() {
    let (bench, other) = (start().await, start().await);
    let phone = bench.control().add_device(Platform::Android);
    let url = send_url(bench.emulator.tls_url().unwrap());
    let stranger = trusting(&other.emulator).build().unwrap();
    let refused = stranger.post(url).bearer_auth("owner").json(&to_token(&phone)).send().await;
    assert!(refused.unwrap_err().is_connect());
    assert_eq!(bench.control().stats().requests, 0);
}

#[tokio::test]
async fn the_token_endpoint_is_an_audience_by_its_https_url_too() {
    let bench = start().await;
    let endpoint = format!("{}/token", bench.emulator.tls_url().unwrap());
    let client = trusting(&bench.emulator).build().unwrap();
    let signer = Signer::new(bench.emulator.service_account_json());
    let ask = async |aud: &str| {
        let assertion = signer.sign(&signer.claims_with("aud", aud.into()));
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", assertion.as_str()),
        ];
        client.post(&endpoint).form(&form).send().await.unwrap().status().as_u16()
    };
    assert_eq!(ask(&endpoint).await, 200);
    assert_eq!(ask(&endpoint.replace("https", "http")).await, 400, "that is another endpoint");
}

/// A client that never finishes its handshake holds up neither the others nor the end.
#[tokio::test]
async fn a_silent_client_does_not_hold_up_a_shutdown() {
    let bench = start().await;
    let address = bench.emulator.tls_url().unwrap().strip_prefix("https://").unwrap().to_owned();
    let _silent = std::net::TcpStream::connect(address).unwrap();
    // Connections are accepted in their order, so that the silent one has been when this is answered.
    let stats = format!("{}/emulator/v1/stats", bench.emulator.tls_url().unwrap());
    assert_eq!(trusting(&bench.emulator).build().unwrap().get(stats).send().await.unwrap().status(), 200);
    let Bench { emulator, .. } = bench;
    tokio::time::timeout(Duration::from_secs(30), emulator.shutdown()).await.unwrap();
}
