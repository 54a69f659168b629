//! The attempts under way.
//!
//! In: claims. Out: what each attempt came to. Next: [`run`](super::run) settles it.
//!
//! The worker's own task polls them all, whenever it waits by way of this. A task for each would be looked up by its number
//! and wake the worker for each answer, where many come in one frame.

use std::{collections::VecDeque, panic::AssertUnwindSafe, pin::Pin, sync::Arc};

use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};
use tokio::task::unconstrained;

use super::{
    attempt::{Attempted, Ticket, attempt},
    blocks::Turn,
};
use crate::{app::App, outbox::Claim};

type Attempt = Pin<Box<dyn Future<Output = Attempted> + Send>>;

/// Attempts, and what those came to that ended unasked. When dropped, nothing more is sent.
#[derive(Default)]
pub(super) struct InFlight {
    attempts: FuturesUnordered<Attempt>,
    ended: VecDeque<Attempted>,
}

impl InFlight {
    /// Begins with the next wait.
    pub(super) fn begin(&mut self, app: Arc<App>, claim: Claim, begun: Turn) {
        // The budget of a task is meant for one future: with it, those behind the first sixty would be polled again and again.
        self.attempts.push(Box::pin(unconstrained(guarded(app, Box::new(claim), begun))));
    }

    /// How many are not collected yet.
    pub(super) fn len(&self) -> usize {
        self.attempts.len() + self.ended.len()
    }

    /// What the next attempt came to; none where there is no attempt. Dropped halfway, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<Attempted> {
        match self.ended.pop_front() {
            Some(ended) => Some(ended),
            None => self.attempts.next().await,
        }
    }

    /// What another attempt that has ended by now came to.
    pub(super) fn ended_by_now(&mut self) -> Option<Attempted> {
        self.next().now_or_never().flatten()
    }

    /// Waits for `work`, and lets the attempts go on meanwhile.
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                Some(ended) = self.attempts.next() => self.ended.push_back(ended),
            }
        }
    }
}

/// An attempt that panics is judged as one of which nothing is known.
async fn guarded(app: Arc<App>, claim: Box<Claim>, begun: Turn) -> Attempted {
    let ticket = Ticket::of(&claim);
    let attempt = attempt(Arc::clone(&app), claim, begun);
    AssertUnwindSafe(attempt).catch_unwind().await.unwrap_or_else(|_| {
        tracing::error!(delivery.id = ticket.lease.delivery.0, "an attempt panicked");
        Attempted::lost(&app, ticket, begun)
    })
}
