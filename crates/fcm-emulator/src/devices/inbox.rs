//! What reached a device. In: delivered messages. Out: a page after a sequence number, and a wake-up for those who
//! wait. Next: tests and people. Bounded: beyond its limit an inbox forgets the oldest, and `seq` shows the gap.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;

use crate::state::SavedMessage;

/// One message as FCM would hand it to the device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InboxMessage {
    /// Counts the device's messages from 1; the next page begins after it.
    pub seq: u64,
    /// When it arrived, in microseconds since the emulator's start, on the clock of the request log.
    pub at_us: u64,
    /// The name that the sender was answered, `projects/…/messages/…`.
    pub name: String,
    /// The `Message` with `snake_case` names, target included.
    pub message: Value,
}

/// Kept as JSON text: a tree of values costs several times as much, and most messages are never read.
struct Stored {
    seq: u64,
    at_us: u64,
    name: Arc<str>,
    json: Arc<str>,
}

#[derive(Default)]
pub(crate) struct Inbox {
    kept: VecDeque<Stored>,
    last_seq: u64,
    /// Made by the first who waits: most of a million devices never have one.
    arrivals: Option<Arc<Notify>>,
}

impl Inbox {
    pub(crate) fn put(&mut self, at_us: u64, name: Arc<str>, json: Arc<str>, limit: usize) {
        self.last_seq += 1;
        while self.kept.len() >= limit.max(1) {
            self.kept.pop_front();
        }
        self.kept.push_back(Stored { seq: self.last_seq, at_us, name, json });
        if let Some(arrivals) = &self.arrivals {
            arrivals.notify_waiters();
        }
    }

    pub(crate) fn saved(&self) -> Vec<SavedMessage> {
        let saved = |stored: &Stored| SavedMessage {
            seq: stored.seq,
            at_us: stored.at_us,
            name: stored.name.to_string(),
            message: stored.json.to_string(),
        };
        self.kept.iter().map(saved).collect()
    }

    pub(crate) fn restored(last_seq: u64, saved: Vec<SavedMessage>) -> Self {
        let stored = |SavedMessage { seq, at_us, name, message }| Stored {
            seq,
            at_us,
            name: name.into(),
            json: message.into(),
        };
        Self { kept: saved.into_iter().map(stored).collect(), last_seq, arrivals: None }
    }

    /// How many messages ever arrived.
    pub(crate) fn last_seq(&self) -> u64 {
        self.last_seq
    }

    pub(crate) fn after(&self, seq: u64) -> Vec<InboxMessage> {
        let first_wanted = self.kept.partition_point(|stored| stored.seq <= seq);
        self.kept.range(first_wanted..).map(Stored::to_message).collect()
    }

    /// Woken at every arrival. Arm it (`enable`) before looking, or an arrival in between is missed.
    pub(crate) fn arrivals(&mut self) -> Arc<Notify> {
        Arc::clone(self.arrivals.get_or_insert_default())
    }
}

impl Stored {
    fn to_message(&self) -> InboxMessage {
        // The text was written from a value, so that it always parses.
        let message = serde_json::from_str(&self.json).unwrap_or_default();
        InboxMessage { seq: self.seq, at_us: self.at_us, name: self.name.to_string(), message }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seqs(inbox: &Inbox, after: u64) -> Vec<u64> {
        inbox.after(after).iter().map(|message| message.seq).collect()
    }

    #[test]
    fn a_full_inbox_forgets_the_oldest_and_keeps_counting() {
        let mut inbox = Inbox::default();
        for at_us in 0..5 {
            inbox.put(at_us, "name".into(), "{}".into(), 3);
        }
        assert_eq!(seqs(&inbox, 0), [3, 4, 5]);
        assert_eq!(seqs(&inbox, 4), [5]);
        assert_eq!(seqs(&inbox, 9), [0; 0]);
        assert_eq!(inbox.last_seq(), 5);
    }
}
