//! Failure modes of a phone that need the whole core and a history; the number is the row in docs/INVARIANTS.md.

use std::{path::Path, time::Duration};

use pushbridge_core::{
    LoginState, Permission, PushCore, PushError, RegistrationKind::FcmToken, SyncOutcome, SyncTrigger,
};
use serde_json::Value;

use crate::{
    model_phone::Fate,
    model_server::Held,
    rig::{PATIENCE, Provider, Rig, report, sync},
};

fn last_body(rig: &Rig) -> Value {
    serde_json::from_str(&rig.network.requests.lock().unwrap().last().unwrap().body).unwrap()
}

fn held(rig: &Rig, core: &PushCore) -> Held {
    rig.server.lock().unwrap().installations[&core.snapshot().unwrap().installation_id].held.clone()
}

fn bytes_in(dir: &Path) -> u64 {
    std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

/// Rotates and tries in vain for thirty days; the bytes that the closed store has then.
async fn thirty_days_offline(rig: &Rig, rotations: u32) -> u64 {
    let core = rig.open();
    for n in 1..=rotations {
        report(&core, &format!("token-{n:02}"));
        rig.next_fates(&[Fate::RequestLost]);
        let outcome = core.sync_now(PATIENCE, SyncTrigger::NetworkBack).await.unwrap();
        assert!(matches!(outcome, SyncOutcome::Deferred { .. }), "{outcome:?}");
        rig.clock.advance(Duration::from_secs(30 * 86_400) / rotations);
    }
    core.shutdown(PATIENCE).await;
    bytes_in(&rig.dir.path().join("store"))
}

#[tokio::test]
async fn row04_thirty_days_offline_are_one_put_and_no_larger_store() {
    let rig = Rig::new();
    let size = thirty_days_offline(&rig, 50).await;
    assert_eq!(size, thirty_days_offline(&Rig::new(), 1).await, "fifty rotations take no more than one");
    let core = rig.open();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.server.lock().unwrap().puts, 1);
    assert_eq!(held(&rig, &core), Held::Live("token-50".to_owned()));
}

#[tokio::test]
async fn row05_another_person_without_a_proof_ends_the_first_login_at_once() {
    let rig = Rig::new();
    rig.require_proof("proof-of-A");
    rig.set_provider(Provider::Gives("proof-of-A".to_owned()));
    let core = rig.open();
    report(&core, "token-1");
    core.login("A".to_owned()).unwrap();
    sync(&core).await;
    assert_eq!(rig.bound_user(&core).as_deref(), Some("A"));
    core.logout().unwrap();
    core.shutdown(PATIENCE).await;
    let before = rig.network.count();
    rig.require_proof("proof-of-B");
    rig.set_provider(Provider::HasNone);
    let core = rig.open();
    core.login("B".to_owned()).unwrap();
    let reset = core.snapshot().unwrap().pending_reset.unwrap();
    core.reset_done(reset, FcmToken, "token-2".to_owned()).unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::NeedsCredentials);
    assert_eq!(rig.network.count(), before + 1);
    assert_eq!(rig.bound_user(&core), None, "A has left, B is not proven");
    assert_eq!(held(&rig, &core), Held::Live("token-2".to_owned()));
    rig.set_provider(Provider::Gives("proof-of-B".to_owned()));
    core.credentials_changed().unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.network.count(), before + 2);
    assert_eq!(rig.bound_user(&core).as_deref(), Some("B"));
    let requests = rig.network.requests.lock().unwrap();
    let proofs: Vec<_> = requests[before..].iter().map(|request| request.user_proof.as_deref()).collect();
    assert_eq!(proofs, [None, Some("proof-of-B")]);
}

#[tokio::test]
async fn row09_the_same_value_is_bound_again_after_a_logout_and_after_a_loss() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.login("A".to_owned()).unwrap();
    sync(&core).await;
    core.logout().unwrap();
    core.reset_done(rig.next_reset(), FcmToken, "token-1".to_owned()).unwrap(); // some platforms keep it
    sync(&core).await;
    assert_eq!(rig.bound_user(&core), None);
    core.login("A".to_owned()).unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.bound_user(&core).as_deref(), Some("A"));
    core.on_registration_lost(FcmToken).unwrap();
    sync(&core).await;
    assert_eq!(held(&rig, &core), Held::Nothing);
    report(&core, "token-1");
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(held(&rig, &core), Held::Live("token-1".to_owned()));
    assert_eq!(core.snapshot().unwrap().login, LoginState::LoggedIn { bound: true });
}

/// What a locked device does to SQLite: the file cannot be opened. A link to itself does the same, and could be deleted.
#[cfg(unix)]
#[tokio::test]
async fn row25_a_store_that_cannot_be_opened_now_is_an_error_and_left_alone() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    sync(&core).await;
    let before = core.snapshot().unwrap();
    core.shutdown(PATIENCE).await;
    let database = rig.dir.path().join("store/pushbridge-core.db");
    let aside = rig.dir.path().join("aside.db");
    std::fs::rename(&database, &aside).unwrap();
    std::os::unix::fs::symlink(&database, &database).unwrap();
    for _ in 0..2 {
        assert!(matches!(rig.try_open().err(), Some(PushError::Storage { .. })));
    }
    assert!(database.is_symlink(), "nothing was made anew in its place");
    std::fs::remove_file(&database).unwrap();
    std::fs::rename(&aside, &database).unwrap();
    let after = rig.open().snapshot().unwrap();
    assert_eq!((after.installation_id, after.recovered), (before.installation_id, None));
    assert_eq!(after.acked_revision, Some(1));
}

#[tokio::test]
async fn row29_a_denied_permission_is_told_and_keeps_the_address() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    for (permission, word) in [(Permission::Denied, "denied"), (Permission::Granted, "granted")] {
        core.set_permission(permission).unwrap();
        assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
        assert_eq!(last_body(&rig)["permission"], word);
        assert_eq!(last_body(&rig)["address"]["value"], "token-1");
        assert_eq!(held(&rig, &core), Held::Live("token-1".to_owned()));
    }
}
