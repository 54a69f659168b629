//! One attempt: from a claim to its settlement. No transaction is open meanwhile.

use std::{sync::Arc, time::Duration};

use pushbridge_fcm::{RetrySchedule, SendError, ThrottleScope, Verdict};

use super::{
    blocks::Turn,
    compose::{Unreadable, compose},
    senders::SenderError,
};
use crate::{
    app::App,
    clock::jitter,
    config::DispatchConfig,
    feedback::{Attempt, Judgement, judge_failure},
    outbox::{Claim, Lease, Settlement},
    store::AppNo,
};

/// What an attempt came to.
pub(super) struct Attempted {
    pub(super) app: AppNo,
    /// In which turn of its app's blocks it began.
    pub(super) begun: Turn,
    pub(super) settlement: Settlement,
    pub(super) pause: Option<Pause>,
    pub(super) credentials: Credentials,
}

/// What an attempt showed about the right to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Credentials {
    /// FCM looked at the message itself.
    Accepted,
    /// The project is blocked.
    Refused { reason: &'static str, wait: Duration },
    /// Nothing.
    Unknown,
}

/// A project asks to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pause {
    pub(super) app: AppNo,
    pub(super) wait: Duration,
}

/// What is needed to judge an attempt, should it not come back.
#[derive(Clone)]
pub(super) struct Ticket {
    pub(super) lease: Lease,
    pub(super) first_attempt: pushbridge_wire::Timestamp,
    pub(super) expires: pushbridge_wire::Timestamp,
}

impl Attempted {
    /// An attempt that did not come back.
    pub(super) fn lost(app: &App, ticket: Ticket, begun: Turn) -> Self {
        let (no, credentials) = (ticket.lease.concerns.app, Credentials::Unknown);
        Self { app: no, begun, settlement: ticket.lost(app), pause: None, credentials }
    }
}

/// Why there is no answer of FCM.
enum Unsent {
    Sender(SenderError),
    Unreadable,
    LeaseOver,
}

impl Ticket {
    pub(super) fn of(claim: &Claim) -> Self {
        Self { lease: claim.lease.clone(), first_attempt: claim.first_attempt, expires: claim.expires }
    }

    /// The settlement of an attempt of which nothing is known.
    fn lost(self, app: &App) -> Settlement {
        let schedule = schedule(&app.config.dispatch);
        let judgement =
            judge_failure(Verdict::Retry { after: None }, "interrupted", &self.attempt(app), &schedule);
        self.settle(judgement)
    }

    fn attempt(&self, app: &App) -> Attempt {
        Attempt {
            number: self.lease.attempt,
            first: self.first_attempt,
            expires: self.expires,
            now: app.clock.now(),
            jitter: jitter(),
        }
    }

    fn settle(self, Judgement { outcome, finding }: Judgement) -> Settlement {
        Settlement { lease: self.lease, outcome, finding }
    }
}

pub(super) fn schedule(config: &DispatchConfig) -> RetrySchedule {
    RetrySchedule {
        first: config.retry_first.0,
        cap: config.retry_cap.0,
        throttled_default: config.throttled_wait.0,
    }
}

/// Sends `claim` and judges the answer. Ends before the lease does. The claim is boxed so that the future is small: there are
/// thousands at a time.
pub(super) async fn attempt(app: Arc<App>, claim: Box<Claim>, begun: Turn) -> Attempted {
    let ticket = Ticket::of(&claim);
    let schedule = schedule(&app.config.dispatch);
    let result = send_within_lease(&app, &claim).await;
    let judgement = match &result {
        Ok(Ok(name)) => Judgement::sent(name.clone()),
        Ok(Err(error)) => judge_failure(error.verdict(), error.code(), &ticket.attempt(&app), &schedule),
        Err(unsent) => {
            let (verdict, reason) = unsent.verdict();
            judge_failure(verdict, reason, &ticket.attempt(&app), &schedule)
        }
    };
    log(&claim, &result, &judgement);
    let credentials = credentials(&result, &schedule);
    let pause = result.ok().and_then(Result::err).and_then(|error| pause(&claim, &error, &schedule));
    Attempted { app: claim.app, begun, settlement: ticket.settle(judgement), pause, credentials }
}

async fn send_within_lease(app: &App, claim: &Claim) -> Result<Result<String, SendError>, Unsent> {
    let sending = async {
        let sender = app.senders.get(&app.store, claim.app).await.map_err(Unsent::Sender)?;
        let body = compose(claim, &sender.app).map_err(|Unreadable| Unsent::Unreadable)?;
        Ok(sender.fcm.send(&claim.target, body).await)
    };
    let left = claim.lease.until.since(app.clock.now());
    if left.is_zero() {
        return Err(Unsent::LeaseOver);
    }
    tokio::time::timeout(left, sending).await.unwrap_or(Err(Unsent::LeaseOver))
}

impl Unsent {
    fn verdict(&self) -> (Verdict, &'static str) {
        match self {
            // The operator can mend it, so the message waits, as it would for FCM.
            Self::Sender(_) => (Verdict::ProjectBlocked { after: None }, "sender_unavailable"),
            Self::Unreadable => (Verdict::PayloadRejected, "unreadable"),
            Self::LeaseOver => (Verdict::Retry { after: None }, "timed_out"),
        }
    }
}

fn credentials(result: &Result<Result<String, SendError>, Unsent>, schedule: &RetrySchedule) -> Credentials {
    let (verdict, reason) = match result {
        Ok(Ok(_)) => return Credentials::Accepted,
        Ok(Err(error)) => (error.verdict(), error.code()),
        Err(unsent) => unsent.verdict(),
    };
    match verdict {
        Verdict::ProjectBlocked { .. } => Credentials::Refused {
            reason,
            wait: schedule.next_wait(1, &verdict, 0.0).unwrap_or(schedule.first),
        },
        Verdict::Retry { .. } => Credentials::Unknown,
        // Of our own making, and no word of FCM.
        Verdict::PayloadRejected if result.is_err() => Credentials::Unknown,
        Verdict::AddressDead
        | Verdict::AddressWrongProject
        | Verdict::PayloadRejected
        | Verdict::Misconfigured
        | Verdict::Throttled { .. } => Credentials::Accepted,
    }
}

/// One device or topic may be sent too much without concerning the others.
fn pause(claim: &Claim, error: &SendError, schedule: &RetrySchedule) -> Option<Pause> {
    let Verdict::Throttled { after } = error.verdict() else { return None };
    match error.throttle_scope() {
        Some(ThrottleScope::Device | ThrottleScope::Topic) => None,
        Some(ThrottleScope::Project | ThrottleScope::Unknown) | None => {
            Some(Pause { app: claim.app, wait: after.unwrap_or(schedule.throttled_default) })
        }
    }
}

fn log(claim: &Claim, result: &Result<Result<String, SendError>, Unsent>, judgement: &Judgement) {
    let (delivery, attempt, target) = (claim.lease.delivery.0, claim.lease.attempt, &claim.target);
    match result {
        Ok(Ok(_)) => tracing::debug!(delivery.id = delivery, attempt, ?target, "sent"),
        Ok(Err(error)) => {
            let (code, outcome) = (error.code(), &judgement.outcome);
            if matches!(error.verdict(), Verdict::Misconfigured | Verdict::AddressWrongProject) {
                tracing::error!(delivery.id = delivery, code, %error, "the project's set-up keeps a delivery from being sent");
            } else {
                tracing::debug!(delivery.id = delivery, attempt, ?target, code, %error, ?outcome, "not sent");
            }
        }
        Err(Unsent::Sender(error)) => tracing::debug!(delivery.id = delivery, %error, "an app cannot send"),
        Err(Unsent::Unreadable) => tracing::error!(delivery.id = delivery, "a kept message cannot be read"),
        Err(Unsent::LeaseOver) => {
            tracing::warn!(delivery.id = delivery, attempt, "an attempt outlasted its lease")
        }
    }
}
