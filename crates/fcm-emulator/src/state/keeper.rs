//! When the file is written. In: word of every change. Out: a write soon after, one for all changes of the meantime, and
//! for those who ask, its end. Next: `file`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::projects::Projects;
use crate::state::file::StateFile;

/// Counts changes, and how many of them are in the file.
#[derive(Default)]
pub(crate) struct Keeper {
    changes: AtomicU64,
    changed: Notify,
    written: watch::Sender<u64>,
}

impl Keeper {
    /// To be called after a change, so that a write that has seen the call has seen the change.
    pub(crate) fn mark(&self) {
        self.changes.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_one();
    }

    /// Until every change up to now is in the file, or could not be written.
    async fn settled(&self) {
        let wanted = self.changes.load(Ordering::Acquire);
        // An error means that the sender is gone, and we hold it.
        let _ = self.written.subscribe().wait_for(|written| *written >= wanted).await;
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

/// Writes until `end`, and once more then.
pub(crate) async fn keep(
    projects: Arc<Projects>,
    keeper: Arc<Keeper>,
    file: StateFile,
    end: CancellationToken,
) {
    let file = Arc::new(file);
    loop {
        let ended = end.is_cancelled();
        let changes = keeper.changes.load(Ordering::Acquire);
        if ended || changes > *keeper.written.borrow() {
            write(&projects, &file).await;
            keeper.written.send_replace(changes);
        }
        if ended {
            return;
        }
        tokio::select! {
            () = keeper.changed.notified() => {}
            () = end.cancelled() => {}
        }
    }
}

async fn write(projects: &Arc<Projects>, file: &Arc<StateFile>) {
    let (projects, to) = (Arc::clone(projects), Arc::clone(file));
    let written = tokio::task::spawn_blocking(move || to.write(&projects.saved())).await;
    let error = match written {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    // The next change tries again.
    tracing::error!(error, "cannot write the state {}: it lacks the latest changes", file.path().display());
}
