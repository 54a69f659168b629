//! The dispatcher against a real store and an FCM that answers by hand.

mod emulator;
mod failures;

use std::sync::Arc;

use pushbridge_fcm::Target;
use pushbridge_wire::MessageState;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::start;
use crate::{
    app::App,
    testing::{Bench, unregistered},
};

/// The dispatcher as the server runs it.
struct Running {
    shutdown: CancellationToken,
    task: JoinSet<()>,
}

impl Running {
    fn start(app: &Arc<App>) -> Self {
        let shutdown = CancellationToken::new();
        let mut task = JoinSet::new();
        task.spawn(start(app.clone(), shutdown.clone()).unwrap());
        Self { shutdown, task }
    }

    async fn stop(mut self) {
        self.shutdown.cancel();
        self.task.join_next().await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn an_accepted_message_is_sent_at_once_with_the_servers_keys() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.phone(1, "anna").await;
    let running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    let call = fcm.recv().await.unwrap();
    assert_eq!(call.target, Target::Token("token-1".to_owned()));
    let keys = json!({"pb_app": "shop", "pb_msg": accepted.message_id, "pb_login": "login-1"});
    assert_eq!(json!(call.message.data), keys);
    assert!(!call.validate_only);
    call.accept();
    running.stop().await;
    assert_eq!(bench.fate(&accepted).await, ("sent".to_owned(), None));
}

#[tokio::test]
async fn validate_only_goes_through_to_fcm() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let running = Running::start(&bench.app);
    bench.accept(json!({"to": {"topic": "news"}, "validate_only": true})).await.unwrap();
    let call = fcm.recv().await.unwrap();
    assert!(call.validate_only);
    call.accept();
    running.stop().await;
}

#[tokio::test]
async fn a_dead_address_ends_its_delivery_and_is_retired() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.phone(1, "anna").await;
    let running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    fcm.recv().await.unwrap().answer(Err(unregistered()));
    running.stop().await;
    assert_eq!(bench.fate(&accepted).await, ("failed".to_owned(), Some("unregistered".to_owned())));
    assert_eq!(bench.text("SELECT address_state FROM installations").await, "retired");
}

#[tokio::test]
async fn what_is_in_flight_at_shutdown_is_settled() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.phone(1, "anna").await;
    let mut running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    let call = fcm.recv().await.unwrap();
    running.shutdown.cancel();
    let late = bench.send("anna").await;
    assert!(running.task.try_join_next().is_none(), "it waits for its attempt");
    call.accept();
    running.task.join_next().await.unwrap().unwrap();
    assert_eq!(bench.status(&accepted.message_id).await.state, MessageState::Done);
    assert_eq!(bench.fate(&late).await.0, "pending", "nothing new is started");
}

#[tokio::test]
async fn no_more_calls_are_made_at_once_than_allowed_and_every_delivery_is_made() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    let most = bench.app.config.dispatch.max_in_flight;
    let running = Running::start(&bench.app);
    let mut accepted = Vec::new();
    for _ in 0..most * 3 {
        accepted.push(bench.accept(json!({"to": {"topic": "news"}})).await.unwrap());
    }
    let mut waiting = Vec::new();
    for _ in 0..most {
        waiting.push(fcm.recv().await.unwrap());
    }
    assert!(fcm.try_recv().is_err(), "all places are taken");
    for _ in 0..most * 2 {
        waiting.remove(0).accept();
        waiting.push(fcm.recv().await.unwrap());
    }
    waiting.into_iter().for_each(crate::testing::Call::accept);
    running.stop().await;
    for accepted in &accepted {
        assert_eq!(bench.fate(accepted).await.0, "sent");
    }
}

#[tokio::test]
async fn whoever_waits_for_the_wire_is_told_when_an_attempt_ends() {
    let bench = Bench::new().await;
    let mut fcm = bench.script_fcm();
    bench.phone(1, "anna").await;
    let mut settled = bench.app.wake.watch_settled();
    let running = Running::start(&bench.app);
    let accepted = bench.send("anna").await;
    fcm.recv().await.unwrap().accept();
    settled.changed().await.unwrap();
    assert_eq!(bench.fate(&accepted).await.0, "sent");
    running.stop().await;
}

#[tokio::test]
async fn a_forgotten_sender_is_made_anew() {
    let bench = Bench::new().await;
    let _fcm = bench.script_fcm();
    assert!(bench.app.senders.get(&bench.app.store, bench.shop.no).await.is_ok());
    bench.app.senders.forget(bench.shop.no);
    let error = bench.app.senders.get(&bench.app.store, bench.shop.no).await.err().unwrap();
    // The app of the tests has no service account.
    assert!(matches!(error, super::SenderError::ServiceAccount(_)), "{error}");
}

/// A server that is dropped without a word must not go on sending behind the back of the next one.
#[tokio::test]
async fn a_sender_that_is_dropped_lets_go_of_the_app() {
    let bench = Bench::new().await;
    let sending = start(bench.app.clone(), CancellationToken::new()).unwrap();
    drop(sending);
    let let_go = async {
        while Arc::strong_count(&bench.app) > 1 {
            tokio::task::yield_now().await;
        }
    };
    assert!(tokio::time::timeout(std::time::Duration::from_secs(20), let_go).await.is_ok(), "it still sends");
}
