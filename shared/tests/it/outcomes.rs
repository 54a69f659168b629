//! How a sync ends, and who hears of it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use pushbridge_core::{
    DeferCause, LoggedOutReason, LoginState, LogoutState, MessageDisposition, PlatformEffect, PushCore,
    PushError, ReceiptEvent, RegistrationKind::FcmToken, SyncOutcome, SyncState, SyncTrigger, clock::Clock,
};
use pushbridge_wire::InstallationRequest;

use crate::{
    model_phone::Fate,
    rig::{PATIENCE, Provider, Rig, sync},
};

fn report(core: &PushCore, value: &str) {
    assert!(core.on_registration(FcmToken, value.to_owned(), None).unwrap().work_needed);
}

fn data(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

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
async fn two_syncs_at_once_are_one_request_with_one_outcome() {
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
async fn a_rotation_during_a_request_is_sent_by_the_same_sync() {
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
async fn a_deadline_lets_the_caller_go_and_the_request_finish() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let none = core.sync_now(Duration::ZERO, SyncTrigger::Change).await.unwrap();
    let at_deadline = SyncOutcome::Deferred { retry_after: Duration::ZERO, cause: DeferCause::Deadline };
    assert_eq!((none, rig.network.count()), (at_deadline.clone(), 0), "no time: no request");
    let gate = rig.network.close_gate();
    let short = core.sync_now(Duration::from_millis(50), SyncTrigger::Change).await.unwrap();
    assert_eq!(short, at_deadline);
    gate.reached.notified().await;
    gate.open.notify_one();
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(rig.network.count(), 1);
}

/// Failure mode 17: a Kotlin job that is cancelled drops the future.
#[tokio::test]
async fn a_dropped_future_tears_no_acknowledgement() {
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
async fn retry_after_is_honoured_across_a_restart() {
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
async fn a_captive_portal_acknowledges_nothing() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    rig.next_fates(&[Fate::Portal]);
    assert!(matches!(sync(&core).await, SyncOutcome::Deferred { cause: DeferCause::NotTheServer, .. }));
    let outcome = core.sync_now(PATIENCE, SyncTrigger::NetworkBack).await.unwrap();
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 1 });
}

/// Failure mode 11: one forced refresh and one retry, then quiet until the app has news.
#[tokio::test]
async fn a_stale_proof_is_refreshed_once() {
    let rig = Rig::new();
    rig.require_proof("fresh");
    rig.set_provider(Provider::Refreshes("stale".to_owned(), "fresh".to_owned()));
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 });
    assert_eq!(*rig.app.asked.lock().unwrap(), [("42".to_owned(), false), ("42".to_owned(), true)]);
    assert_eq!(rig.bound_user(&core).as_deref(), Some("42"));
    report(&core, "token-2");
    sync(&core).await;
    assert_eq!(rig.app.asked.lock().unwrap().len(), 2, "a bound login needs no proof");
}

/// Failure mode 11
#[tokio::test]
async fn a_proof_that_stays_refused_ends_in_needs_credentials_without_a_loop() {
    let rig = Rig::new();
    rig.require_proof("right");
    rig.set_provider(Provider::Gives("wrong".to_owned()));
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::NeedsCredentials);
    for _ in 0..5 {
        assert_eq!(sync(&core).await, SyncOutcome::NeedsCredentials);
    }
    assert_eq!(rig.network.count(), 2);
    assert_eq!(core.snapshot().unwrap().address_state.as_deref(), Some("live"), "the address is kept");
    rig.set_provider(Provider::Gives("right".to_owned()));
    assert!(core.credentials_changed().unwrap().work_needed);
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 });
    assert_eq!(core.snapshot().unwrap().login, LoginState::LoggedIn { bound: true });
}

/// Failure mode 12
#[tokio::test]
async fn a_provider_that_has_none_fails_panics_or_never_answers_keeps_the_address() {
    for provider in [Provider::HasNone, Provider::Fails, Provider::Panics, Provider::NeverAnswers] {
        let rig = Rig::new();
        rig.require_proof("right");
        rig.set_provider(provider.clone());
        let core = rig.open();
        report(&core, "token-1");
        core.login("42".to_owned()).unwrap();
        assert_eq!(sync(&core).await, SyncOutcome::NeedsCredentials, "{provider:?}");
        assert_eq!(rig.network.count(), 1, "{provider:?}: nothing better to send");
        rig.set_provider(Provider::Gives("right".to_owned()));
        assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 }, "{provider:?}: asked again");
    }
}

/// A8, B3: a logout offline, killed and later online, is told without any session.
#[tokio::test]
async fn a_logout_is_told_without_a_proof_and_done_with_a_fresh_address() {
    let rig = Rig::new();
    rig.require_proof("right");
    rig.set_provider(Provider::Gives("right".to_owned()));
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    core.shutdown(PATIENCE).await;
    let core = rig.open();
    rig.set_provider(Provider::HasNone);
    core.logout().unwrap();
    let reset = rig.next_reset();
    sync(&core).await;
    assert_eq!(rig.bound_user(&core), None);
    assert_eq!(core.snapshot().unwrap().logout, LogoutState::Pending);
    core.reset_done(reset, FcmToken, "token-2".to_owned()).unwrap();
    sync(&core).await;
    assert_eq!(core.snapshot().unwrap().logout, LogoutState::Done { wall_closed: true });
}

/// Rule 7: the app is told, and a new login binds again.
#[tokio::test]
async fn an_eviction_is_told_and_a_new_login_binds_again() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    rig.server.lock().unwrap().revoke_all();
    assert_eq!(core.on_message(data(&[("pb_sync", "1")])).unwrap(), MessageDisposition::Sync);
    sync(&core).await;
    let reason = LoggedOutReason::Evicted { reason: Some("revoked".to_owned()) };
    assert_eq!(rig.next_effect(), PlatformEffect::LoggedOut { reason: reason.clone() });
    assert_eq!(core.snapshot().unwrap().login, LoginState::LoggedOut { reason: Some(reason) });
    assert_eq!(rig.bound_user(&core), None);
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    assert_eq!(rig.bound_user(&core).as_deref(), Some("42"));
}

/// F12
#[tokio::test]
async fn a_message_for_another_login_is_dropped() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    let body: InstallationRequest =
        serde_json::from_str(&rig.network.requests.lock().unwrap()[0].body).unwrap();
    let login = body.login_id.unwrap();
    let mine = data(&[("pb_app", "shop"), ("pb_msg", "msg_1"), ("pb_login", login.as_str())]);
    let deliver = MessageDisposition::Deliver { message_id: Some("msg_1".to_owned()) };
    assert_eq!(core.on_message(mine.clone()).unwrap(), deliver);
    let foreign = data(&[("pb_app", "shop"), ("pb_msg", "msg_1"), ("pb_login", "another")]);
    assert_eq!(core.on_message(foreign).unwrap(), MessageDisposition::DropForeignLogin);
    let plain = data(&[("key", "value")]);
    assert_eq!(core.on_message(plain).unwrap(), MessageDisposition::Deliver { message_id: None });
    let other_app = data(&[("pb_app", "other"), ("pb_sync", "1")]);
    assert_eq!(core.on_message(other_app).unwrap(), MessageDisposition::Ignore);
    core.logout().unwrap();
    assert_eq!(core.on_message(mine).unwrap(), MessageDisposition::DropForeignLogin);
}

/// Rule 4: a value that another installation held moves by challenge only.
#[tokio::test]
async fn a_challenge_is_echoed_and_makes_the_address_live() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    core.shutdown(PATIENCE).await;
    std::fs::remove_dir_all(rig.dir.path().join("store")).unwrap(); // cleared data: the platform keeps its value
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    assert_eq!(core.snapshot().unwrap().address_state.as_deref(), Some("contested"));
    let push = rig.server.lock().unwrap().pushes.pop().unwrap();
    let nonce = push.nonce.to_string();
    let challenge = |id: &str| data(&[("pb_challenge", nonce.as_str()), ("pb_installation", id)]);
    let foreign = challenge("00000000-0000-4000-8000-000000000000");
    assert_eq!(core.on_message(foreign).unwrap(), MessageDisposition::Ignore);
    assert_eq!(core.on_message(challenge(&push.installation)).unwrap(), MessageDisposition::Challenge);
    sync(&core).await;
    assert_eq!(core.snapshot().unwrap().address_state.as_deref(), Some("live"));
}

#[tokio::test]
async fn receipts_go_with_a_sync_and_only_once() {
    let rig = Rig::new();
    let core = rig.open();
    let early = core.receipt("msg_0".to_owned(), ReceiptEvent::Received).unwrap();
    assert!(early.changed && !early.work_needed);
    assert_eq!(sync(&core).await, SyncOutcome::UpToDate, "no installation yet to send it for");
    report(&core, "token-1");
    assert!(core.receipt("msg_1".to_owned(), ReceiptEvent::Received).unwrap().changed);
    assert!(!core.receipt("msg_1".to_owned(), ReceiptEvent::Received).unwrap().changed);
    sync(&core).await;
    sync(&core).await;
    assert_eq!(rig.server.lock().unwrap().receipts, ["msg_0", "msg_1"]);
    assert!(matches!(
        core.receipt("no id".to_owned(), ReceiptEvent::Shown),
        Err(PushError::InvalidInput { .. })
    ));
}

/// Failure mode 27
#[tokio::test]
async fn after_a_shutdown_everything_is_closed_and_a_second_one_is_harmless() {
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

/// Failure mode 26: a listener that calls back in, and one that panics, harm nothing.
#[tokio::test]
async fn a_status_tells_each_change_and_ends_up_to_date() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    let last = std::iter::from_fn(|| rig.statuses.recv_timeout(PATIENCE).ok())
        .find(|status| status.acked_revision == Some(1))
        .unwrap();
    assert_eq!(last.sync, SyncState::UpToDate);
    assert_eq!(last, core.snapshot().unwrap());
    assert_eq!(last.last_answer_at_ms, Some(rig.clock.now().as_ms()));
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
