//! What one device may get: FCM refuses more than 240 messages a minute, or 5,000 an hour, to one Android device.
//!
//! In: the key of an address, of each delivery that is about to be leased. Out: whether it may go now, or when. Next:
//! the claim leaves it pending until then, so that nothing is refused, and no attempt lost, that could have been known.
//!
//! Not kept over a start, and each window begins when the one before has ended: what passes all the same FCM refuses
//! with a 429 for that device, which is tried again like any other. Memory does not grow with the devices: they are
//! counted in a table of fixed size by their keys, so two that share a place wait the sooner, and never get more.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pushbridge_wire::Timestamp;

/// Places of each table, a power of two: at FCM's quota of a project, 36 million an hour, a place counts 34, far below
/// what one device may get.
const PLACES: usize = 1 << 20;

/// The caps with what was counted. Clones share it.
#[derive(Clone, Debug)]
pub struct DeviceCaps {
    windows: Arc<Mutex<[Window; 2]>>,
}

/// One kind of time.
#[derive(Debug)]
struct Window {
    span: Duration,
    most: u32,
    /// None until the first is counted.
    began: Option<Timestamp>,
    counts: Vec<u32>,
}

impl DeviceCaps {
    /// At most `per_minute` and `per_hour` to one address; 0 means no such cap.
    #[must_use]
    pub fn new(per_minute: u32, per_hour: u32) -> Self {
        let window = |seconds, most| Window {
            span: Duration::from_secs(seconds),
            most,
            began: None,
            counts: Vec::new(),
        };
        Self { windows: Arc::new(Mutex::new([window(60, per_minute), window(3_600, per_hour)])) }
    }

    /// Counts one message to the address of `key`, an even hash.
    ///
    /// # Errors
    /// When it may go, where it may not now. Nothing is counted then.
    pub fn take(&self, key: &[u8; 16], now: Timestamp) -> Result<(), Timestamp> {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        let place = place_of(key);
        let full = windows.iter_mut().filter_map(|window| window.full_until(place, now)).max();
        if let Some(until) = full {
            return Err(until);
        }
        windows.iter_mut().for_each(|window| window.count(place));
        Ok(())
    }
}

impl Window {
    fn full_until(&mut self, place: usize, now: Timestamp) -> Option<Timestamp> {
        if self.most == 0 {
            return None;
        }
        // A clock that was set back must not make a window longer.
        let began = self.began.filter(|began| *began <= now && now.since(*began) < self.span);
        let began = began.unwrap_or_else(|| self.begin(now));
        (self.counts[place] >= self.most).then(|| began.plus(self.span))
    }

    fn begin(&mut self, now: Timestamp) -> Timestamp {
        self.counts.clear();
        self.counts.resize(PLACES, 0);
        self.began = Some(now);
        now
    }

    fn count(&mut self, place: usize) {
        if let Some(count) = self.counts.get_mut(place) {
            *count = count.saturating_add(1);
        }
    }
}

fn place_of(key: &[u8; 16]) -> usize {
    let [a, b, c, d, ..] = *key;
    u32::from_le_bytes([a, b, c, d]) as usize % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANNA: [u8; 16] = [1; 16];
    const BOB: [u8; 16] = [2; 16];

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_ms(1_000_000 + seconds * 1_000)
    }

    #[test]
    fn one_device_waits_for_the_next_minute_and_no_other_does() {
        let caps = DeviceCaps::new(2, 0);
        assert_eq!(caps.take(&ANNA, at(0)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(10)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(59)), Err(at(60)));
        assert_eq!(caps.take(&BOB, at(59)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(60)), Ok(()));
    }

    #[test]
    fn an_hour_has_a_cap_of_its_own() {
        let caps = DeviceCaps::new(2, 3);
        for second in [0, 60, 120] {
            assert_eq!(caps.take(&ANNA, at(second)), Ok(()));
        }
        assert_eq!(caps.take(&ANNA, at(180)), Err(at(3_600)));
        assert_eq!(caps.take(&ANNA, at(3_600)), Ok(()));
    }

    #[test]
    fn a_refusal_counts_nothing() {
        let caps = DeviceCaps::new(1, 2);
        assert_eq!(caps.take(&ANNA, at(0)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(1)), Err(at(60)));
        assert_eq!(caps.take(&ANNA, at(60)), Ok(()));
    }

    #[test]
    fn a_clock_set_back_begins_anew() {
        let caps = DeviceCaps::new(1, 0);
        assert_eq!(caps.take(&ANNA, at(600)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(0)), Ok(()));
        assert_eq!(caps.take(&ANNA, at(1)), Err(at(60)));
    }
}
