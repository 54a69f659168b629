//! Messages that FCM holds for a device without network. In: accepted messages. Out: those still worth delivering
//! when it comes back. Next: `entry` moves them into the inbox. Held by the tests below and in `tests/it/devices.rs`.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::micros;
use crate::state::SavedWaiting;

/// FCM keeps a message four weeks at most.
pub(crate) const LONGEST_LIFE: Duration = Duration::from_secs(2_419_200);
/// Above this many waiting messages FCM drops them all and tells the app so by `onDeletedMessages`.
const HELD_AT_MOST: usize = 100;
/// Different collapse keys that may wait for one device.
const KEYS_AT_MOST: usize = 4;

/// One accepted message on its way to a device.
#[derive(Clone)]
pub(crate) struct Envelope {
    pub(crate) name: Arc<str>,
    pub(crate) json: Arc<str>,
    /// How long it may wait; zero means now or never.
    pub(crate) life: Duration,
    /// Whether it reaches a device that saves power.
    pub(crate) urgent: bool,
    /// Of several waiting messages with one key only the newest is delivered.
    pub(crate) collapse_key: Option<String>,
}

#[derive(Default)]
pub(crate) struct Waiting {
    held: Vec<(Duration, Envelope)>,
}

impl Waiting {
    pub(crate) fn hold(&mut self, envelope: Envelope, now: Duration) {
        if envelope.life.is_zero() {
            return;
        }
        if envelope.collapse_key.is_some() {
            self.held.retain(|(_, held)| held.collapse_key != envelope.collapse_key);
            self.make_room_for_a_key();
        }
        if self.held.len() >= HELD_AT_MOST {
            self.held.clear();
            return;
        }
        self.held.push((now.saturating_add(envelope.life), envelope));
    }

    /// Of more than four keys FCM keeps any four; here they are the newest.
    fn make_room_for_a_key(&mut self) {
        let has_key = |(_, held): &(Duration, Envelope)| held.collapse_key.is_some();
        if self.held.iter().filter(|held| has_key(held)).count() >= KEYS_AT_MOST
            && let Some(oldest) = self.held.iter().position(has_key)
        {
            self.held.remove(oldest);
        }
    }

    /// Hands over what has not expired, oldest first; `urgent_only` leaves the rest waiting.
    pub(crate) fn release(&mut self, now: Duration, urgent_only: bool) -> Vec<Envelope> {
        self.held.retain(|(expiry, _)| *expiry > now);
        let (kept, released) = std::mem::take(&mut self.held)
            .into_iter()
            .partition::<Vec<_>, _>(|(_, envelope)| urgent_only && !envelope.urgent);
        self.held = kept;
        released.into_iter().map(|(_, envelope)| envelope).collect()
    }

    pub(crate) fn saved(&self) -> Vec<SavedWaiting> {
        let saved = |(until, envelope): &(Duration, Envelope)| SavedWaiting {
            until_us: micros(*until),
            name: envelope.name.to_string(),
            message: envelope.json.to_string(),
            urgent: envelope.urgent,
            collapse_key: envelope.collapse_key.clone(),
        };
        self.held.iter().map(saved).collect()
    }

    pub(crate) fn restored(saved: Vec<SavedWaiting>) -> Self {
        let held = |SavedWaiting { until_us, name, message, urgent, collapse_key }| {
            let until = Duration::from_micros(until_us);
            // How long it may wait was counted when it began to.
            (
                until,
                Envelope {
                    name: name.into(),
                    json: message.into(),
                    life: LONGEST_LIFE,
                    urgent,
                    collapse_key,
                },
            )
        };
        Self { held: saved.into_iter().map(held).collect() }
    }

    pub(crate) fn forget(&mut self) {
        self.held.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(86_400);

    fn envelope(name: &str, life: Duration, collapse_key: Option<&str>) -> Envelope {
        Envelope {
            name: name.into(),
            json: "{}".into(),
            life,
            urgent: false,
            collapse_key: collapse_key.map(Into::into),
        }
    }

    fn released(waiting: &mut Waiting, now: Duration) -> Vec<String> {
        waiting.release(now, false).into_iter().map(|envelope| envelope.name.to_string()).collect()
    }

    #[test]
    fn what_expired_while_waiting_is_not_delivered() {
        let mut waiting = Waiting::default();
        waiting.hold(envelope("now or never", Duration::ZERO, None), Duration::ZERO);
        waiting.hold(envelope("a day", DAY, None), Duration::ZERO);
        waiting.hold(envelope("a week", 7 * DAY, None), Duration::ZERO);
        assert_eq!(released(&mut waiting, DAY), ["a week"]);
        assert_eq!(released(&mut waiting, DAY), [""; 0]);
    }

    #[test]
    fn a_newer_message_replaces_the_waiting_one_with_its_collapse_key() {
        let mut waiting = Waiting::default();
        waiting.hold(envelope("old", DAY, Some("score")), Duration::ZERO);
        waiting.hold(envelope("other", DAY, None), Duration::ZERO);
        waiting.hold(envelope("new", DAY, Some("score")), Duration::ZERO);
        assert_eq!(released(&mut waiting, Duration::ZERO), ["other", "new"]);
    }

    #[test]
    fn only_the_four_newest_collapse_keys_wait() {
        let mut waiting = Waiting::default();
        waiting.hold(envelope("plain", DAY, None), Duration::ZERO);
        for key in ["a", "b", "c", "d", "b", "e"] {
            waiting.hold(envelope(key, DAY, Some(key)), Duration::ZERO);
        }
        assert_eq!(released(&mut waiting, Duration::ZERO), ["plain", "c", "d", "b", "e"]);
    }

    #[test]
    fn the_hundred_and_first_waiting_message_drops_them_all() {
        let mut waiting = Waiting::default();
        for _ in 0..100 {
            waiting.hold(envelope("held", DAY, None), Duration::ZERO);
        }
        waiting.hold(envelope("too many", DAY, None), Duration::ZERO);
        assert_eq!(released(&mut waiting, Duration::ZERO), [""; 0]);
    }
}
