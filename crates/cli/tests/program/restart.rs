//! I5 with a real process: a kill at the worst moment loses nothing.

use std::time::Duration;

use pushbridge_fcm_emulator::FaultSpec;

use crate::{
    process::{PATIENCE, Serving},
    shop::Shop,
};

const PHONES: usize = 240;
/// As short as the configuration allows: a lease lasts three calls at least.
const SHORT_LEASE: [(&str, &str); 2] =
    [("PUSHBRIDGE__DISPATCH__LEASE", "PT6S"), ("PUSHBRIDGE__DISPATCH__REQUEST_TIMEOUT", "PT2S")];

/// I5: what was accepted with 202 ends although the server is killed twice: with more than 200 calls unanswered, and
/// while answers are being recorded. Each kill costs a duplicate of what was on the wire at most.
#[tokio::test]
async fn a_kill_with_hundreds_of_attempts_in_flight_loses_nothing() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &SHORT_LEASE).await;
    shop.register(&server).await;
    let devices = shop.phones(&server, PHONES).await;
    let control = shop.emulator.control();

    let slow = FaultSpec { latency_ms: Some(1_500), ..FaultSpec::default() };
    control.add_fault(slow).unwrap();
    let message = shop.send_to(&server, PHONES).await;
    control.wait_for_in_flight(200, PATIENCE).await.unwrap();
    server.kill().await;

    let server = Serving::start(shop.dir(), &SHORT_LEASE).await;
    let mut on_the_wire = leased(&shop, &server, &message).await;
    assert!(on_the_wire >= 200, "the restart remembers {on_the_wire} attempts");
    control.clear_faults();
    // The leases end, the attempts are made again, and the first answers are there.
    let answered = control.requests(0).len() as u64;
    control.wait_for_requests(answered + 50, PATIENCE).await.unwrap();
    server.kill().await;

    let server = Serving::start(shop.dir(), &SHORT_LEASE).await;
    on_the_wire += leased(&shop, &server, &message).await;
    let done = shop.done(&server, &message).await;
    assert_eq!(done["counts"]["sent"], PHONES, "{done}");
    let received = shop.received(&devices);
    assert!(received.iter().all(|count| (1..=3).contains(count)), "{received:?}");
    let duplicates = received.iter().sum::<usize>() - PHONES;
    assert!(duplicates <= on_the_wire, "{duplicates} duplicates of {on_the_wire} attempts on the wire");
    server.end().await;
    shop.emulator.shutdown().await;
}

/// Right after a start: what the dead server had on the wire, since no lease has ended yet.
async fn leased(shop: &Shop, server: &Serving, message: &str) -> usize {
    let status = shop.message(server, message).await;
    usize::try_from(status["counts"]["leased"].as_u64().unwrap()).unwrap()
}

/// A message that was accepted and not begun is sent after the kill, without waiting for a lease.
#[tokio::test]
async fn what_is_scheduled_survives_a_kill() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let devices = shop.phones(&server, 1).await;
    // FCM is slow with the first; the kill comes while it is on the wire and the second is accepted.
    shop.emulator.control().add_fault(FaultSpec::default().latency(Duration::from_secs(5)).times(1)).unwrap();
    shop.send_to(&server, 1).await;
    shop.emulator.control().wait_for_in_flight(1, PATIENCE).await.unwrap();
    let second = shop.send_to(&server, 1).await;
    server.kill().await;
    let server = Serving::start(shop.dir(), &[]).await;
    // The first one's lease of 45 s is not waited for.
    let done = shop.done(&server, &second).await;
    assert_eq!(done["counts"]["sent"], 1, "{done}");
    let inbox = shop.emulator.control().inbox(&devices[0].id, 0).unwrap();
    assert!(inbox.iter().any(|one| one.message["data"]["pb_msg"] == second.as_str()), "{inbox:?}");
    server.end().await;
    shop.emulator.shutdown().await;
}

/// SIGTERM: what is on the wire is waited for and recorded, so that nothing is sent twice.
#[tokio::test]
async fn a_termination_waits_for_what_is_in_flight() {
    let shop = Shop::open().await;
    let server = Serving::start(shop.dir(), &[]).await;
    shop.register(&server).await;
    let devices = shop.phones(&server, 50).await;
    let control = shop.emulator.control();
    control.add_fault(FaultSpec::default().latency(Duration::from_millis(700))).unwrap();
    let message = shop.send_to(&server, 50).await;
    control.wait_for_in_flight(50, PATIENCE).await.unwrap();
    let log = server.end().await;
    assert!(!log.contains("cut off"), "{log}");
    let requests = control.requests(0).len();
    assert_eq!(requests, 50, "every call was answered");

    let server = Serving::start(shop.dir(), &[]).await;
    let status = shop.message(&server, &message).await;
    assert_eq!((&status["state"], &status["counts"]["sent"]), (&"done".into(), &50.into()), "{status}");
    assert_eq!(shop.received(&devices), vec![1; 50]);
    server.end().await;
    shop.emulator.shutdown().await;
}
