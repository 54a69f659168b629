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
pub struct Blocks(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    blocks: HashMap<AppNo, Block>,
    /// How often an app was blocked or freed.
    turns: HashMap<AppNo, Turn>,
}

/// When an attempt began, counted in blocks and their ends: what began before the last of them says nothing about now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Turn(u64);

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
    /// nothing new, and what was on the wire when a block ended does not begin another. Says until when the delivery
    /// waits, and whether this is news.
    pub(super) fn refused(
        &self,
        app: AppNo,
        begun: Turn,
        refusal: (&'static str, BlockWaits),
        now: Timestamp,
    ) -> (Timestamp, bool) {
        let mut state = self.lock();
        let (reason, waits) = refusal;
        let news = !state.blocks.contains_key(&app);
        if news && !state.turn_on(app, begun) {
            return (now.plus(waits.first), false);
        }
        let is_probe = state.turn(app) == begun;
        let block = state.blocks.entry(app).or_insert_with(|| Block {
            since: now,
            reason,
            wait: waits.first,
            until: now.plus(waits.first),
            probing: false,
        });
        if block.probing && is_probe {
            block.wait = block.wait.saturating_mul(2).min(waits.cap).max(waits.first);
            block.until = now.plus(block.wait);
            block.probing = false;
        }
        block.reason = reason;
        (block.until, news)
    }

    /// FCM took an attempt's credentials: a block that it began under is over. Says since when it was.
    pub(super) fn accepted(&self, app: AppNo, begun: Turn) -> Option<Timestamp> {
        let mut state = self.lock();
        let ends = state.blocks.contains_key(&app) && state.turn_on(app, begun);
        ends.then(|| state.blocks.remove(&app)).flatten().map(|block| block.since)
    }

    /// Somebody mended `app`: it is not blocked any more, and what is on the wire does not block it again.
    pub fn lift(&self, app: AppNo) {
        let mut state = self.lock();
        let now = state.turn(app);
        state.turn_on(app, now);
        state.blocks.remove(&app);
    }

    /// Notes that a delivery of `app` is on its way; where the app is blocked, that one is its probe, and the only one
    /// for as long as the last wait was. Says when it begins.
    pub(super) fn tried(&self, app: AppNo, now: Timestamp) -> Turn {
        let mut state = self.lock();
        if let Some(block) = state.blocks.get_mut(&app) {
            block.probing = true;
            block.until = now.plus(block.wait);
        }
        state.turn(app)
    }

    /// Apps to be left alone at `now`, and blocked ones of which one delivery may go.
    pub(super) fn at(&self, now: Timestamp) -> (HashSet<AppNo>, HashSet<AppNo>) {
        let state = self.lock();
        let (closed, probed): (Vec<_>, Vec<_>) =
            state.blocks.iter().partition(|(_, block)| block.until > now);
        let apps = |blocks: Vec<(&AppNo, &Block)>| blocks.into_iter().map(|(app, _)| *app).collect();
        (apps(closed), apps(probed))
    }

    /// When the first app may be tried again.
    pub(super) fn first_end(&self, now: Timestamp) -> Option<Timestamp> {
        self.lock().blocks.values().map(|block| block.until).filter(|until| *until > now).min()
    }

    /// What the operator is told about `app`.
    #[must_use]
    pub fn of(&self, app: AppNo) -> Option<SendingBlocked> {
        let blocked = |block: &Block| SendingBlocked {
            since: block.since,
            reason: block.reason.to_owned(),
            next_try_at: block.until,
        };
        self.lock().blocks.get(&app).map(blocked)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn turn(&self, app: AppNo) -> Turn {
        self.turns.get(&app).copied().unwrap_or_default()
    }

    /// Goes on to the next turn, unless `begun` is of an earlier one. Says whether it did.
    fn turn_on(&mut self, app: AppNo, begun: Turn) -> bool {
        let turn = self.turns.entry(app).or_default();
        let is_current = *turn == begun;
        if is_current {
            turn.0 += 1;
        }
        is_current
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
        let begun = blocks.lock().turn(APP);
        blocks.refused(APP, begun, ("unauthenticated", WAITS), at(seconds))
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
        blocks.lift(APP);
        assert_eq!(blocks.at(at(1)), (HashSet::new(), HashSet::new()));
        assert_eq!(refuse(&blocks, 2), (at(12), true));
    }

    #[test]
    fn what_began_before_a_change_says_nothing_about_now() {
        let blocks = Blocks::default();
        let before = blocks.tried(APP, at(0));
        refuse(&blocks, 0);
        assert_eq!(blocks.accepted(APP, before), None, "an older attempt that came through ends no block");
        let probe = blocks.tried(APP, at(10));
        assert_eq!(blocks.accepted(APP, probe), Some(at(0)));
        let late = blocks.refused(APP, before, ("unauthenticated", WAITS), at(11));
        assert_eq!(late, (at(21), false), "nor does an older refusal begin another");
        assert_eq!(blocks.of(APP), None);
    }
}
