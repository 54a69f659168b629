//! Who is subscribed to what. In: subscriptions by the topic API or control. Out: the devices of a topic. Next:
//! `send::deliver` fans out. The device has its own list; this index is the same the other way round.
//!
//! Locks: a device's condition first, then the index. Held by `tests/it/topics.rs`.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::devices::entry::{Condition, DeviceEntry};
use crate::locks::{read, write};
use crate::names::DeviceId;

/// FCM's limit for one app instance.
const TOPICS_PER_DEVICE: usize = 2_000;

/// What subscribing did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subscribed {
    New,
    Already,
    TooMany,
}

/// In the order of their ids, so that a seeded fan-out repeats.
type Subscribers = BTreeMap<DeviceId, Arc<DeviceEntry>>;

/// The devices of each topic.
#[derive(Default)]
pub(crate) struct TopicIndex(RwLock<HashMap<Box<str>, Subscribers>>);

impl TopicIndex {
    pub(crate) fn subscribe(&self, device: &Arc<DeviceEntry>, topic: &str, unix: Duration) -> Subscribed {
        device.change(|condition| {
            if condition.topics.contains_key(topic) {
                return Subscribed::Already;
            }
            if condition.topics.len() >= TOPICS_PER_DEVICE {
                return Subscribed::TooMany;
            }
            condition.topics.insert(topic.into(), unix);
            let mut index = write(&self.0);
            index.entry(topic.into()).or_default().insert(device.id.clone(), Arc::clone(device));
            Subscribed::New
        })
    }

    /// Indexes what a device is subscribed to already.
    pub(crate) fn restore(&self, device: &Arc<DeviceEntry>, condition: &Condition) {
        let mut index = write(&self.0);
        for topic in condition.topics.keys() {
            index.entry(topic.clone()).or_default().insert(device.id.clone(), Arc::clone(device));
        }
    }

    /// Whether there was such a subscription.
    pub(crate) fn unsubscribe(&self, device: &DeviceEntry, topic: &str) -> bool {
        device.change(|condition| {
            let existed = condition.topics.remove(topic).is_some();
            self.remove(&device.id, topic);
            existed
        })
    }

    /// Ends all subscriptions of a device whose addresses end.
    pub(crate) fn unsubscribe_all(&self, id: &DeviceId, condition: &mut Condition) {
        for topic in std::mem::take(&mut condition.topics).into_keys() {
            self.remove(id, &topic);
        }
    }

    /// The devices that are subscribed to `topic`.
    pub(crate) fn devices_of(&self, topic: &str) -> Vec<Arc<DeviceEntry>> {
        read(&self.0).get(topic).map(|devices| devices.values().cloned().collect()).unwrap_or_default()
    }

    pub(crate) fn clear(&self) {
        write(&self.0).clear();
    }

    fn remove(&self, id: &DeviceId, topic: &str) {
        let mut index = write(&self.0);
        let Some(devices) = index.get_mut(topic) else { return };
        devices.remove(id);
        if devices.is_empty() {
            index.remove(topic);
        }
    }
}
