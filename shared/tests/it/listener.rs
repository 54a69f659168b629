//! Callbacks: what they tell, and what a badly behaved listener cannot break.

use std::sync::{
    Arc, Mutex, Weak,
    mpsc::{Receiver, Sender, channel},
};

use pushbridge_core::{
    PlatformEffect, Ports, PushCore, PushListener, PushStatus, SyncOutcome, SyncState, clock::Clock,
};

use crate::rig::{PATIENCE, Rig, report, sync};

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

/// Calls the core from every callback, then panics.
struct Reentrant {
    core: Mutex<Weak<PushCore>>,
    seen: Sender<Option<u64>>,
}

impl Reentrant {
    fn call_back_in(&self) {
        let core = self.core.lock().unwrap().upgrade();
        let Some(core) = core else { return };
        core.set_permission(pushbridge_core::Permission::Granted).unwrap();
        self.seen.send(core.snapshot().unwrap().revision).unwrap();
        panic!("a listener's fault");
    }
}

impl PushListener for Reentrant {
    fn on_effect(&self, _effect: PlatformEffect) {
        self.call_back_in();
    }
    fn on_status(&self, _status: PushStatus) {
        self.call_back_in();
    }
}

/// Failure mode 26, 28
#[tokio::test]
async fn row26_a_listener_that_calls_back_in_and_panics_harms_nothing() {
    let rig = Rig::new();
    let (seen_in, seen): (_, Receiver<Option<u64>>) = channel();
    let listener = Arc::new(Reentrant { core: Mutex::new(Weak::new()), seen: seen_in });
    let core = PushCore::open_with(rig.config(), rig.ports(), rig.app.clone(), listener.clone()).unwrap();
    *listener.core.lock().unwrap() = Arc::downgrade(&core);
    report(&core, "token-1");
    seen.recv_timeout(PATIENCE).unwrap();
    core.login("A".to_owned()).unwrap();
    core.logout().unwrap(); // an effect
    seen.recv_timeout(PATIENCE).unwrap();
    assert!(matches!(sync(&core).await, SyncOutcome::Delivered { .. }));
}

/// Blocks in its first call until it is let go.
struct Blocking {
    entered: Sender<()>,
    may_leave: Mutex<Receiver<()>>,
    statuses: Mutex<Vec<PushStatus>>,
    left: Sender<()>,
}

impl PushListener for Blocking {
    fn on_effect(&self, _effect: PlatformEffect) {}
    fn on_status(&self, status: PushStatus) {
        self.statuses.lock().unwrap().push(status);
        self.entered.send(()).unwrap();
        let _ = self.may_leave.lock().unwrap().recv(); // an error lets the later calls through
        self.left.send(()).unwrap();
    }
}

/// Failure mode 26: a listener that sleeps delays no sync and gets the last status, not a hundred.
#[tokio::test]
async fn row26_a_listener_that_blocks_delays_no_sync_and_misses_no_end() {
    let rig = Rig::new();
    let ((entered, has_entered), (let_go, may_leave), (left, has_left)) = (channel(), channel(), channel());
    let listener =
        Arc::new(Blocking { entered, may_leave: Mutex::new(may_leave), statuses: Mutex::default(), left });
    let ports: Ports = rig.ports();
    let core = PushCore::open_with(rig.config(), ports, rig.app.clone(), listener.clone()).unwrap();
    has_entered.recv_timeout(PATIENCE).unwrap();
    for n in 0..100 {
        report(&core, &format!("token-{n}"));
    }
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 100 });
    drop(let_go);
    for _ in 0..2 {
        has_left.recv_timeout(PATIENCE).unwrap();
    }
    let statuses = listener.statuses.lock().unwrap();
    assert_eq!(statuses.len(), 2);
    assert_eq!(statuses[1].acked_revision, Some(100));
}

/// An app that lets go of the core without a shutdown leaves no lock behind.
#[test]
fn a_dropped_core_frees_its_store() {
    let rig = Rig::new();
    let core = rig.open();
    report(&core, "token-1");
    drop(core);
    assert_eq!(rig.open().snapshot().unwrap().revision, Some(1));
}
