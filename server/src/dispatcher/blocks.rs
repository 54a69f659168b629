//! Apps that cannot send until a person mends their key, permission or project: a breaker for each.
//!
//! In: what FCM's answers say about the credentials. Out: apps to be left alone, and those that may try one delivery to
//! see whether they are mended. Next: the dispatcher asks before it claims; the operator sees it as `sending_blocked`.

use std::{
    collections::{HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use pushbridge_wire::{SendingBlocked, Timestamp};

use crate::store::AppNo;

/// Which apps cannot send. Shared with whoever mends them.
#[derive(Debug, Default)]
pub struct Blocks(Mutex<HashMap<AppNo, Block>>);

#[derive(Clone, Copy, Debug)]
struct Block {
    since: Timestamp,
    reason: &'static str,
    wait: Duration,
    until: Timestamp,
    /// One delivery is out to see whether it is over.
    probing: bool,
}

/// How long a block lasts before it is looked at again.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockWaits {
    pub(super) first: Duration,
    pub(super) cap: Duration,
}

impl Blocks {
    /// Blocks `app`, or goes on doing so for twice as long where its probe failed. What else was on the wire then tells
    /// nothing new. Says until when, and whether this is news.
    pub(super) fn refused(
        &self,
        app: AppNo,
        reason: &'static str,
        waits: BlockWaits,
        now: Timestamp,
    ) -> (Timestamp, bool) {
        let mut blocks = self.lock();
        let news = !blocks.contains_key(&app);
        let block = blocks.entry(app).or_insert_with(|| Block {
            since: now,
            reason,
            wait: waits.first,
            until: now.plus(waits.first),
            probing: false,
        });
        if block.probing {
            block.wait = block.wait.saturating_mul(2).min(waits.cap).max(waits.first);
            block.until = now.plus(block.wait);
            block.probing = false;
        }
        block.reason = reason;
        (block.until, news)
    }

    /// Says since when `app` was blocked, if it was: it is not any more.
    pub fn lift(&self, app: AppNo) -> Option<Timestamp> {
        self.lock().remove(&app).map(|block| block.since)
    }

    /// Notes that a delivery of `app` is on its way; where the app is blocked, that one is its probe, and the only one
    /// for as long as the last wait was.
    pub(super) fn tried(&self, app: AppNo, now: Timestamp) {
        if let Some(block) = self.lock().get_mut(&app) {
            block.probing = true;
            block.until = now.plus(block.wait);
        }
    }

    /// Apps to be left alone at `now`, and blocked ones of which one delivery may go.
    pub(super) fn at(&self, now: Timestamp) -> (HashSet<AppNo>, HashSet<AppNo>) {
        let blocks = self.lock();
        let (closed, probed): (Vec<_>, Vec<_>) = blocks.iter().partition(|(_, block)| block.until > now);
        let apps = |blocks: Vec<(&AppNo, &Block)>| blocks.into_iter().map(|(app, _)| *app).collect();
        (apps(closed), apps(probed))
    }

    /// When the first app may be tried again.
    pub(super) fn first_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().values().map(|block| block.until).filter(|until| *until > now).min()
    }

    /// What the operator is told about `app`.
    #[must_use]
    pub fn of(&self, app: AppNo) -> Option<SendingBlocked> {
        let blocked = |block: &Block| SendingBlocked {
            since: block.since,
            reason: block.reason.to_owned(),
            next_try_at: block.until,
        };
        self.lock().get(&app).map(blocked)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AppNo, Block>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const APP: AppNo = AppNo(1);
    const WAITS: BlockWaits = BlockWaits { first: Duration::from_secs(10), cap: Duration::from_secs(30) };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(seconds * 1_000)
    }

    fn refuse(blocks: &Blocks, seconds: i64) -> (Timestamp, bool) {
        blocks.refused(APP, "unauthenticated", WAITS, at(seconds))
    }

    #[test]
    fn what_was_on_the_wire_together_blocks_once() {
        let blocks = Blocks::default();
        assert_eq!(refuse(&blocks, 0), (at(10), true));
        assert_eq!(refuse(&blocks, 3), (at(10), false));
        assert_eq!(blocks.at(at(9)), (HashSet::from([APP]), HashSet::new()));
        assert_eq!(blocks.first_end(at(9)), Some(at(10)));
    }

    #[test]
    fn each_failed_probe_doubles_the_wait_up_to_the_cap() {
        let blocks = Blocks::default();
        refuse(&blocks, 0);
        for (probe, until) in [(10, 30), (30, 60), (60, 90)] {
            assert_eq!(blocks.at(at(probe)), (HashSet::new(), HashSet::from([APP])), "one may go");
            blocks.tried(APP, at(probe));
            assert_eq!(blocks.at(at(probe)).1, HashSet::new(), "and no second one");
            assert_eq!(refuse(&blocks, probe), (at(until), false));
        }
    }

    #[test]
    fn a_lifted_block_is_gone_and_the_next_one_is_news() {
        let blocks = Blocks::default();
        refuse(&blocks, 1);
        assert_eq!(blocks.lift(APP), Some(at(1)));
        assert_eq!(blocks.at(at(1)), (HashSet::new(), HashSet::new()));
        assert_eq!(refuse(&blocks, 2), (at(12), true));
    }
}
