//! The transport against the emulator, which takes streams back and connections away on demand: nothing is lost,
//! nothing is sent twice, and none of it is an attempt of the caller's.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests too")]

use pushbridge_fcm::{
    ClientSettings, FcmClient, Message, ProjectId, SendError, SentId, ServiceAccount, Target, TokenSettings,
    TokenSource, Verdict,
};
use pushbridge_fcm_emulator::{Device, FaultAction, FaultSpec, FcmEmulator, Options, Platform};
use tokio::task::JoinSet;

fn client_at(emulator: &FcmEmulator, endpoint: &str, settings: &ClientSettings) -> FcmClient {
    let account = ServiceAccount::from_json(emulator.service_account_json()).unwrap();
    let tokens = TokenSource::new(account, TokenSettings::default());
    FcmClient::new(ProjectId::try_from("demo").unwrap(), endpoint, tokens, settings).unwrap()
}

fn client(emulator: &FcmEmulator) -> FcmClient {
    let settings = ClientSettings { connections: 4, streams_per_connection: 10, ..ClientSettings::default() };
    client_at(emulator, emulator.url(), &settings)
}

async fn send(client: &FcmClient, device: &Device) -> Result<SentId, SendError> {
    client.send(&Target::Token(device.fcm_token.expose().to_owned()), &Message::default(), false).await
}

/// Sends one message to each of `count` devices, all at once, and sees that each arrived exactly once.
async fn send_to_many(emulator: &FcmEmulator, count: usize) {
    let client = client(emulator);
    let devices: Vec<Device> = (0..count).map(|_| emulator.control().add_device(Platform::Android)).collect();
    let mut calls = JoinSet::new();
    for device in devices.clone() {
        let client = client.clone();
        calls.spawn(async move { send(&client, &device).await });
    }
    for result in calls.join_all().await {
        result.expect("taken");
    }
    for device in &devices {
        assert_eq!(emulator.control().inbox(&device.id, 0).unwrap().len(), 1, "once, and not twice");
    }
}

fn of_a_hundred(percent: f64, action: FaultAction) -> FaultSpec {
    FaultSpec { percent: Some(percent), ..FaultSpec::action(action) }
}

#[tokio::test]
async fn connections_that_go_away_lose_nothing_and_double_nothing() {
    let emulator = FcmEmulator::start(Options { seed: Some(1), ..Options::default() }).await.unwrap();
    emulator.control().add_fault(of_a_hundred(3.0, FaultAction::Goaway)).unwrap();
    send_to_many(&emulator, 600).await;
    let connections = emulator.control().stats().connections;
    assert!(connections > 8, "only {connections} connections: nothing went away");
}

#[tokio::test]
async fn refused_streams_are_sent_again_and_are_no_attempt() {
    let emulator = FcmEmulator::start(Options { seed: Some(1), ..Options::default() }).await.unwrap();
    emulator.control().add_fault(of_a_hundred(5.0, FaultAction::RefusedStream)).unwrap();
    send_to_many(&emulator, 600).await;
    let refused = emulator.control().requests(0).iter().filter(|request| !request.accepted).count();
    assert!(refused > 5, "only {refused} were refused");
    assert!(emulator.control().stats().connections <= 4, "a refused stream is no reason to leave");
}

#[tokio::test]
async fn who_refuses_every_stream_is_not_asked_for_ever() {
    let emulator = FcmEmulator::start(Options::default()).await.unwrap();
    emulator.control().add_fault(FaultSpec::action(FaultAction::RefusedStream)).unwrap();
    let device = emulator.control().add_device(Platform::Android);
    let error = send(&client(&emulator), &device).await.unwrap_err();
    assert_eq!((error.code(), error.is_outcome_unknown()), ("stream_refused", false));
    assert_eq!(error.verdict(), Verdict::Retry { after: None });
    assert_eq!(emulator.control().stats().requests, 5);
}

/// The call may have been taken: only the caller, who keeps count, may decide to make it again.
#[tokio::test]
async fn a_cut_connection_is_not_tried_again() {
    let emulator = FcmEmulator::start(Options::default()).await.unwrap();
    emulator.control().add_fault(FaultSpec::action(FaultAction::CutAfter).times(1)).unwrap();
    let device = emulator.control().add_device(Platform::Android);
    let client = client(&emulator);
    let error = send(&client, &device).await.unwrap_err();
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connection_lost", true));
    assert_eq!(emulator.control().inbox(&device.id, 0).unwrap().len(), 1);
    send(&client, &device).await.expect("over another connection");
}

/// Through TLS, with a certificate that the settings name.
#[tokio::test]
async fn an_https_endpoint_is_spoken_to_over_http_2() {
    let tls_listen = Some("127.0.0.1:0".parse().unwrap());
    let emulator = FcmEmulator::start(Options { tls_listen, ..Options::default() }).await.unwrap();
    let device = emulator.control().add_device(Platform::Android);
    let endpoint = emulator.tls_url().unwrap();
    let ca_pem = Some(emulator.ca_pem().unwrap().as_bytes().to_vec());
    let trusting = ClientSettings { ca_pem, ..ClientSettings::default() };
    send(&client_at(&emulator, endpoint, &trusting), &device).await.expect("taken");
    let distrustful = ClientSettings::default();
    let error = send(&client_at(&emulator, endpoint, &distrustful), &device).await.unwrap_err();
    assert_eq!((error.code(), error.is_outcome_unknown()), ("connect_failed", false));
    assert_eq!(emulator.control().inbox(&device.id, 0).unwrap().len(), 1);
}
