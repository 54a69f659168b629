//! [`Control`]: everything a test may do, typed. The HTTP handlers of this folder call the same methods.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::devices::{ChangeRefused, Device, DeviceChange, DeviceEntry, InboxMessage, NewDevice, Platform};
use crate::events::Event;
use crate::faults::{FaultRule, FaultSpec, FaultSpecError};
use crate::journal::RequestRecord;
use crate::names::DeviceId;
use crate::oauth::TokenEndpoint;
use crate::quota::Quotas;
use crate::state::StateReport;
use crate::topics;
use crate::traffic::Stats;
use crate::world::World;

/// Moves one emulator from within its process. Clones move the same one.
#[derive(Clone)]
pub struct Control {
    pub(crate) world: Arc<World>,
}

/// Why a control call did nothing.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ControlError {
    /// No device has this id.
    #[error("no device {0}: make one first, and note that a reset forgets them all")]
    UnknownDevice(DeviceId),
    /// The device cannot change like this; the text says what to do instead.
    #[error("{0}")]
    Impossible(&'static str),
    /// The fault rule is wrong.
    #[error("{}: {}", .0.field, .0.detail)]
    Fault(#[from] FaultSpecError),
}

impl Control {
    /// The project that this control moves. Devices, topics, quotas, faults, the log, counters, events and access tokens
    /// are its own.
    #[must_use]
    pub fn project(&self) -> &str {
        self.world.project.as_str()
    }

    /// The control of another project of the same emulator, if that is served.
    #[must_use]
    pub fn of_project(&self, id: &str) -> Option<Self> {
        self.world.all()?.find(id).map(|world| Self { world })
    }

    /// The JSON of the project's service account, with its private key and this emulator's token endpoint. A secret, if a
    /// small one.
    #[must_use]
    pub fn service_account_json(&self) -> &str {
        self.world.registered.account.json()
    }

    /// Where that JSON was written, if a folder was given.
    #[must_use]
    pub fn service_account_file(&self) -> Option<&Path> {
        self.world.registered.file.as_deref()
    }

    /// Makes an active, online device of this project.
    pub fn add_device(&self, platform: Platform) -> Device {
        self.add(&NewDevice::of(platform))
    }

    /// Makes one device as described.
    pub fn add(&self, new: &NewDevice) -> Device {
        let device = self.world.devices.add(new).snapshot();
        self.world.events.tell(|| Event::Added { device: device.id.clone() });
        self.world.mark_changed();
        device
    }

    /// Makes `count` devices as described.
    pub fn add_devices(&self, new: &NewDevice, count: usize) -> Vec<Device> {
        (0..count).map(|_| self.add(new)).collect()
    }

    /// The device as it is now.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn device(&self, id: &DeviceId) -> Result<Device, ControlError> {
        Ok(self.entry(id)?.snapshot())
    }

    /// All devices in the order in which they were made.
    #[must_use]
    pub fn devices(&self) -> Vec<Device> {
        self.devices_from(0, usize::MAX)
    }

    /// Up to `limit` devices, beginning with the one at place `from`.
    #[must_use]
    pub fn devices_from(&self, from: usize, limit: usize) -> Vec<Device> {
        self.world.devices.page(from, limit).iter().map(|entry| entry.snapshot()).collect()
    }

    /// Lets something happen to a device and returns it as it is then. A rotation or reinstallation gives a new token
    /// *and* a new FID; both old values are answered 404 from then on.
    ///
    /// # Errors
    /// When there is no such device, or it cannot change like this.
    pub fn change(&self, id: &DeviceId, change: DeviceChange) -> Result<Device, ControlError> {
        let entry = self.entry(id)?;
        self.world
            .devices
            .change(&entry, change, self.world.now())
            .map_err(|ChangeRefused(what_to_do)| ControlError::Impossible(what_to_do))?;
        self.world.events.tell(|| Event::Changed { device: id.clone(), change });
        self.world.mark_changed();
        Ok(entry.snapshot())
    }

    /// Subscribes a device to a topic, as its app would. Whether it was subscribed before makes no difference.
    ///
    /// # Errors
    /// When there is no such device, it has no registration, or the topic's name is wrong.
    pub fn subscribe(&self, id: &DeviceId, topic: &str) -> Result<(), ControlError> {
        let entry = self.entry(id)?;
        let topic = topic_name(topic)?;
        if !entry.is_active() {
            return Err(ControlError::Impossible(
                "only an active device can subscribe: `reinstall` it first",
            ));
        }
        topics::subscribe(&self.world, &entry, topic).map(|_| ()).map_err(|_| {
            ControlError::Impossible("a device has 2,000 topics at most: unsubscribe it from one")
        })
    }

    /// Ends a device's subscription, if there is one.
    ///
    /// # Errors
    /// When there is no such device, or the topic's name is wrong.
    pub fn unsubscribe(&self, id: &DeviceId, topic: &str) -> Result<(), ControlError> {
        topics::unsubscribe(&self.world, &*self.entry(id)?, topic_name(topic)?);
        Ok(())
    }

    /// The topics of a device in the order of their names.
    ///
    /// # Errors
    /// When there is no such device.
    pub fn topics(&self, id: &DeviceId) -> Result<Vec<String>, ControlError> {
        Ok(self
            .entry(id)?
            .change(|condition| condition.topics.keys().map(|topic| topic.to_string()).collect()))
    }

    /// What reached a device after its `after`-th message (0 for all that are kept).
    ///
    /// # Errors
    /// When there is no such device.
    pub fn inbox(&self, id: &DeviceId, after: u64) -> Result<Vec<InboxMessage>, ControlError> {
        Ok(self.entry(id)?.inbox_after(after))
    }

    /// Puts a fault rule in force.
    ///
    /// # Errors
    /// When the rule contradicts itself, or names a device that does not exist.
    pub fn add_fault(&self, spec: FaultSpec) -> Result<FaultRule, ControlError> {
        if let Some(device) = &spec.device {
            self.entry(device)?;
        }
        let rule = self.world.faults.add(spec)?;
        self.world.events.tell(|| Event::Faults);
        Ok(rule)
    }

    /// The rules in force, oldest first.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultRule> {
        self.world.faults.list()
    }

    /// Ends all fault rules. Requests that hang already go on hanging.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
        self.world.events.tell(|| Event::Faults);
    }

    /// The quotas in force.
    #[must_use]
    pub fn quotas(&self) -> Quotas {
        self.world.quotas.limits()
    }

    /// Puts other quotas in force, with full buckets, until a reset.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.world.quotas.set(quotas);
    }

    /// The sends that ended after the `after`-th one (0 for all that are kept).
    #[must_use]
    pub fn requests(&self, after: u64) -> Vec<RequestRecord> {
        self.world.journal.after(after)
    }

    /// The sends that are being handled now, hanging ones included.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.world.traffic.in_flight()
    }

    /// The counters.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.world.traffic.stats()
    }

    /// How the file of state does, the one of all projects; `None` if there is none.
    #[must_use]
    pub fn state(&self) -> Option<StateReport> {
        self.world.state_report()
    }

    /// Forgets devices, inboxes, faults, the log and the counters. The service account and access tokens stay valid.
    /// With a seed the ids begin again as after a start.
    pub fn reset(&self) {
        self.world.reset();
    }

    /// Says how `POST /token` behaves from now on. Not part of a reset.
    pub fn set_token_endpoint(&self, endpoint: TokenEndpoint) {
        self.world.tokens.set_endpoint(endpoint);
    }

    /// Says how long access tokens live that are issued from now on.
    pub fn set_access_token_life(&self, life: Duration) {
        self.world.tokens.set_life(life);
    }

    /// Ends every access token, as a revoked key would: sends are answered 401 until a new one is fetched.
    pub fn expire_access_tokens(&self) {
        self.world.tokens.expire_all();
    }

    /// How often `POST /token` was called since the start.
    #[must_use]
    pub fn token_requests(&self) -> u64 {
        self.world.tokens.requests()
    }

    pub(crate) fn entry(&self, id: &DeviceId) -> Result<Arc<DeviceEntry>, ControlError> {
        self.world.devices.get(id).ok_or_else(|| ControlError::UnknownDevice(id.clone()))
    }
}

fn topic_name(text: &str) -> Result<&str, ControlError> {
    topics::parse_topic(text)
        .map_err(|_| ControlError::Impossible("a topic's name is 1 to 900 letters, digits and -_.~%"))
}
