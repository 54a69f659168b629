//! The quota of each Firebase project: how much of it may be sent at this moment.
//!
//! In: the moment, what was sent, and FCM's wish to be left alone. Out: an allowance for each project, and when there
//! will be more. Next: the claim takes no more of a project than its allowance. Time is an argument.
//!
//! FCM refills a project's quota each minute, at a moment that nobody knows, so ours flows evenly and never comes as a
//! minute's worth at once. After a minute of silence, and after a pause, it grows to the full rate over a minute, as FCM
//! asks.

use std::{collections::HashMap, time::Duration};

use pushbridge_wire::Timestamp;

use crate::store::{Allowances, FcmProject};

/// From cold to the full rate.
const RAMP: Duration = Duration::from_secs(60);
/// The share of the full rate that a cold project begins with.
const COLD_SHARE: f64 = 0.1;
/// What may be saved up, in seconds of the present rate: a short silence is made up for, a minute is not.
const SAVED_S: f64 = 0.1;
/// A project that has used its allowance is looked at again after that long, so that claims stay large.
const SLICE: Duration = Duration::from_millis(20);

/// The buckets of all projects that have sent.
#[derive(Debug)]
pub(super) struct Governor {
    per_second: f64,
    buckets: HashMap<FcmProject, Bucket>,
    /// The latest look, to see when the clock is set back.
    seen: Option<Timestamp>,
}

#[derive(Debug)]
struct Bucket {
    tokens: f64,
    /// Up to when tokens were added.
    filled: Timestamp,
    /// When the rate began to grow.
    warm_from: Timestamp,
    last_use: Timestamp,
    paused_until: Option<Timestamp>,
    /// Used up; until then tokens gather.
    rests_until: Timestamp,
}

impl Governor {
    pub(super) fn new(messages_per_minute: u32) -> Self {
        Self { per_second: f64::from(messages_per_minute) / 60.0, buckets: HashMap::new(), seen: None }
    }

    /// What each project may send at `now`.
    pub(super) fn allowances(&mut self, now: Timestamp) -> Allowances {
        self.follow_clock(now);
        let per_second = self.per_second;
        let of_project = self.buckets.iter_mut().map(|(project, bucket)| {
            bucket.fill(per_second, now);
            (project.clone(), if bucket.is_idle(now) { 0 } else { whole(bucket.tokens) })
        });
        let by_project = of_project.collect();
        Allowances { by_project, fresh: whole(Bucket::cold(per_second, now).tokens) }
    }

    /// Where the clock was set back, every moment is set back with it: a bucket must not rest until the clock has caught up.
    fn follow_clock(&mut self, now: Timestamp) {
        let back = self.seen.replace(now).map_or(Duration::ZERO, |seen| seen.since(now));
        if !back.is_zero() {
            self.buckets.values_mut().for_each(|bucket| bucket.set_back(back));
        }
    }

    /// Takes what was claimed.
    pub(super) fn spend(&mut self, project: &FcmProject, messages: usize, now: Timestamp) {
        let bucket = self.bucket(project, now);
        #[expect(clippy::cast_precision_loss, reason = "at most the places of a batch")]
        let spent = messages as f64;
        bucket.tokens -= spent;
        bucket.last_use = now;
        if bucket.tokens < 1.0 {
            bucket.rests_until = now.plus(SLICE);
        }
    }

    /// Leaves `project` alone until `until`, or longer if that was so already. Afterwards its rate grows anew.
    pub(super) fn pause(&mut self, project: &FcmProject, until: Timestamp, now: Timestamp) {
        let bucket = self.bucket(project, now);
        let until = bucket.paused_until.map_or(until, |paused| paused.max(until));
        bucket.paused_until = Some(until);
        bucket.warm_from = until;
        bucket.filled = until;
        bucket.last_use = until;
        bucket.tokens = 1.0;
    }

    /// When a project that may send nothing now may do so.
    pub(super) fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let empty = self.buckets.values().filter(|bucket| bucket.tokens < 1.0 || bucket.is_idle(now));
        empty.map(|bucket| bucket.next(self.per_second, now)).min()
    }

    fn bucket(&mut self, project: &FcmProject, now: Timestamp) -> &mut Bucket {
        let per_second = self.per_second;
        self.buckets.entry(project.clone()).or_insert_with(|| Bucket::cold(per_second, now))
    }
}

impl Bucket {
    fn cold(per_second: f64, now: Timestamp) -> Self {
        let mut bucket = Self {
            tokens: 0.0,
            filled: now,
            warm_from: now,
            last_use: now,
            paused_until: None,
            rests_until: now,
        };
        bucket.tokens = bucket.most(per_second, now);
        bucket
    }

    fn fill(&mut self, per_second: f64, now: Timestamp) {
        if self.is_paused(now) {
            return;
        }
        if now.since(self.last_use) >= RAMP {
            *self = Self::cold(per_second, now);
            return;
        }
        let gained = self.rate(per_second, now) * now.since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + gained).min(self.most(per_second, now));
        self.filled = now.max(self.filled);
    }

    fn set_back(&mut self, by: Duration) {
        for moment in [&mut self.filled, &mut self.warm_from, &mut self.last_use, &mut self.rests_until] {
            *moment = moment.minus(by);
        }
        self.paused_until = self.paused_until.map(|until| until.minus(by));
    }

    fn rate(&self, per_second: f64, now: Timestamp) -> f64 {
        let warm = (now.since(self.warm_from).as_secs_f64() / RAMP.as_secs_f64()).min(1.0);
        per_second * (COLD_SHARE + (1.0 - COLD_SHARE) * warm)
    }

    /// One message may always go at once, however small the quota.
    fn most(&self, per_second: f64, now: Timestamp) -> f64 {
        (self.rate(per_second, now) * SAVED_S).max(1.0)
    }

    fn is_paused(&self, now: Timestamp) -> bool {
        self.paused_until.is_some_and(|until| until > now)
    }

    fn is_idle(&self, now: Timestamp) -> bool {
        self.is_paused(now) || self.rests_until > now
    }

    fn next(&self, per_second: f64, now: Timestamp) -> Timestamp {
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            return until;
        }
        let missing = (1.0 - self.tokens).max(0.0) / self.rate(per_second, now).max(f64::MIN_POSITIVE);
        let missing = Duration::try_from_secs_f64(missing).unwrap_or(RAMP).min(RAMP);
        // A moment is whole milliseconds: one more, or the token would not be there yet.
        now.plus(missing + Duration::from_millis(1)).max(self.rests_until)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to what a batch can hold")]
fn whole(tokens: f64) -> usize {
    tokens.clamp(0.0, 1e9) as usize
}

#[cfg(test)]
mod tests;
