//! One device behind its own short lock. In: changes and deliveries. Out: what an address is worth (`Standing`).
//! Next: `registry` keeps the indices in step with the values here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;

use crate::clock::micros;
use crate::devices::inbox::{Inbox, InboxMessage};
use crate::devices::mint::Addresses;
use crate::devices::model::{Device, DeviceState, Platform};
use crate::devices::waiting::{Envelope, Waiting};
use crate::locks::lock;
use crate::names::DeviceId;
use crate::quota::DeviceRate;

/// What an address of a device means for a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Live,
    /// Rotated away, uninstalled or expired.
    Gone,
    OtherProject,
    ApnsDead,
}

pub(crate) struct DeviceEntry {
    pub(crate) id: DeviceId,
    pub(crate) platform: Platform,
    pub(crate) package: String,
    condition: Mutex<Condition>,
}

/// What changes in a device's life.
pub(crate) struct Condition {
    pub(crate) addresses: Addresses,
    pub(crate) state: DeviceState,
    pub(crate) online: bool,
    pub(crate) dozing: bool,
    pub(crate) project: String,
    /// Earlier addresses that are still indexed, so that a send to one is logged under this device.
    pub(crate) former: Vec<Addresses>,
    /// What the app instance is subscribed to, and since when (Unix time). Ends with its addresses.
    pub(crate) topics: BTreeMap<Box<str>, Duration>,
    /// Made by the first message that is counted.
    pub(crate) rate: Option<Box<DeviceRate>>,
    pub(super) inbox: Inbox,
    pub(super) waiting: Waiting,
}

impl DeviceEntry {
    pub(crate) fn new(
        id: DeviceId,
        platform: Platform,
        package: String,
        addresses: Addresses,
        project: String,
        state: DeviceState,
    ) -> Self {
        let condition = Condition {
            addresses,
            state,
            online: true,
            dozing: false,
            project,
            former: Vec::new(),
            topics: BTreeMap::new(),
            rate: None,
            inbox: Inbox::default(),
            waiting: Waiting::default(),
        };
        Self { id, platform, package, condition: Mutex::new(condition) }
    }

    pub(crate) fn snapshot(&self) -> Device {
        let condition = lock(&self.condition);
        Device {
            id: self.id.clone(),
            platform: self.platform,
            fcm_token: condition.addresses.token.clone(),
            fcm_fid: condition.addresses.fid.clone(),
            state: condition.state,
            online: condition.online,
            dozing: condition.dozing,
            project: condition.project.clone(),
            package: self.package.clone(),
        }
    }

    pub(crate) fn standing_of(&self, address: &str) -> Standing {
        let condition = lock(&self.condition);
        let Addresses { token, fid } = &condition.addresses;
        if address != token.expose() && address != fid.expose() {
            return Standing::Gone;
        }
        match condition.state {
            DeviceState::Active => Standing::Live,
            DeviceState::Unregistered | DeviceState::Expired => Standing::Gone,
            DeviceState::OtherProject => Standing::OtherProject,
            DeviceState::ApnsDead => Standing::ApnsDead,
        }
    }

    /// Puts the message into the inbox and returns its number there, or holds it while the device has no network or dozes.
    pub(crate) fn deliver(&self, envelope: Envelope, now: Duration, limit: usize) -> Option<u64> {
        let mut condition = lock(&self.condition);
        if condition.online && (envelope.urgent || !condition.dozing) {
            condition.inbox.put(micros(now), envelope.name, envelope.json, limit);
            Some(condition.inbox.last_seq())
        } else {
            condition.waiting.hold(envelope, now);
            None
        }
    }

    /// Whether messages to topics reach it at all.
    pub(crate) fn is_active(&self) -> bool {
        lock(&self.condition).state == DeviceState::Active
    }

    /// Changes the device under its lock.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Condition) -> T) -> T {
        change(&mut lock(&self.condition))
    }

    pub(crate) fn inbox_after(&self, seq: u64) -> Vec<InboxMessage> {
        lock(&self.condition).inbox.after(seq)
    }

    pub(crate) fn last_seq(&self) -> u64 {
        lock(&self.condition).inbox.last_seq()
    }

    pub(crate) fn arrivals(&self) -> Arc<Notify> {
        lock(&self.condition).inbox.arrivals()
    }
}

impl Condition {
    /// Takes new addresses and returns the pair that is to leave the index, if there are too many.
    pub(crate) fn readdress(&mut self, fresh: Addresses) -> Option<Addresses> {
        /// Enough to explain a log; a device that rotates for ever must not grow.
        const FORMER_KEPT: usize = 16;
        self.former.push(std::mem::replace(&mut self.addresses, fresh));
        (self.former.len() > FORMER_KEPT).then(|| self.former.remove(0))
    }

    /// Delivers what waited, as far as it need not wait any longer.
    pub(crate) fn catch_up(&mut self, now: Duration, limit: usize) {
        if !self.online {
            return;
        }
        for envelope in self.waiting.release(now, self.dozing) {
            self.inbox.put(micros(now), envelope.name, envelope.json, limit);
        }
    }

    /// The app instance is gone, and with it what FCM held for it.
    pub(crate) fn drop_waiting(&mut self) {
        self.waiting.forget();
    }
}
