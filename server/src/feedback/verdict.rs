//! What the result of an attempt makes of the delivery.

use pushbridge_fcm::{RetrySchedule, Verdict, retry::GIVE_UP_AFTER};
use pushbridge_wire::Timestamp;

use super::Finding;
use crate::outbox::Outcome;

/// An attempt, as far as its outcome depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// When the delivery was first tried.
    pub first: Timestamp,
    /// No attempt after.
    pub expires: Timestamp,
    /// The moment of the judgement.
    pub now: Timestamp,
    /// From 0 up to 1.
    pub jitter: f64,
}

/// What an attempt comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// For the delivery.
    pub outcome: Outcome,
    /// About the address.
    pub finding: Finding,
}

impl Judgement {
    /// FCM took the message and named it so.
    #[must_use]
    pub fn sent(fcm_name: String) -> Self {
        Self { outcome: Outcome::Sent { fcm_name }, finding: Finding::Alive }
    }
}

/// Judges an attempt that did not succeed, by what it asks for. `reason` is what the backend is told.
#[must_use]
pub fn judge_failure(
    verdict: Verdict,
    reason: &'static str,
    attempt: &Attempt,
    schedule: &RetrySchedule,
) -> Judgement {
    let outcome = match schedule.next_wait(attempt.number, &verdict, attempt.jitter) {
        Some(wait) if matches!(verdict, Verdict::ProjectBlocked { .. }) => held(attempt, wait, reason),
        Some(wait) => later(attempt, wait, reason),
        None => Outcome::Failed { reason },
    };
    Judgement { outcome, finding: Finding::from(verdict) }
}

/// Parks the delivery, unless the next attempt would come too late to be made: then it ends now, not then.
fn later(attempt: &Attempt, wait: std::time::Duration, reason: &'static str) -> Outcome {
    let until = attempt.now.plus(wait);
    if until >= attempt.expires {
        Outcome::Expired { reason }
    } else if until > attempt.first.plus(GIVE_UP_AFTER) {
        Outcome::Failed { reason }
    } else {
        Outcome::Parked { until, reason }
    }
}

/// Keeps the delivery for as long as its message counts: a person may need days to mend a project.
fn held(attempt: &Attempt, wait: std::time::Duration, reason: &'static str) -> Outcome {
    let until = attempt.now.plus(wait);
    if until >= attempt.expires { Outcome::Expired { reason } } else { Outcome::Held { until, reason } }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const START: i64 = 1_000_000_000;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(START + seconds * 1_000)
    }

    fn attempt(number: u32, now_s: i64, expires_s: i64) -> Attempt {
        Attempt { number, first: at(0), expires: at(expires_s), now: at(now_s), jitter: 0.0 }
    }

    fn failure(verdict: Verdict, attempt: &Attempt) -> Outcome {
        judge_failure(verdict, "why", attempt, &RetrySchedule::default()).outcome
    }

    fn parked(seconds: i64) -> Outcome {
        Outcome::Parked { until: at(seconds), reason: "why" }
    }

    const WEEK: i64 = 7 * 86_400;
    const RETRY: Verdict = Verdict::Retry { after: None };

    #[test]
    fn an_acceptance_is_sent_and_says_that_the_address_lives() {
        let judged = Judgement::sent("projects/p/messages/1".to_owned());
        let sent = Outcome::Sent { fcm_name: "projects/p/messages/1".to_owned() };
        assert_eq!(judged, Judgement { outcome: sent, finding: Finding::Alive });
    }

    #[test]
    fn what_may_succeed_later_is_parked() {
        assert_eq!(failure(RETRY, &attempt(1, 0, WEEK)), parked(10));
        assert_eq!(failure(RETRY, &attempt(2, 10, WEEK)), parked(30));
        let after = Some(Duration::from_secs(90));
        assert_eq!(failure(Verdict::Throttled { after }, &attempt(1, 5, WEEK)), parked(95));
        assert_eq!(failure(Verdict::Throttled { after: None }, &attempt(1, 0, WEEK)), parked(60));
    }

    #[test]
    fn what_would_be_tried_after_its_expiry_expires() {
        assert_eq!(failure(RETRY, &attempt(1, 0, 11)), parked(10));
        assert_eq!(failure(RETRY, &attempt(1, 0, 10)), Outcome::Expired { reason: "why" });
    }

    #[test]
    fn after_an_hour_of_attempts_it_fails() {
        let after = Some(Duration::from_secs(600));
        assert_eq!(failure(Verdict::Retry { after }, &attempt(9, 3_000, WEEK)), parked(3_600));
        assert_eq!(
            failure(Verdict::Retry { after }, &attempt(9, 3_001, WEEK)),
            Outcome::Failed { reason: "why" }
        );
    }

    #[test]
    fn what_its_project_keeps_back_waits_until_it_expires() {
        let blocked = Verdict::ProjectBlocked { after: None };
        let held = |seconds| Outcome::Held { until: at(seconds), reason: "why" };
        assert_eq!(failure(blocked, &attempt(1, 0, WEEK)), held(10));
        assert_eq!(failure(blocked, &attempt(99, WEEK - 11, WEEK)), held(WEEK - 1), "long after the hour");
        assert_eq!(failure(blocked, &attempt(99, WEEK - 10, WEEK)), Outcome::Expired { reason: "why" });
    }

    #[test]
    fn a_final_verdict_fails_at_once() {
        for (verdict, finding) in [
            (Verdict::AddressDead, Finding::Dead),
            (Verdict::AddressWrongProject, Finding::WrongProject),
            (Verdict::PayloadRejected, Finding::Nothing),
            (Verdict::Misconfigured, Finding::Nothing),
        ] {
            let judged = judge_failure(verdict, "why", &attempt(1, 0, WEEK), &RetrySchedule::default());
            assert_eq!(
                judged,
                Judgement { outcome: Outcome::Failed { reason: "why" }, finding },
                "{verdict:?}"
            );
        }
    }
}
