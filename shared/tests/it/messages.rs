//! Data messages, the server's own among them, and receipts.

use std::collections::HashMap;

use pushbridge_core::{
    LoggedOutReason, LoginState, MessageDisposition, PlatformEffect, PushError, ReceiptEvent, SyncOutcome,
};
use pushbridge_wire::InstallationRequest;

use crate::rig::{PATIENCE, Rig, report, sync};

fn data(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
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

/// A newer server may say things that this core does not know: they are never content, and ask for nothing unless
/// `pb_sync` stands beside them.
#[tokio::test]
async fn what_a_newer_server_says_of_its_own_accord_is_not_for_the_app() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    let unknown = data(&[("pb_app", "shop"), ("pb_of_tomorrow", "1"), ("title", "not to be shown")]);
    assert_eq!(core.on_message(unknown.clone()).unwrap(), MessageDisposition::Ignore);
    assert_eq!(core.on_message(data(&[("pb_of_tomorrow", "1")])).unwrap(), MessageDisposition::Ignore);
    assert_eq!(sync(&core).await, SyncOutcome::UpToDate);
    let mut with_sync = unknown;
    with_sync.insert("pb_sync".to_owned(), "1".to_owned());
    assert_eq!(core.on_message(with_sync).unwrap(), MessageDisposition::Sync);
    let content =
        data(&[("pb_app", "shop"), ("pb_msg", "msg_1"), ("pb_of_tomorrow", "1"), ("title", "hello")]);
    let deliver = MessageDisposition::Deliver { message_id: Some("msg_1".to_owned()) };
    assert_eq!(
        core.on_message(content).unwrap(),
        deliver,
        "what a backend sends is handed over whatever is added to it"
    );
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
