//! Connections as such: limits, several emulators, and how one ends.

use std::io::{Read, Write};
use std::net::TcpStream;

use pushbridge_fcm_emulator::{FaultAction, FaultSpec, FcmEmulator, Options, Platform, StartError};

use crate::support::{Bench, SOON, to_token};

/// FCM allows 100 streams on a connection, and says so in its first frame.
#[tokio::test(flavor = "multi_thread")]
async fn http2_announces_100_streams() {
    const SETTINGS: u8 = 4;
    const MAX_CONCURRENT_STREAMS: u16 = 3;
    let bench = Bench::start().await;
    let address = bench.emulator.url().strip_prefix("http://").unwrap().to_owned();
    let settings = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").unwrap();
        let mut head = [0; 9];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(head[3], SETTINGS);
        let mut settings = vec![0; usize::from(head[1]) * 256 + usize::from(head[2])];
        stream.read_exact(&mut settings).unwrap();
        settings
    })
    .await
    .unwrap();
    let announced = settings.chunks(6).find_map(|setting| {
        let id = u16::from_be_bytes([setting[0], setting[1]]);
        let value = u32::from_be_bytes([setting[2], setting[3], setting[4], setting[5]]);
        (id == MAX_CONCURRENT_STREAMS).then_some(value)
    });
    assert_eq!(announced, Some(100));
}

#[tokio::test]
async fn many_requests_share_one_http2_connection() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    let body = to_token(&phone);
    bench.try_send(&bench.http2, &body).await.unwrap();
    bench.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    let hanging = futures_util::future::join_all((0..50).map(|_| bench.try_send(&bench.http2, &body)));
    tokio::select! {
        answers = hanging => panic!("{answers:?}"),
        all = bench.control().wait_for_in_flight(50, SOON) => all.unwrap(),
    }
    let stats = bench.control().stats();
    assert_eq!((stats.requests, stats.connections), (51, 1));
    assert_eq!((stats.max_in_flight, stats.max_streams), (50, 50));
}

#[tokio::test]
async fn several_emulators_live_in_one_process_apart() {
    let (one, two) = (Bench::start().await, Bench::start().await);
    assert_ne!(one.emulator.url(), two.emulator.url());
    let phone = one.control().add_device(Platform::Android);
    assert_eq!(one.send_to(&phone).await.status, 200);
    assert_eq!(two.send_to(&phone).await.status, 404);
    assert_ne!(one.emulator.service_account_json(), two.emulator.service_account_json());
}

#[tokio::test]
async fn a_shutdown_ends_hanging_requests() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    let (body, url, control) = (to_token(&phone), bench.send_url(), bench.control().clone());
    let requests =
        [&bench.http1, &bench.http2].map(|client| client.post(&url).bearer_auth("owner").json(&body).send());
    let Bench { emulator, .. } = bench;
    let stop = async {
        control.wait_for_in_flight(2, SOON).await.unwrap();
        emulator.shutdown().await;
    };
    let (answers, ()) = tokio::join!(futures_util::future::join_all(requests), stop);
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(control.in_flight(), 0);
}

#[tokio::test]
async fn an_address_in_use_is_refused_with_a_hint() {
    let first = Bench::start().await;
    let listen = first.emulator.url().strip_prefix("http://").unwrap().parse().unwrap();
    let taken = FcmEmulator::start(Options { listen, ..Options::default() }).await.unwrap_err();
    assert!(matches!(taken, StartError::Listen { .. }), "{taken}");
    assert!(taken.hint().contains("--listen"));
}

#[tokio::test]
async fn a_dropped_emulator_closes_its_connections() {
    let bench = Bench::start().await;
    let phone = bench.control().add_device(Platform::Android);
    bench.control().add_fault(FaultSpec::action(FaultAction::Hang)).unwrap();
    let (body, url, control) = (to_token(&phone), bench.send_url(), bench.control().clone());
    let request = bench.http2.post(&url).bearer_auth("owner").json(&body).send();
    let Bench { emulator, .. } = bench;
    let stop = async {
        control.wait_for_in_flight(1, SOON).await.unwrap();
        drop(emulator);
    };
    let (answer, ()) = tokio::join!(request, stop);
    assert!(answer.is_err());
    assert_eq!(control.wait_for_requests(1, SOON).await.unwrap()[0].status, None);
}

#[tokio::test]
async fn a_malformed_project_is_refused_with_a_hint() {
    let refused =
        FcmEmulator::start(Options { projects: vec!["My Project".into()], ..Options::default() }).await;
    let refused = refused.unwrap_err();
    assert!(refused.to_string().contains("My Project"), "{refused}");
    assert!(refused.hint().contains("--project"));
}
