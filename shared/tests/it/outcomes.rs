//! How a sync ends, and who hears of it.

use std::{sync::Arc, time::Duration};

use pushbridge_core::{
    DeferCause, PushError, RegistrationKind::FcmToken, SyncOutcome, SyncTrigger, clock::Clock,
};
use pushbridge_wire::InstallationRequest;

use crate::{
    model_phone::Fate,
    rig::{PATIENCE, Provider, Rig, report, sync},
};

/// A3, B5: the body as it goes over the wire.
#[tokio::test]
async fn a_put_carries_the_whole_desired_state() {
    let rig = Rig::new();
    let core = rig.open();
    rig.set_provider(Provider::Gives("proof".to_owned()));
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    core.set_permission(pushbridge_core::Permission::Granted).unwrap();
    let tags = Some(vec!["vip".to_owned(), "beta".to_owned(), "vip".to_owned()]);
    core.set_attributes(pushbridge_core::AttributesUpdate { tags, ..Default::default() }).unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 4 });
    let request = rig.network.requests.lock().unwrap()[0].clone();
    assert_eq!(request.user_proof.as_deref(), Some("proof"));
    let body: serde_json::Value = serde_json::from_str(&request.body).unwrap();
    assert_eq!(body["login_id"].as_str().unwrap().len(), 22);
    insta::assert_json_snapshot!(body, { ".login_id" => "[login id]" });
}

/// I10: one PUT, then silence for four weeks of daily starts.
#[tokio::test]
async fn a_delivered_state_is_not_told_again_until_refresh_after() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    for _ in 0..27 {
        rig.clock.advance(Duration::from_secs(86_400));
        assert_eq!(sync(&core).await, SyncOutcome::UpToDate);
    }
    assert_eq!(rig.network.count(), 1);
    rig.clock.advance(Duration::from_secs(86_400));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
}

/// Failure modes 4, 5: any history offline is one request with the final truth.
#[tokio::test]
async fn fifty_rotations_a_logout_and_a_login_offline_are_one_request() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "first");
    core.login("A".to_owned()).unwrap();
    sync(&core).await;
    for n in 0..50 {
        report(&core, &format!("token-{n}"));
    }
    core.logout().unwrap();
    core.login("B".to_owned()).unwrap();
    core.reset_done(rig.next_reset(), FcmToken, "fresh".to_owned()).unwrap();
    let before = rig.network.count();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.network.count(), before + 1);
    assert_eq!(rig.bound_user(&core).as_deref(), Some("B"));
}

/// Failure mode 18
#[tokio::test]
async fn row18_two_syncs_at_once_are_one_request_with_one_outcome() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let gate = rig.network.close_gate();
    let second_core = Arc::clone(&core);
    let first = async { sync(&core).await };
    let second = async {
        gate.reached.notified().await;
        *rig.network.gate.lock().unwrap() = None;
        let joined = second_core.sync_now(PATIENCE, SyncTrigger::Foreground);
        let opened = async { gate.open.notify_one() };
        tokio::join!(joined, opened).0.unwrap()
    };
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(first, second);
    assert_eq!(rig.network.count(), 1);
}

/// Failure mode 7: a rotation while a PUT is on its way ends with the newest address.
#[tokio::test]
async fn row07_a_rotation_during_a_request_is_sent_by_the_same_sync() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let gate = rig.network.close_gate();
    let rotation = async {
        gate.reached.notified().await;
        *rig.network.gate.lock().unwrap() = None;
        report(&core, "token-2");
        gate.open.notify_one();
    };
    let (outcome, ()) = tokio::join!(sync(&core), rotation);
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 2 });
    let requests = rig.network.requests.lock().unwrap();
    let last: InstallationRequest = serde_json::from_str(&requests.last().unwrap().body).unwrap();
    assert_eq!(last.address.unwrap().value.expose(), "token-2");
}

/// Failure mode 17: the caller leaves on time, the request goes on and is joined.
#[tokio::test]
async fn row17_a_deadline_lets_the_caller_go_and_the_request_finish() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let none = core.sync_now(Duration::ZERO, SyncTrigger::Change).await.unwrap();
    let at_deadline = SyncOutcome::Deferred { retry_after: Duration::ZERO, cause: DeferCause::Deadline };
    assert_eq!((none, rig.network.count()), (at_deadline.clone(), 0), "no time: no request");
    let gate = rig.network.close_gate();
    // Long enough for the request to be on its way on a busy machine: a deadline before that starts none.
    let caller = core.sync_now(Duration::from_secs(1), SyncTrigger::Change);
    let (short, ()) = tokio::join!(caller, gate.reached.notified());
    assert_eq!(short.unwrap(), at_deadline);
    // The next caller is there before the answer, and joins.
    let (joined, ()) = tokio::join!(sync(&core), async { gate.open.notify_one() });
    assert_eq!(joined, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(rig.network.count(), 1);
}

/// Failure mode 17: a Kotlin job that is cancelled drops the future.
#[tokio::test]
async fn row17_a_dropped_future_tears_no_acknowledgement() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let gate = rig.network.close_gate();
    tokio::select! {
        biased;
        _ = core.sync_now(PATIENCE, SyncTrigger::Change) => panic!("it waits at the gate"),
        () = gate.reached.notified() => {}
    }
    gate.open.notify_one();
    let outcome = sync(&core).await; // joins the request, or comes after it
    assert!(matches!(outcome, SyncOutcome::Delivered { revision: 1 } | SyncOutcome::UpToDate), "{outcome:?}");
    assert_eq!(rig.network.count(), 1);
}

/// Failure mode 13: a wait that the server asked for survives the process.
#[tokio::test]
async fn row13_retry_after_is_honoured_across_a_restart() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    rig.next_fates(&[Fate::Busy]);
    let SyncOutcome::Deferred { retry_after, cause: DeferCause::Server } = sync(&core).await else {
        panic!()
    };
    assert!((60..=66).contains(&retry_after.as_secs()), "{retry_after:?}");
    core.shutdown(PATIENCE).await;
    let core = rig.open();
    report(&core, "token-2");
    let outcome = core.sync_now(PATIENCE, SyncTrigger::NetworkBack).await.unwrap();
    assert!(matches!(outcome, SyncOutcome::Deferred { cause: DeferCause::Server, .. }));
    assert_eq!(rig.network.count(), 1);
    rig.clock.advance(retry_after);
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 });
}

/// Failure mode 15
#[tokio::test]
async fn row15_a_captive_portal_acknowledges_nothing() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    rig.next_fates(&[Fate::Portal]);
    assert!(matches!(sync(&core).await, SyncOutcome::Deferred { cause: DeferCause::NotTheServer, .. }));
    let outcome = core.sync_now(PATIENCE, SyncTrigger::NetworkBack).await.unwrap();
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 1 });
}

/// Failure mode 27
#[tokio::test]
async fn row27_after_a_shutdown_everything_is_closed_and_a_second_one_is_harmless() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let gate = rig.network.close_gate();
    let under_way = async { core.sync_now(PATIENCE, SyncTrigger::Change).await };
    let shutdown = async {
        gate.reached.notified().await;
        let drained = core.shutdown(PATIENCE);
        let opened = async { gate.open.notify_one() };
        tokio::join!(drained, opened)
    };
    let (outcome, _) = tokio::join!(under_way, shutdown);
    assert_eq!(outcome.unwrap(), SyncOutcome::Delivered { revision: 1 }, "what was under way is waited for");
    core.shutdown(PATIENCE).await;
    assert_eq!(core.snapshot(), Err(PushError::Closed));
    assert_eq!(core.logout(), Err(PushError::Closed));
    assert_eq!(core.sync_now(PATIENCE, SyncTrigger::Start).await, Err(PushError::Closed));
    assert_eq!(rig.open().snapshot().unwrap().acked_revision, Some(1));
}

/// Failure mode 23: ten years forward, then back.
#[tokio::test]
async fn a_clock_that_jumps_costs_at_most_one_request() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    let now = rig.clock.now();
    rig.clock.advance(Duration::from_secs(10 * 365 * 86_400));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    rig.clock.set(now);
    for _ in 0..27 {
        assert_eq!(sync(&core).await, SyncOutcome::UpToDate);
        rig.clock.advance(Duration::from_secs(86_400));
    }
    assert_eq!(rig.network.count(), 2);
}
