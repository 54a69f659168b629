//! User proofs: who is asked, how often, and what happens without one.

use std::sync::{
    Arc,
    mpsc::{Sender, channel},
};

use pushbridge_core::{
    CredentialReply, CredentialsProvider, LoginState, LogoutState, PlatformEffect, PushCore, PushListener,
    PushStatus, RegistrationKind::FcmToken, SyncOutcome,
};

use crate::rig::{App, PATIENCE, Provider, Rig, report, sync};

/// Failure mode 11: one forced refresh and one retry, then quiet until the app has news.
#[tokio::test]
async fn row11_a_stale_proof_is_refreshed_once() {
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
async fn row11_a_proof_that_stays_refused_ends_in_needs_credentials_without_a_loop() {
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
async fn row12_a_provider_that_has_none_fails_panics_or_never_answers_keeps_the_address() {
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
async fn row06_a_logout_is_told_without_a_proof_and_done_with_a_fresh_address() {
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

/// The app, saying when the core has let go of it.
struct Held {
    app: Arc<App>,
    let_go: Sender<()>,
}

impl CredentialsProvider for Held {
    fn request(&self, user_id: String, force_refresh: bool, reply: Arc<CredentialReply>) {
        self.app.request(user_id, force_refresh, reply);
    }
}
impl PushListener for Held {
    fn on_effect(&self, _effect: PlatformEffect) {}
    fn on_status(&self, _status: PushStatus) {}
}
impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.let_go.send(()); // the test may have ended
    }
}

/// Failure mode 12: silent providers leave nothing behind. Each reply has nobody waiting for it once its time is over,
/// and the core lets go of provider and listener with its shutdown.
#[tokio::test]
async fn row12_replies_and_callbacks_are_let_go_of() {
    let rig = Rig::new();
    rig.require_proof("right");
    rig.set_provider(Provider::NeverAnswers);
    let (let_go, gone) = channel();
    let held = || Arc::new(Held { app: rig.app.clone(), let_go: let_go.clone() });
    let core = PushCore::open_with(rig.config(), rig.ports(), held(), held()).unwrap();
    report(&core, "token-1");
    for user in ["1", "2", "3", "4", "5", "6"] {
        core.login(user.to_owned()).unwrap(); // each is asked for, and is silent
        sync(&core).await;
    }
    let kept = rig.app.kept.lock().unwrap().split_off(0);
    assert!(kept.len() >= 6, "{}", kept.len());
    for reply in &kept {
        assert!(reply.is_cancelled());
        reply.provide("too late".to_owned());
        assert_eq!(Arc::strong_count(reply), 1, "only the app still has it");
    }
    assert!(gone.try_recv().is_err());
    core.shutdown(PATIENCE).await;
    drop(core);
    for _ in 0..2 {
        gone.recv_timeout(PATIENCE).unwrap();
    }
}
