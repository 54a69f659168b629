//! When leases must be looked through for one that has ended.
//!
//! An index of their ends would be written twice for every delivery, and read for the few that a dead worker left. So the
//! earliest end is kept in memory: all leases are looked through when it comes, which is once in the length of a lease.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use pushbridge_wire::Timestamp;

/// The moment before which no lease ends. A look too early costs a millisecond; one too late leaves a delivery waiting.
#[derive(Debug)]
pub(in crate::store) struct LeaseWatch(AtomicI64);

const NEVER: i64 = i64::MAX;

impl LeaseWatch {
    /// Of a store that was just opened: what is leased there, nobody knows yet.
    pub(in crate::store) fn unknown() -> Self {
        Self(AtomicI64::new(i64::MIN))
    }

    /// Whether to look at `now`.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.0.load(Relaxed) <= now.as_ms()
    }

    /// Deliveries were leased until then.
    pub(super) fn leased(&self, until: Timestamp) {
        self.0.fetch_min(until.as_ms(), Relaxed);
    }

    /// All leases were looked through, in the store's writer: the earliest ends then.
    pub(super) fn looked(&self, earliest: Option<Timestamp>) {
        self.0.store(earliest.map_or(NEVER, |end| end.as_ms()), Relaxed);
    }

    /// What a look found was rolled back.
    pub(super) fn forget(&self) {
        self.0.store(i64::MIN, Relaxed);
    }

    /// When to look again; none where nothing is leased.
    pub(super) fn next(&self) -> Option<Timestamp> {
        Some(self.0.load(Relaxed)).filter(|at| *at != NEVER).map(Timestamp::from_ms)
    }
}
