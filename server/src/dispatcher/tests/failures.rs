//! What does not go well.

use std::time::Duration;

use bytes::Bytes;
use pushbridge_fcm::{Target, ThrottleScope};
use pushbridge_wire::IsoDuration;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::{
    dispatcher::blocks::Turn,
    dispatcher::{FcmSender, SendFuture, Sender, attempt::attempt, run::Dispatcher},
    feedback::Finding,
    outbox::Outcome,
    testing::{Bench, Call, create_app, throttled, unavailable},
};

#[tokio::test]
async fn a_throttled_project_is_left_alone_until_its_time() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    let throttled_one = bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    let wait = Duration::from_secs(90);
    worker.beside(fcm.recv()).await.unwrap().answer(Err(throttled(ThrottleScope::Project, Some(wait))));
    worker.collect_one().await;

    let waiting = bench.accept(json!({"to": {"topic": "b"}})).await.unwrap();
    let resumes = bench.now().plus(wait);
    assert_eq!(worker.exchange().await, Some(resumes));
    assert_eq!(bench.fate(&throttled_one).await, ("pending".to_owned(), Some("quota_exceeded".to_owned())));
    assert_eq!(bench.fate(&waiting).await.0, "pending");

    bench.pass(wait);
    worker.exchange().await;
    assert_eq!(worker.beside(fcm.recv()).await.unwrap().target, Target::Topic("b".to_owned()));
}

#[tokio::test]
async fn an_app_of_the_same_project_pauses_too_and_of_another_one_goes_on() {
    let mut bench = Bench::new().await;
    let mut shop = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    bench.shop = create_app(&bench.app, "same-project").await;
    let _same = bench.script_fcm();
    let waiting = bench.shop.clone();
    bench.shop = create_app(&bench.app, "other-project").await;
    bench.sql("UPDATE apps SET firebase_project = 'other' WHERE id = 'other-project'").await;
    let mut other = bench.script_fcm();

    worker.exchange().await;
    worker.beside(shop.recv()).await.unwrap().answer(Err(throttled(ThrottleScope::Unknown, None)));
    worker.collect_one().await;
    bench.accept(json!({"to": {"topic": "b"}})).await.unwrap();
    bench.shop = waiting;
    let held_back = bench.accept(json!({"to": {"topic": "c"}})).await.unwrap();
    worker.exchange().await;
    assert_eq!(worker.beside(other.recv()).await.unwrap().target, Target::Topic("b".to_owned()));
    assert_eq!(bench.fate(&held_back).await.0, "pending", "its quota is the same");
}

#[tokio::test]
async fn a_project_gets_no_more_than_its_quota() {
    let bench = Bench::with(|config| config.fcm.messages_per_minute = 60).await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    let second = bench.accept(json!({"to": {"topic": "b"}})).await.unwrap();
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().accept();
    worker.collect_one().await;
    let next = worker.exchange().await.unwrap();
    assert_eq!(bench.fate(&second).await.0, "pending", "it waits for its time");
    assert!(next > bench.now(), "and is not asked for before");
    bench.pass(next.since(bench.now()));
    worker.exchange().await;
    assert_eq!(worker.beside(fcm.recv()).await.unwrap().target, Target::Topic("b".to_owned()));
}

#[tokio::test]
async fn a_device_gets_no_more_than_fcm_takes_for_it_and_no_other_waits() {
    let bench = Bench::with(|config| config.fcm.device_messages_per_minute = 1).await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    bench.phone(1, "anna").await;
    bench.phone(2, "bob").await;
    bench.send("anna").await;
    let second = bench.send("anna").await;
    bench.send("bob").await;
    worker.exchange().await;
    for _ in 0..2 {
        worker.beside(fcm.recv()).await.unwrap().accept();
        worker.collect_one().await;
    }
    let next = worker.exchange().await;
    assert_eq!(next, Some(bench.now().plus(Duration::from_secs(60))), "woken when the minute is over");
    assert_eq!(bench.fate(&second).await.0, "pending", "no attempt is spent on it");
    bench.pass(Duration::from_secs(60));
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().accept();
    worker.collect_one().await;
    worker.exchange().await;
    assert_eq!(bench.fate(&second).await.0, "sent");
}

#[tokio::test]
async fn a_throttled_device_concerns_nobody_else() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().answer(Err(throttled(ThrottleScope::Device, None)));
    worker.collect_one().await;
    bench.accept(json!({"to": {"topic": "b"}})).await.unwrap();
    worker.exchange().await;
    assert_eq!(worker.beside(fcm.recv()).await.unwrap().target, Target::Topic("b".to_owned()));
}

#[tokio::test]
async fn what_failed_for_now_is_sent_again_after_its_wait() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    let accepted = bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().answer(Err(unavailable()));
    worker.collect_one().await;
    let next = worker.exchange().await.unwrap();
    let wait = next.since(bench.now());
    assert!((Duration::from_secs(10)..=Duration::from_secs(15)).contains(&wait), "{wait:?}");
    bench.pass(wait);
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().accept();
    worker.collect_one().await;
    worker.exchange().await;
    assert_eq!(bench.fate(&accepted).await, ("sent".to_owned(), None));
}

#[tokio::test]
async fn an_app_without_a_usable_service_account_keeps_its_messages_waiting() {
    let bench = Bench::new().await;
    let mut worker = Dispatcher::new(bench.app.clone());
    let accepted = bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    worker.collect_one().await;
    worker.exchange().await;
    let fate = bench.fate(&accepted).await;
    assert_eq!(fate, ("pending".to_owned(), Some("sender_unavailable".to_owned())));
}

#[tokio::test]
async fn an_attempt_that_panics_is_made_again_later() {
    let bench = Bench::new().await;
    let (app, project) = (bench.shop.app.id.clone(), "demo".to_owned());
    bench.app.senders.set(bench.shop.no, Sender { app, project, fcm: Box::new(Panicking) });
    let mut worker = Dispatcher::new(bench.app.clone());
    let accepted = bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    worker.collect_one().await;
    worker.exchange().await;
    assert_eq!(bench.fate(&accepted).await, ("pending".to_owned(), Some("interrupted".to_owned())));
}

/// However short the time for it is.
#[tokio::test]
async fn what_was_answered_when_the_drain_ends_is_settled() {
    let bench = Bench::with(|config| config.server.drain = IsoDuration(Duration::ZERO)).await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    let most = bench.app.config.dispatch.max_in_flight;
    for _ in 0..most {
        bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    }
    worker.exchange().await;
    let mut calls = Vec::new();
    for _ in 0..most {
        calls.push(worker.beside(fcm.recv()).await.unwrap());
    }
    calls.into_iter().for_each(Call::accept);
    let shutdown = CancellationToken::new();
    shutdown.cancel();
    worker.run(shutdown).await;
    let sent = bench.text("SELECT count(*) || '' FROM deliveries WHERE state = 'sent'").await;
    assert_eq!(sent, most.to_string());
}

struct Panicking;

impl FcmSender for Panicking {
    fn send<'a>(&'a self, _: &'a Target, _: Bytes) -> SendFuture<'a> {
        panic!("a defect, for the test")
    }
}

/// What is under way does not wait for the store, which may be slow.
#[tokio::test]
async fn attempts_go_on_while_the_store_is_busy() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    let (free, busy) = std::sync::mpsc::channel();
    let slow = bench.app.store.write(move |_| Ok(busy.recv().is_ok()));
    let called = async {
        let call = tokio::time::timeout(Duration::from_secs(20), fcm.recv()).await;
        free.send(()).unwrap();
        call.is_ok()
    };
    let (_, _, called) = tokio::join!(slow, worker.exchange(), called);
    assert!(called, "the call is made only once the store answers");
}

/// I5: what was sent while the disk was full is not sent again.
#[tokio::test]
async fn outcomes_wait_for_a_store_that_cannot_write() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let mut worker = Dispatcher::new(bench.app.clone());
    let accepted = bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    worker.exchange().await;
    // A name that needs pages of its own.
    worker.beside(fcm.recv()).await.unwrap().answer(Ok("x".repeat(20_000)));
    worker.collect_one().await;
    let second = Duration::from_secs(1);
    let send_at = bench.now().plus(second);
    let waiting = bench.accept(json!({"to": {"topic": "b"}, "send_at": send_at})).await.unwrap();

    bench.fill_disk(true).await;
    worker.exchange().await;
    bench.pass(second);
    worker.exchange().await;
    assert_eq!(bench.fate(&accepted).await.0, "leased");
    assert!(fcm.try_recv().is_err(), "nothing is sent whose outcome could not be recorded");

    bench.fill_disk(false).await;
    worker.exchange().await;
    assert_eq!(bench.fate(&accepted).await.0, "sent");
    worker.exchange().await;
    worker.beside(fcm.recv()).await.unwrap().accept();
    worker.collect_one().await;
    worker.exchange().await;
    assert_eq!(bench.fate(&waiting).await.0, "sent");
}

/// I4: what the lease says is on the wire; when it ends, nothing may be.
#[tokio::test]
async fn an_attempt_is_cut_off_when_its_lease_ends() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    let claim = bench.claim_only().await;
    tokio::time::pause();
    let attempted = attempt(bench.app.clone(), Box::new(claim), Turn::default()).await;
    assert!(matches!(attempted.settlement.outcome, Outcome::Parked { reason: "timed_out", .. }));
    assert_eq!(attempted.settlement.finding, Finding::Nothing);
    assert!(fcm.try_recv().is_ok(), "the call was made and never answered");
}

#[tokio::test]
async fn an_attempt_whose_lease_is_over_is_not_made() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.accept(json!({"to": {"topic": "a"}})).await.unwrap();
    let claim = bench.claim_only().await;
    bench.pass(crate::testing::LEASE);
    attempt(bench.app.clone(), Box::new(claim), Turn::default()).await;
    assert!(fcm.try_recv().is_err());
}
