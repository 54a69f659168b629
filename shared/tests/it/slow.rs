//! Failure mode 16, over sockets: answers that drip, connections that died while the phone slept.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use pushbridge_core::{DeferCause, PushConfig, RegistrationKind::FcmToken, SyncOutcome, SyncTrigger};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::interval,
};

use crate::{
    http::{applied_body, assert_deferred, config, open},
    network::read_request,
    rig::{PATIENCE, Rig, sync},
};

/// Far below every time-out of the tests: each byte comes in time, the answer never does.
const DRIP: Duration = Duration::from_millis(5);
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";

/// Sends `at_once` and then one byte after the other for ever, until the client goes away.
async fn drip(mut stream: TcpStream, at_once: &str, byte: u8, dripped: Arc<AtomicUsize>) {
    read_request(&mut stream).await;
    stream.write_all(at_once.as_bytes()).await.unwrap();
    let mut clock = interval(DRIP);
    loop {
        clock.tick().await;
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
        dripped.fetch_add(1, Ordering::SeqCst);
    }
}

struct Dripping {
    base_url: String,
    dripped: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

async fn dripping(at_once: String, byte: u8) -> Dripping {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let dripped = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let count = dripped.clone();
    tasks.spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            drip(stream, &at_once, byte, count.clone()).await;
        }
    });
    Dripping { base_url, dripped, _tasks: tasks }
}

/// A server or a proxy that sends a byte now and then keeps every pause short and would hold a request for days: the
/// time-out is for the whole answer, head and body.
#[tokio::test]
async fn row16_an_answer_that_drips_ends_at_the_time_out() {
    let in_the_body = format!("{HEAD}content-length: 100000\r\n\r\n");
    let in_the_head = format!("{HEAD}x-slow: ");
    for at_once in [in_the_body, in_the_head] {
        let (rig, server) = (Rig::new(), dripping(at_once.clone(), b'1').await);
        let mut config = config(&rig, &server.base_url);
        config.request_timeout = Duration::from_millis(250);
        let core = open(&rig, config);
        assert_deferred(&sync(&core).await, DeferCause::Timeout);
        assert!(server.dripped.load(Ordering::SeqCst) > 1, "it went on to the end: {at_once}");
        assert_eq!(core.snapshot().unwrap().acked_revision, None);
    }
}

/// The caller's deadline holds against it too, and the request goes on behind it.
#[tokio::test]
async fn row16_an_answer_that_drips_does_not_hold_the_caller() {
    let (rig, server) = (Rig::new(), dripping(format!("{HEAD}content-length: 100000\r\n\r\n"), b' ').await);
    let core = open(&rig, config(&rig, &server.base_url));
    let outcome = core.sync_now(Duration::from_millis(100), SyncTrigger::Change).await.unwrap();
    assert_deferred(&outcome, DeferCause::Deadline);
    core.shutdown(Duration::ZERO).await;
}

/// Answers every request on every connection, and counts both.
async fn keep_alive(listener: TcpListener, connections: Arc<AtomicUsize>) {
    let mut open = JoinSet::new();
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        connections.fetch_add(1, Ordering::SeqCst);
        open.spawn(async move {
            read_request(&mut stream).await;
            let body = applied_body();
            let answer =
                format!("{HEAD}connection: keep-alive\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            stream.write_all(answer.as_bytes()).await.unwrap();
            std::future::pending::<()>().await; // a half-open connection: nobody answers on it any more
        });
    }
}

fn patient(rig: &Rig, base_url: &str) -> PushConfig {
    PushConfig { request_timeout: PATIENCE, ..config(rig, base_url) }
}

/// What the network did to a kept connection while the phone slept shows only when a request on it gets no answer: so
/// none is kept.
#[tokio::test]
async fn row16_no_connection_is_used_twice() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base_url = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    tasks.spawn(keep_alive(listener, connections.clone()));
    let rig = Rig::new();
    let core = open(&rig, patient(&rig, &base_url));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    core.pause().unwrap();
    core.resume().unwrap();
    core.on_registration(FcmToken, "token-2".to_owned(), None).unwrap();
    // Its answer is to revision 1: whether it was answered at all is what counts here.
    assert_deferred(&sync(&core).await, DeferCause::NotTheServer);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
