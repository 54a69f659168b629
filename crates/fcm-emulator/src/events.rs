//! What happens, as it happens. In: devices, messages, sends, faults. Out: one [`Event`] to each who watches. Next:
//! `control::stream` (SSE) and through it the page. Costs a send one atomic read while nobody watches.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;
use tokio::sync::broadcast;

use crate::devices::DeviceChange;
use crate::journal::RequestRecord;
use crate::names::DeviceId;

/// How far a slow watcher may fall behind before it misses events.
const KEPT: usize = 1_024;

/// One thing that happened. Carries ids, never an address.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// A device was made.
    Added {
        /// The device.
        device: DeviceId,
    },
    /// Something happened to a device.
    Changed {
        /// The device.
        device: DeviceId,
        /// What.
        change: DeviceChange,
    },
    /// A device was subscribed to a topic, or is no more.
    Topics {
        /// The device.
        device: DeviceId,
    },
    /// A message reached a device.
    Received {
        /// The device.
        device: DeviceId,
        /// Its number in the inbox.
        seq: u64,
    },
    /// A message waits for a device without network, or was dropped for it.
    Held {
        /// The device.
        device: DeviceId,
    },
    /// A send ended.
    Request(RequestRecord),
    /// The fault rules are others.
    Faults,
    /// The file of state can no longer be written, or can again.
    State,
    /// Everything was forgotten.
    Reset,
    /// The watcher was too slow; look at everything anew.
    Missed {
        /// How many events.
        count: u64,
    },
}

pub(crate) struct Events {
    sender: broadcast::Sender<Event>,
    watchers: Arc<AtomicUsize>,
}

impl Events {
    pub(crate) fn new() -> Self {
        Self { sender: broadcast::Sender::new(KEPT), watchers: Arc::default() }
    }

    /// Tells what happened, if anybody watches.
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event) {
        if self.watchers.load(Ordering::Relaxed) > 0 {
            // An error means that the last watcher has just gone.
            let _ = self.sender.send(event());
        }
    }

    pub(crate) fn watch(&self) -> Watcher {
        self.watchers.fetch_add(1, Ordering::Relaxed);
        Watcher { receiver: self.sender.subscribe(), watchers: Arc::clone(&self.watchers) }
    }
}

/// One who watches; ends by being dropped.
pub(crate) struct Watcher {
    receiver: broadcast::Receiver<Event>,
    watchers: Arc<AtomicUsize>,
}

impl Watcher {
    /// The next event.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        match self.receiver.recv().await {
            Ok(event) => Some(event),
            Err(broadcast::error::RecvError::Lagged(count)) => Some(Event::Missed { count }),
            Err(broadcast::error::RecvError::Closed) => None,
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        self.watchers.fetch_sub(1, Ordering::Relaxed);
    }
}
