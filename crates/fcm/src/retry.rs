//! When to try again: data and one pure function.
//!
//! In: how many attempts were made, the last [`Verdict`], a random number. Out: the wait before the next attempt.
//! Next: the server's outbox parks the delivery that long. It also gives up: after [`GIVE_UP_AFTER`], or when the
//! message expires.

use std::time::Duration;

use crate::Verdict;

/// FCM's guidance: what still fails after an hour is an outage or of the wrong kind.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(60 * 60);

/// No wait is longer, whatever a `Retry-After` says.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// How much longer than its base a wait may be drawn.
const JITTER_SHARE: f64 = 0.5;

/// The waits between attempts. The defaults follow FCM's guidance; a demo may shorten them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetrySchedule {
    /// Before the second attempt, and the least that a `Retry` waits.
    pub first: Duration,
    /// The doubling stops here.
    pub cap: Duration,
    /// After a throttling that names no time.
    pub throttled_default: Duration,
}

impl Default for RetrySchedule {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(10),
            cap: Duration::from_secs(5 * 60),
            throttled_default: Duration::from_secs(60),
        }
    }
}

impl RetrySchedule {
    /// The wait after the failed attempt number `attempt` (the first is 1), or `None` if the verdict is final.
    ///
    /// `jitter` is random, from 0 up to 1, and makes the wait up to half as long again, so that deliveries that
    /// failed together do not come back together. It only lengthens: FCM's own wish is never undercut.
    #[must_use]
    pub fn next_wait(&self, attempt: u32, verdict: &Verdict, jitter: f64) -> Option<Duration> {
        let base = match verdict {
            Verdict::Retry { after: Some(after) } | Verdict::ProjectBlocked { after: Some(after) } => {
                (*after).max(self.first)
            }
            Verdict::ProjectBlocked { after: None } => self.first,
            Verdict::Retry { after: None } => self.doubled(attempt),
            Verdict::Throttled { after } => after.unwrap_or(self.throttled_default),
            Verdict::AddressDead
            | Verdict::AddressWrongProject
            | Verdict::PayloadRejected
            | Verdict::Misconfigured => return None,
        };
        // NaN would make `mul_f64` panic.
        let jitter = if jitter.is_nan() { 0.0 } else { jitter.clamp(0.0, 1.0) };
        Some(base.min(LONGEST_WAIT).mul_f64(1.0 + JITTER_SHARE * jitter).min(LONGEST_WAIT))
    }

    fn doubled(&self, attempt: u32) -> Duration {
        let factor = 1_u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(factor).min(self.cap.max(self.first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(attempt: u32, verdict: Verdict, jitter: f64) -> Option<f64> {
        RetrySchedule::default().next_wait(attempt, &verdict, jitter).map(|wait| wait.as_secs_f64())
    }

    fn after(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn waits_start_at_ten_seconds_double_and_stop_at_the_cap() {
        let retry = Verdict::Retry { after: None };
        for (attempt, wait) in [
            (0, 10.0),
            (1, 10.0),
            (2, 20.0),
            (3, 40.0),
            (5, 160.0),
            (6, 300.0),
            (7, 300.0),
            (33, 300.0),
            (u32::MAX, 300.0),
        ] {
            assert_eq!(seconds(attempt, retry, 0.0), Some(wait), "attempt {attempt}");
        }
    }

    #[test]
    fn retry_after_is_honoured_within_reason() {
        for (verdict, wait) in [
            (Verdict::Retry { after: after(42) }, 42.0),
            (Verdict::Retry { after: after(1) }, 10.0),
            (Verdict::Retry { after: after(u64::MAX) }, 3600.0),
            (Verdict::Throttled { after: after(7) }, 7.0),
            (Verdict::Throttled { after: after(86_400) }, 3600.0),
            (Verdict::Throttled { after: None }, 60.0),
            (Verdict::ProjectBlocked { after: None }, 10.0),
            (Verdict::ProjectBlocked { after: after(1) }, 10.0),
            (Verdict::ProjectBlocked { after: after(30) }, 30.0),
        ] {
            assert_eq!(seconds(4, verdict, 0.0), Some(wait), "{verdict:?}");
        }
    }

    #[test]
    fn jitter_only_lengthens_and_by_at_most_half() {
        let retry = Verdict::Retry { after: None };
        for (jitter, wait) in [
            (0.0, 10.0),
            (0.5, 12.5),
            (1.0, 15.0),
            (-1.0, 10.0),
            (9.0, 15.0),
            (f64::NAN, 10.0),
            (f64::INFINITY, 15.0),
        ] {
            assert_eq!(seconds(1, retry, jitter), Some(wait), "jitter {jitter}");
        }
        assert_eq!(seconds(1, Verdict::Throttled { after: after(3600) }, 1.0), Some(3600.0));
    }

    #[test]
    fn a_final_verdict_has_no_next_attempt() {
        for verdict in [
            Verdict::AddressDead,
            Verdict::AddressWrongProject,
            Verdict::PayloadRejected,
            Verdict::Misconfigured,
        ] {
            assert_eq!(seconds(1, verdict, 0.5), None, "{verdict:?}");
        }
    }

    #[test]
    fn a_shortened_schedule_is_obeyed() {
        let millis = Duration::from_millis;
        let demo = RetrySchedule { first: millis(20), cap: millis(50), throttled_default: millis(30) };
        let waits: Vec<_> = (1..=3)
            .filter_map(|attempt| demo.next_wait(attempt, &Verdict::Retry { after: None }, 0.0))
            .collect();
        assert_eq!(waits, [millis(20), millis(40), millis(50)]);
        assert_eq!(demo.next_wait(1, &Verdict::Throttled { after: None }, 0.0), Some(millis(30)));
    }
}
