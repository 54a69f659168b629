//! Lanes: how the places of a batch are shared between them, and between apps.

use std::collections::VecDeque;

use pushbridge_wire::Lane;

/// A lane as it stands in the store. A smaller number goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneNo(pub u8);

/// Every lane, the most urgent first.
pub const LANES: [LaneNo; 3] = [LaneNo(0), LaneNo(1), LaneNo(2)];

/// Of eight places in a row, whose turn each is. A lane that has nothing gives its place to the most urgent that has.
/// So bulk, behind any amount of urgent work, still moves at an eighth of the speed.
const TURNS: [usize; 8] = [0, 0, 1, 0, 0, 1, 0, 2];

impl LaneNo {
    /// The number of `lane`; none for one that this version does not know.
    #[must_use]
    pub fn of(lane: &Lane) -> Option<Self> {
        match lane {
            Lane::Urgent => Some(Self(0)),
            Lane::Normal => Some(Self(1)),
            Lane::Bulk => Some(Self(2)),
            Lane::Other(_) => None,
        }
    }

    /// The lane of this number.
    #[must_use]
    pub fn lane(self) -> Lane {
        match self.0 {
            0 => Lane::Urgent,
            1 => Lane::Normal,
            _ => Lane::Bulk,
        }
    }
}

/// Shares `places` between lanes of which `waiting` deliveries are due. `turn` counts the places given out before, so
/// that many small batches are as fair as one large one.
#[must_use]
pub fn share_out(places: usize, turn: usize, waiting: [usize; 3]) -> [usize; 3] {
    let mut shares = [0; 3];
    for place in 0..places {
        let room = |lane: usize, shares: &[usize; 3]| shares[lane] < waiting[lane];
        let own = TURNS[turn.wrapping_add(place) % TURNS.len()];
        let lane = Some(own)
            .filter(|lane| room(*lane, &shares))
            .or_else(|| (0..3).find(|lane| room(*lane, &shares)));
        match lane {
            Some(lane) => shares[lane] += 1,
            None => break,
        }
    }
    shares
}

/// One after the other from each queue, beginning with that of number `turn`: no app waits for another's backlog.
#[must_use]
pub fn interleave<T>(queues: Vec<Vec<T>>, turn: usize) -> Vec<T> {
    let mut queues: VecDeque<_> = queues.into_iter().map(Vec::into_iter).collect();
    if !queues.is_empty() {
        let start = turn % queues.len();
        queues.rotate_left(start);
    }
    let mut mixed = Vec::new();
    while let Some(mut queue) = queues.pop_front() {
        if let Some(item) = queue.next() {
            mixed.push(item);
            queues.push_back(queue);
        }
    }
    mixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn urgent_goes_first_and_bulk_is_not_starved() {
        for (places, waiting, shares) in [
            (8, [100, 100, 100], [5, 2, 1]),
            (8, [2, 100, 100], [2, 5, 1]),
            (8, [0, 0, 100], [0, 0, 8]),
            (8, [100, 0, 0], [8, 0, 0]),
            (8, [1, 1, 1], [1, 1, 1]),
            (0, [9, 9, 9], [0, 0, 0]),
        ] {
            assert_eq!(share_out(places, 0, waiting), shares, "{places} places for {waiting:?}");
        }
    }

    #[test]
    fn batches_of_one_place_are_as_fair_as_a_large_one() {
        let one_by_one = (0..80).map(|turn| share_out(1, turn, [100; 3]));
        let total = one_by_one.fold([0; 3], |sum, share| [0, 1, 2].map(|lane| sum[lane] + share[lane]));
        assert_eq!(total, share_out(80, 0, [100; 3]));
    }

    #[test]
    fn apps_take_turns() {
        let queues = || vec![vec!["a1", "a2", "a3"], vec![], vec!["c1"]];
        assert_eq!(interleave(queues(), 0), ["a1", "c1", "a2", "a3"]);
        assert_eq!(interleave(queues(), 2), ["c1", "a1", "a2", "a3"]);
        assert_eq!(interleave(Vec::<Vec<u8>>::new(), 5), Vec::<u8>::new());
    }

    proptest! {
        #[test]
        fn no_place_stays_empty_while_something_waits(
            places in 0_usize..200, turn: usize, waiting in prop::array::uniform3(0_usize..100),
        ) {
            let shares = share_out(places, turn, waiting);
            prop_assert_eq!(shares.iter().sum::<usize>(), places.min(waiting.iter().sum()));
            prop_assert!((0..3).all(|lane| shares[lane] <= waiting[lane]));
            prop_assert!(shares[2] >= (places / 8).min(waiting[2]));
        }
    }
}
