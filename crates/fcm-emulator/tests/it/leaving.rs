//! GOAWAY and `REFUSED_STREAM`, frame by frame: a pooled client would hide them behind a new connection.

use std::future::poll_fn;

use h2::client::SendRequest;
use hyper::body::Bytes;
use pushbridge_fcm_emulator::{Device, FaultAction, FaultSpec, Platform};
use reqwest::header::AUTHORIZATION;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::support::{Bench, SOON, to_token};

type Driver = JoinSet<Result<(), h2::Error>>;

/// One HTTP/2 connection, and the task that ends with it.
async fn connect(bench: &Bench) -> (SendRequest<Bytes>, Driver) {
    let address = bench.emulator.url().strip_prefix("http://").unwrap();
    let (client, connection) =
        h2::client::handshake(TcpStream::connect(address).await.unwrap()).await.unwrap();
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    (client, driver)
}

/// Sends one message on one stream and returns its status.
async fn send(bench: &Bench, client: &SendRequest<Bytes>, device: &Device) -> Result<u16, h2::Error> {
    let mut client = client.clone();
    poll_fn(|context| client.poll_ready(context)).await?;
    let request =
        hyper::Request::post(bench.send_url()).header(AUTHORIZATION, "Bearer owner").body(()).unwrap();
    let (answer, mut body) = client.send_request(request, false)?;
    body.send_data(to_token(device).to_string().into(), true)?;
    Ok(answer.await?.status().as_u16())
}

#[tokio::test]
async fn a_refused_stream_is_reset_and_the_connection_stays() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::RefusedStream).times(1)).unwrap();
    let (client, _driver) = connect(&bench).await;
    let reset = send(&bench, &client, &phone).await.unwrap_err();
    assert_eq!((reset.is_reset(), reset.reason()), (true, Some(h2::Reason::REFUSED_STREAM)));
    assert!(bench.control().inbox(&phone.id, 0).unwrap().is_empty());
    let logged = &bench.control().requests(0)[0];
    assert_eq!((logged.status, logged.accepted), (None, false));
    assert_eq!(send(&bench, &client, &phone).await.unwrap(), 200);
    assert_eq!(bench.control().stats().connections, 1);
}

#[tokio::test]
async fn a_goaway_comes_with_the_answer_and_ends_the_connection() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Goaway).times(1)).unwrap();
    let (client, mut driver) = connect(&bench).await;
    assert_eq!(send(&bench, &client, &phone).await.unwrap(), 200);
    tokio::time::timeout(SOON, driver.join_next()).await.unwrap().unwrap().unwrap().unwrap();
    let refused = send(&bench, &client, &phone).await.unwrap_err();
    assert_eq!(refused.reason(), Some(h2::Reason::NO_ERROR), "{refused}");
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 1);
    let (client, _driver) = connect(&bench).await;
    assert_eq!(send(&bench, &client, &phone).await.unwrap(), 200);
    assert_eq!(bench.control().stats().connections, 2);
}

#[tokio::test]
async fn a_goaway_lets_the_streams_beside_it_finish() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let slow = FaultSpec::default().latency(std::time::Duration::from_secs(1)).times(1);
    bench.control().add_fault(slow).unwrap();
    let (client, mut driver) = connect(&bench).await;
    let rest = async {
        bench.control().wait_for_in_flight(1, SOON).await.unwrap();
        bench.control().add_fault(FaultSpec::action(FaultAction::Goaway).times(1)).unwrap();
        assert_eq!(send(&bench, &client, &phone).await.unwrap(), 200);
        bench.clock.advance(std::time::Duration::from_secs(1));
    };
    let (answer, ()) = tokio::join!(send(&bench, &client, &phone), rest);
    assert_eq!(answer.unwrap(), 200);
    tokio::time::timeout(SOON, driver.join_next()).await.unwrap().unwrap().unwrap().unwrap();
}

/// HTTP/1.1 has neither frame: the connection closes, after the answer or instead of it.
#[tokio::test]
async fn over_http1_the_connection_closes() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Goaway).times(1)).unwrap();
    for _ in 0..3 {
        let answer = bench.try_send(&bench.http1, &to_token(&phone)).await.unwrap();
        assert_eq!(answer.status(), 200);
        // Read to its end, so that the client could use the connection again.
        answer.bytes().await.unwrap();
    }
    assert_eq!(bench.control().stats().connections, 2);
    bench.control().add_fault(FaultSpec::action(FaultAction::RefusedStream).times(1)).unwrap();
    assert!(bench.try_send(&bench.http1, &to_token(&phone)).await.is_err());
    assert_eq!(bench.control().inbox(&phone.id, 0).unwrap().len(), 3);
}
