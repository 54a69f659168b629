//! Apps whose Firebase project asked to be left alone.

use std::collections::{HashMap, HashSet};

use pushbridge_wire::Timestamp;

use crate::store::AppNo;

/// Which apps pause, and until when.
#[derive(Debug, Default)]
pub(super) struct Pauses(HashMap<AppNo, Timestamp>);

impl Pauses {
    /// Lets `app` pause until `until`, or longer if it does so already.
    pub(super) fn pause(&mut self, app: AppNo, until: Timestamp) {
        let end = self.0.entry(app).or_insert(until);
        *end = until.max(*end);
    }

    /// Apps that pause at `now`. Forgets the others.
    pub(super) fn active(&mut self, now: Timestamp) -> HashSet<AppNo> {
        self.0.retain(|_, until| *until > now);
        self.0.keys().copied().collect()
    }

    /// When the first pause ends.
    pub(super) fn first_end(&self) -> Option<Timestamp> {
        self.0.values().min().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_ms(ms)
    }

    #[test]
    fn a_pause_ends_at_its_time_and_is_never_shortened() {
        let mut pauses = Pauses::default();
        pauses.pause(AppNo(1), at(50));
        pauses.pause(AppNo(1), at(20));
        pauses.pause(AppNo(2), at(30));
        assert_eq!(pauses.first_end(), Some(at(30)));
        assert_eq!(pauses.active(at(29)), HashSet::from([AppNo(1), AppNo(2)]));
        assert_eq!(pauses.active(at(30)), HashSet::from([AppNo(1)]));
        assert_eq!(pauses.active(at(50)), HashSet::new());
        assert_eq!(pauses.first_end(), None);
    }
}
