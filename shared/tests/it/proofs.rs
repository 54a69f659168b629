//! User proofs: who is asked, how often, and what happens without one.

use pushbridge_core::{LoginState, LogoutState, RegistrationKind::FcmToken, SyncOutcome};

use crate::rig::{PATIENCE, Provider, Rig, report, sync};

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

/// Failure modes 5, 24: what happens while the provider thinks counts.
#[tokio::test]
async fn a_pause_or_a_logout_while_the_provider_thinks_sends_no_proof() {
    let rig = Rig::new();
    rig.set_provider(Provider::NeverAnswers);
    let core = rig.open();
    report(&core, "token-1");
    core.login("42".to_owned()).unwrap();
    let pause = async {
        rig.questions.recv_timeout(PATIENCE).unwrap();
        core.pause().unwrap();
    };
    let (outcome, ()) = tokio::join!(sync(&core), pause);
    assert_eq!((outcome, rig.network.count()), (SyncOutcome::Paused, 0));
    core.resume().unwrap();
    let logout = async {
        rig.questions.recv_timeout(PATIENCE).unwrap();
        core.logout().unwrap();
    };
    let (outcome, ()) = tokio::join!(sync(&core), logout);
    assert_eq!(outcome, SyncOutcome::Delivered { revision: 3 });
    assert_eq!(rig.network.count(), 1, "only the logout was sent");
    assert_eq!(rig.bound_user(&core), None);
}
