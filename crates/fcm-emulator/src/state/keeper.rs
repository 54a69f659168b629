//! When the file is written. In: word of every change. Out: writes, few for many changes, and for those who ask, the end of
//! theirs; a [`StateReport`] for everybody. Next: `file`.
//!
//! Whoever waits for a change is not kept waiting: its write begins at once, and what comes meanwhile shares the next one.
//! Changes that nobody waits for, which only a program around the emulator makes, are gathered for a moment first.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;

/// How long changes are gathered that nobody waits for.
const GATHER: Duration = Duration::from_millis(250);
/// After a write that failed, when nothing changes: the disk may have room again.
const AGAIN_AFTER: Duration = Duration::from_secs(5);

/// How the file of state does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StateReport {
    /// The file.
    pub file: PathBuf,
    /// How often it was written since the start.
    pub writes: u64,
    /// Changes that are not in it.
    pub unwritten: u64,
    /// Why the last write failed, until one does not.
    pub failure: Option<String>,
}

/// Counts changes, and how many of them are in the file.
pub(crate) struct Keeper {
    file: PathBuf,
    changes: AtomicU64,
    changed: Notify,
    /// The last change that somebody waits for.
    asked: AtomicU64,
    asking: Notify,
    progress: watch::Sender<Progress>,
}

/// Changes are numbered from 1.
#[derive(Default)]
struct Progress {
    /// The last change that a write tried to bring into the file, and the last that one brought.
    tried: u64,
    written: u64,
    writes: u64,
    failure: Option<String>,
}

impl Keeper {
    pub(crate) fn new(file: PathBuf) -> Self {
        Self {
            file,
            changes: AtomicU64::new(0),
            changed: Notify::new(),
            asked: AtomicU64::new(0),
            asking: Notify::new(),
            progress: watch::Sender::default(),
        }
    }

    /// To be called after a change, so that a write that has seen the call has seen the change.
    pub(crate) fn mark(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    pub(crate) fn report(&self) -> StateReport {
        let changes = self.changes.load(Ordering::Acquire);
        let progress = self.progress.borrow();
        StateReport {
            file: self.file.clone(),
            writes: progress.writes,
            unwritten: changes.saturating_sub(progress.written),
            failure: progress.failure.clone(),
        }
    }

    /// Until every change up to now is in the file, or could not be written.
    pub(crate) async fn settled(&self) {
        let wanted = self.changes.load(Ordering::Acquire);
        let mut progress = self.progress.subscribe();
        if progress.borrow().tried >= wanted {
            return;
        }
        self.asked.fetch_max(wanted, Ordering::AcqRel);
        self.asking.notify_one();
        // An error means that the sender is gone, and we hold it.
        let _ = progress.wait_for(|progress| progress.tried >= wanted).await;
    }

    /// Until something is to be written.
    async fn due(&self, clock: &Clock) {
        let (tried, failed) = {
            let progress = self.progress.borrow();
            (progress.tried, progress.failure.is_some())
        };
        tokio::select! {
            () = above(&self.changes, tried, &self.changed) => {}
            () = clock.sleep(AGAIN_AFTER), if failed => return,
        }
        tokio::select! {
            () = above(&self.asked, tried, &self.asking) => {}
            () = clock.sleep(GATHER) => {}
        }
    }

    /// Notes how a write ended that had seen the first `changes`. Returns whether that is news.
    fn note(&self, changes: u64, written: io::Result<()>) -> bool {
        let failed = written.err().map(|error| error.to_string());
        let failed_before = self.progress.borrow().failure.is_some();
        // Told once and not at each change: who fills a disk may send a thousand messages a second.
        match &failed {
            Some(error) if !failed_before => tracing::error!(
                error,
                "THE STATE CANNOT BE WRITTEN to {}: what changes from now on is lost if the emulator ends before it can be",
                self.file.display()
            ),
            None if failed_before => {
                tracing::info!("the state is written to {} again, nothing is missing", self.file.display());
            }
            _ => {}
        }
        let news = failed.is_some() != failed_before;
        self.progress.send_modify(|progress| {
            progress.tried = changes;
            if failed.is_none() {
                progress.written = changes;
                progress.writes += 1;
            }
            progress.failure = failed;
        });
        news
    }
}

/// Until `counter` is above `mark`. For one waiter a `Notify`: it keeps a word that comes early.
async fn above(counter: &AtomicU64, mark: u64, word: &Notify) {
    while counter.load(Ordering::Acquire) <= mark {
        word.notified().await;
    }
}

/// Answers a call that may change something once the file has it.
pub(crate) async fn settle(State(keeper): State<Arc<Keeper>>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = next.run(request).await;
    if !reads {
        keeper.settled().await;
    }
    response
}

/// Calls `write` until `end`, and once more then; calls `tell` when it begins to fail and when it no longer does.
pub(crate) async fn keep<W: Future<Output = io::Result<()>>>(
    keeper: &Keeper,
    clock: &Clock,
    end: &CancellationToken,
    write: impl Fn() -> W,
    tell: impl Fn(),
) {
    loop {
        let ended = end.run_until_cancelled(keeper.due(clock)).await.is_none();
        let changes = keeper.changes.load(Ordering::Acquire);
        if keeper.note(changes, write().await) {
            tell();
        }
        if ended {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
