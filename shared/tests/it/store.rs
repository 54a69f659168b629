//! The core and its store: owners, damage, copies, suspension.

use std::time::Duration;

use pushbridge_core::{
    LoggedOutReason, PlatformEffect, PushError, Recovery, RegistrationKind::FcmToken, SyncOutcome,
    SyncTrigger,
};

use crate::rig::{PATIENCE, Rig, report, sync};

/// Failure mode 19
#[tokio::test]
async fn a_second_core_on_one_store_is_refused_and_the_first_goes_on() {
    let rig = Rig::new();
    let core = rig.open();
    assert_eq!(rig.try_open().err(), Some(PushError::Busy));
    report(&core, "token-1");
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
}

/// Failure mode 21: damage costs the identity, not the core.
#[tokio::test]
async fn a_damaged_store_starts_anew_and_asks_for_a_fresh_address_first() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    let before = core.snapshot().unwrap().installation_id;
    core.shutdown(PATIENCE).await;
    std::fs::write(rig.dir.path().join("store/pushbridge-core.db"), b"not a database at all").unwrap();
    let core = rig.open();
    let status = core.snapshot().unwrap();
    assert_eq!(status.recovered, Some(Recovery::Damaged));
    assert_ne!(status.installation_id, before);
    let told = [rig.next_effect(), rig.next_effect()];
    assert!(told.contains(&PlatformEffect::LoggedOut { reason: LoggedOutReason::StoreLost }), "{told:?}");
    let reset_id = status.pending_reset.unwrap();
    assert!(told.contains(&PlatformEffect::ResetAddress { reset_id }), "{told:?}");
    report(&core, "token-1");
    assert_eq!(sync(&core).await, SyncOutcome::AwaitingAddress);
    core.reset_done(reset_id, FcmToken, "token-2".to_owned()).unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    core.shutdown(PATIENCE).await;
    assert_eq!(rig.open().snapshot().unwrap().recovered, None);
}

/// Failure mode 21: an app that was set back to an older version keeps installation and login, and asks for nothing.
#[tokio::test]
async fn row21_a_core_goes_on_with_the_store_of_a_newer_one() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    let before = core.snapshot().unwrap();
    core.shutdown(PATIENCE).await;
    let database = rusqlite::Connection::open(rig.dir.path().join("store/pushbridge-core.db")).unwrap();
    let newer = "ALTER TABLE section ADD COLUMN age INTEGER; CREATE TABLE topic (name TEXT) STRICT;
        UPDATE section SET body = json_set(body, '$.new', 1) WHERE name <> 'marker'; PRAGMA user_version = 3;";
    database.execute_batch(newer).unwrap();
    let core = rig.open();
    assert_eq!(core.snapshot().unwrap(), before);
    assert_eq!(sync(&core).await, SyncOutcome::UpToDate);
    report(&core, "token-2");
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
    assert_eq!(rig.bound_user(&core).as_deref(), Some("42"));
    let kept = "SELECT count(*) FROM section WHERE name <> 'marker' AND body ->> '$.new' = 1";
    let kept: i64 = database.query_row(kept, [], |row| row.get(0)).unwrap();
    assert_eq!(kept, 3, "of identity, desired and progress; what an answer said went with the next answer");
}

/// Failure mode 22: two phones never go on with one identity.
#[tokio::test]
async fn row22_a_restored_copy_takes_another_identity_before_any_request() {
    let original = Rig::new();
    let core = original.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    sync(&core).await;
    let of_original = core.snapshot().unwrap().installation_id;
    core.shutdown(PATIENCE).await;
    let restored = Rig::new();
    *restored.seed.lock().unwrap() = 1_000; // another phone draws other ids
    let (from, to) = (original.dir.path().join("store"), restored.dir.path().join("store"));
    std::fs::create_dir_all(&to).unwrap();
    std::fs::copy(from.join("pushbridge-core.db"), to.join("pushbridge-core.db")).unwrap();
    let core = restored.open();
    let status = core.snapshot().unwrap();
    assert_eq!(status.recovered, Some(Recovery::Restored));
    assert_ne!(status.installation_id, of_original);
    assert_eq!(sync(&core).await, SyncOutcome::AwaitingAddress);
    assert_eq!(restored.network.count(), 0);
}

/// Failure mode 20: an error says that nothing happened, and nothing did.
#[tokio::test]
async fn a_write_that_fails_changes_nothing_and_works_later() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let before = core.snapshot().unwrap();
    let blocker = rusqlite::Connection::open(rig.dir.path().join("store/pushbridge-core.db")).unwrap();
    blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = core.on_registration(FcmToken, "token-2".to_owned(), None);
    assert!(matches!(refused, Err(PushError::Storage { .. })), "{refused:?}");
    assert_eq!(core.snapshot().unwrap(), before);
    blocker.execute_batch("ROLLBACK").unwrap();
    report(&core, "token-2");
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 });
}

/// Failure mode 24: a suspended process holds no lock; what happens meanwhile is not lost.
#[tokio::test]
async fn row24_a_paused_core_releases_the_store_and_still_takes_what_the_platform_says() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    core.pause().unwrap();
    assert!(core.snapshot().unwrap().paused);
    assert_eq!(sync(&core).await, SyncOutcome::Paused);
    report(&core, "token-2");
    let other = rig.open(); // the lock is free: another process may own the store
    assert_eq!(other.snapshot().unwrap().revision, Some(2));
    assert_eq!(core.resume(), Err(PushError::Busy));
    assert_eq!(core.on_registration(FcmToken, "token-3".to_owned(), None), Err(PushError::Busy));
    other.shutdown(PATIENCE).await;
    core.resume().unwrap();
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 2 });
}

/// Failure mode 24: an answer that comes after the pause is asked for again.
#[tokio::test]
async fn row24_a_pause_during_a_request_drops_its_answer() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    let gate = rig.network.close_gate();
    let pause = async {
        gate.reached.notified().await;
        *rig.network.gate.lock().unwrap() = None;
        core.pause().unwrap();
        gate.open.notify_one();
    };
    let (outcome, ()) = tokio::join!(sync(&core), pause);
    assert_eq!(outcome, SyncOutcome::Paused);
    core.resume().unwrap();
    assert_eq!(core.snapshot().unwrap().acked_revision, None);
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(rig.network.count(), 2);
}

/// Failure mode 2: the server has it, the acknowledgement was lost with the process.
#[tokio::test]
async fn a_lost_acknowledgement_is_asked_for_again_with_the_same_revision() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    rig.next_fates(&[crate::model_phone::Fate::AnswerLost]);
    assert!(matches!(sync(&core).await, SyncOutcome::Deferred { .. }));
    core.shutdown(PATIENCE).await;
    let core = rig.open();
    rig.clock.advance(Duration::from_secs(3600));
    let outcome = core.sync_now(PATIENCE, SyncTrigger::Start).await.unwrap();
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 1 });
}
