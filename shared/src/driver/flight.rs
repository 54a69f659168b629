//! Single flight: one sync run at a time, joined by whoever asks meanwhile.
//!
//! The decision to end a run is taken under this lock, so a change made before a call of `sync_now` is either seen by
//! the run that the call joins, or the call starts a new one.

use tokio::{sync::watch, time::Instant};

use crate::api::{PushError, SyncOutcome};

/// How a run ended.
pub(super) type Outcome = Result<SyncOutcome, PushError>;
/// Told to everyone who joined.
pub(super) type Arrivals = watch::Receiver<Option<Outcome>>;

/// The run under way, if there is one.
#[derive(Default)]
pub(super) struct Flight {
    run: Option<watch::Sender<Option<Outcome>>>,
    deadline: Option<Instant>,
    is_closed: bool,
}

impl Flight {
    /// Joins the run; true if there was none and the caller has to start it. The latest deadline of all who joined
    /// is the run's.
    pub(super) fn join(&mut self, deadline: Instant) -> Result<(Arrivals, bool), PushError> {
        if self.is_closed {
            return Err(PushError::Closed);
        }
        if let Some(run) = &self.run {
            self.deadline = self.deadline.max(Some(deadline));
            return Ok((run.subscribe(), false));
        }
        let (run, arrivals) = watch::channel(None);
        self.run = Some(run);
        self.deadline = Some(deadline);
        Ok((arrivals, true))
    }

    /// Time that is left to begin another request.
    pub(super) fn time_left(&self, now: Instant) -> std::time::Duration {
        match self.deadline {
            Some(deadline) if !self.is_closed => deadline.saturating_duration_since(now),
            _ => std::time::Duration::ZERO,
        }
    }

    /// Ends the run and tells its outcome.
    pub(super) fn land(&mut self, outcome: Outcome) {
        if let Some(run) = self.run.take() {
            run.send_replace(Some(outcome));
        }
    }

    /// No run begins any more, and the one under way begins no further request.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }
}
