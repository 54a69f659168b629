//! Waiting without polling. In: a condition and a deadline. Out: what was waited for. Each wait arms its wake-up before
//! it looks, so that nothing that happens in between is missed.

use std::pin::pin;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::Notify;

use crate::control::handle::{Control, ControlError};
use crate::devices::InboxMessage;
use crate::journal::RequestRecord;
use crate::names::DeviceId;

/// Why a wait ended without what it waited for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WaitError {
    /// Time is up.
    #[error("waited for {wanted}, and there were {found} when the time was up")]
    TimeUp {
        /// How many were wanted.
        wanted: u64,
        /// How many there were.
        found: u64,
    },
    /// Nothing to wait for.
    #[error(transparent)]
    Control(#[from] ControlError),
}

impl Control {
    /// Waits until at least `count` messages have ever reached the device, and returns those that are kept.
    ///
    /// # Errors
    /// When there is no such device, or the real time `within` has passed.
    pub async fn wait_for_inbox(
        &self,
        id: &DeviceId,
        count: u64,
        within: Duration,
    ) -> Result<Vec<InboxMessage>, WaitError> {
        let entry = self.entry(id)?;
        wait_until(&entry.arrivals(), count, within, || entry.last_seq()).await?;
        Ok(entry.inbox_after(0))
    }

    /// Waits until at least `count` sends have ended since the start or the last reset, and returns those that
    /// are kept.
    ///
    /// # Errors
    /// When the real time `within` has passed.
    pub async fn wait_for_requests(
        &self,
        count: u64,
        within: Duration,
    ) -> Result<Vec<RequestRecord>, WaitError> {
        let journal = &self.world.journal;
        wait_until(&journal.arrivals, count, within, || journal.last_seq()).await?;
        Ok(journal.after(0))
    }

    /// Waits until `POST /token` was called at least `count` times since the start.
    ///
    /// # Errors
    /// When the real time `within` has passed.
    pub async fn wait_for_token_requests(&self, count: u64, within: Duration) -> Result<(), WaitError> {
        let tokens = &self.world.tokens;
        wait_until(&tokens.arrivals, count, within, || tokens.requests()).await
    }

    /// Waits until at least `count` sends are being handled at once, for example because they hang.
    ///
    /// # Errors
    /// When the real time `within` has passed.
    pub async fn wait_for_in_flight(&self, count: usize, within: Duration) -> Result<(), WaitError> {
        let traffic = &self.world.traffic;
        wait_until(&traffic.arrivals, count as u64, within, || traffic.in_flight() as u64).await
    }
}

async fn wait_until(
    arrivals: &Notify,
    wanted: u64,
    within: Duration,
    found: impl Fn() -> u64,
) -> Result<(), WaitError> {
    let arrived = async {
        loop {
            let mut next = pin!(arrivals.notified());
            next.as_mut().enable();
            if found() >= wanted {
                return;
            }
            next.await;
        }
    };
    tokio::time::timeout(within, arrived).await.map_err(|_| WaitError::TimeUp { wanted, found: found() })
}
