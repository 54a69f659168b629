//! How long to wait after a failure: data plus pure functions.
//!
//! In: the failures so far, what the server said, jitter. Out: a [`Backoff`] to store. It is kept as a beginning
//! and a length, not as an end: after a jump of the clock the wait is at most as long as it was meant to be.

use std::time::Duration;

use pushbridge_wire::{IsoDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::tolerant;

/// The wait after the first failure lies below this; it doubles with every further one.
const FIRST: Duration = Duration::from_secs(30);
/// Without a word of the server a wait never exceeds this: a phone is back soon after the network is.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// Full jitter may be nothing at all, and a scheduler that is told "now" would spin.
const SHORTEST: Duration = Duration::from_secs(1);
/// A `Retry-After` of years is a mistake, not a wish.
const LONGEST_IMPOSED: Duration = Duration::from_secs(24 * 60 * 60);

/// 32 random bits: the share of a wait that is waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Jitter(pub u32);

impl Jitter {
    fn share_of(self, whole: Duration) -> Duration {
        let ms = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(
            u64::try_from((u128::from(ms) * u128::from(self.0)) >> 32).unwrap_or(ms), // jitter < 1, so no overflow
        )
    }
}

/// Why nothing was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum DeferCause {
    /// No connection, or it broke.
    Offline,
    /// The request took too long.
    Timeout,
    /// The server's certificate was not accepted. Often a wrong clock or a captive portal.
    Tls,
    /// Something answered that is not the server: a captive portal, a proxy, a redirect.
    NotTheServer,
    /// The server asked to wait, or failed.
    Server,
    /// The caller's deadline passed first. What is under way goes on.
    Deadline,
    /// The state kept changing, or the server kept asking.
    Unsettled,
}

impl DeferCause {
    /// A server that asked for time gets it; a network that failed may be back at any moment.
    fn is_imposed(self) -> bool {
        self == Self::Server
    }
}

/// No request before `from + wait`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backoff {
    /// Failures in a row.
    pub failures: u32,
    /// When the last one happened.
    pub from: Timestamp,
    /// How long to wait.
    pub wait: IsoDuration,
    /// Why.
    #[serde(deserialize_with = "tolerant::or_server")]
    pub cause: DeferCause,
}

impl Backoff {
    /// The wait after one more failure at `now`.
    pub(super) fn after(
        before: Option<&Self>,
        cause: DeferCause,
        retry_after: Option<Duration>,
        now: Timestamp,
        jitter: Jitter,
    ) -> Self {
        let failures = before.map_or(0, |b| b.failures).saturating_add(1);
        let wait = match retry_after {
            // A tenth on top: phones that were all told the same moment do not all come at it.
            Some(asked) => {
                let asked = asked.clamp(SHORTEST, LONGEST_IMPOSED);
                (asked + jitter.share_of(asked / 10)).min(LONGEST_IMPOSED)
            }
            None => {
                let doubled = FIRST.saturating_mul(1 << (failures - 1).min(16));
                jitter.share_of(doubled.min(LONGEST)).max(SHORTEST)
            }
        };
        Self { failures, from: now, wait: IsoDuration(wait), cause }
    }

    /// What is left of the wait at `now`; none when it is over.
    #[must_use]
    pub fn remaining(&self, now: Timestamp) -> Option<Duration> {
        let left = self.wait.0.saturating_sub(now.since(self.from));
        (!left.is_zero()).then_some(left)
    }

    /// Ends a wait that only the network caused; the count of failures stays, so the next one is not shorter.
    pub(super) fn end_if_not_imposed(&mut self) {
        if !self.cause.is_imposed() {
            self.wait = IsoDuration(Duration::ZERO);
        }
    }
}
