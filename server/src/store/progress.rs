//! How far each message is: its row of counts, so that nobody counts a million deliveries to answer a GET.
//!
//! Whoever ends deliveries adds them up in [`EndedCounts`] and writes the sums in the same transaction, one statement a
//! message. A trigger would do it at each row, and made a claim and its settlement cost twice as much.

use std::collections::BTreeMap;

use pushbridge_wire::Timestamp;
use rusqlite::Connection;

use super::StoreError;
use crate::outbox::DeliveryState;

/// What ended in this transaction, by message. Must be [written](Self::write) before it ends.
#[derive(Default)]
#[must_use]
pub(super) struct EndedCounts(BTreeMap<i64, ByState>);

#[derive(Default)]
struct ByState {
    sent: u64,
    failed: u64,
    expired: u64,
    cancelled: u64,
}

impl EndedCounts {
    /// Adds `deliveries` of `message` that came to `state`; what has not ended, and what belongs to no message, counts
    /// nothing.
    pub(super) fn add(&mut self, message: Option<i64>, state: DeliveryState, deliveries: u64) {
        let Some(message) = message.filter(|_| state.is_final()) else { return };
        let counts = self.0.entry(message).or_default();
        match state {
            DeliveryState::Sent => counts.sent += deliveries,
            DeliveryState::Failed => counts.failed += deliveries,
            DeliveryState::Expired => counts.expired += deliveries,
            DeliveryState::Cancelled => counts.cancelled += deliveries,
            DeliveryState::Pending | DeliveryState::Leased => {}
        }
    }

    /// Writes the sums. A message whose last delivery has ended, and that gets no further ones, is finished `now`.
    pub(super) fn write(self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let mut count = connection.prepare_cached(
            "UPDATE message_progress
             SET sent = sent + ?2, failed = failed + ?3, expired = expired + ?4, cancelled = cancelled + ?5,
                 finished_ms = CASE WHEN sealed AND sent + failed + expired + cancelled + ?2 + ?3 + ?4 + ?5 >= deliveries
                     THEN ?6 END
             WHERE message = ?1",
        )?;
        for (message, ByState { sent, failed, expired, cancelled }) in self.0 {
            count.execute((message, sent, failed, expired, cancelled, now.as_ms()))?;
        }
        Ok(())
    }
}

/// Begins to count a message of which `deliveries` were made so far; `sealed` where there will be no more.
pub(super) fn insert_progress(
    connection: &Connection,
    message: i64,
    deliveries: u64,
    sealed: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    let finished = (sealed && deliveries == 0).then_some(now.as_ms());
    let mut insert = connection.prepare_cached(
        "INSERT INTO message_progress (message, deliveries, sealed, finished_ms) VALUES (?1, ?2, ?3, ?4)",
    )?;
    insert.execute((message, deliveries, sealed, finished))?;
    Ok(())
}

/// Counts further deliveries that were made.
pub(super) fn add_made(connection: &Connection, message: i64, deliveries: u64) -> Result<(), StoreError> {
    let mut count = connection
        .prepare_cached("UPDATE message_progress SET deliveries = deliveries + ?2 WHERE message = ?1")?;
    count.execute((message, deliveries))?;
    Ok(())
}

/// No more deliveries come. Where all have ended already, the message is finished.
pub(super) fn seal(connection: &Connection, message: i64, now: Timestamp) -> Result<(), StoreError> {
    let mut seal = connection.prepare_cached(
        "UPDATE message_progress SET sealed = 1,
             finished_ms = CASE WHEN sent + failed + expired + cancelled >= deliveries THEN ?2 END
         WHERE message = ?1 AND finished_ms IS NULL",
    )?;
    seal.execute((message, now.as_ms()))?;
    Ok(())
}

#[cfg(test)]
mod tests;
