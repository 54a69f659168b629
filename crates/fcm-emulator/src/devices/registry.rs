//! All devices. In: new devices and changes. Out: the entry behind an id, a token or a FID, in one look-up.
//! Next: `send::recipient` and `control`. A device keeps its id for life; its addresses come and go.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::devices::entry::{Condition, DeviceEntry, Standing};
use crate::devices::mint::{Addresses, Mint};
use crate::devices::model::{DeviceChange, DeviceState, NewDevice, Platform};
use crate::devices::shards::Shards;
use crate::devices::topics::TopicIndex;
use crate::locks::{read, write};
use crate::names::{DeviceId, ProjectId};
use crate::state::SavedDevice;

/// The project of a device that was moved away by [`DeviceChange::OtherProject`].
const SOMEBODY_ELSES_PROJECT: &str = "other-project";

/// Why a device cannot change like this; says what to do instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChangeRefused(pub(crate) &'static str);

pub(crate) struct Registry {
    project: ProjectId,
    mint: Mint,
    inbox_limit: usize,
    by_id: Shards<DeviceId, Arc<DeviceEntry>>,
    /// Shares its texts with the entries: half the memory, and a look-up leaves near what the entry then compares.
    by_address: Shards<Arc<str>, Arc<DeviceEntry>>,
    in_order: RwLock<Vec<Arc<DeviceEntry>>>,
    pub(crate) topics: TopicIndex,
}

impl Registry {
    pub(crate) fn new(project: ProjectId, seed: u64, inbox_limit: usize) -> Self {
        Self {
            project,
            mint: Mint::new(seed),
            inbox_limit,
            by_id: Shards::new(),
            by_address: Shards::new(),
            in_order: RwLock::default(),
            topics: TopicIndex::default(),
        }
    }

    pub(crate) fn add(&self, new: &NewDevice) -> Arc<DeviceEntry> {
        let project = new.project.clone().unwrap_or_else(|| self.project.as_str().into());
        let state =
            if project == self.project.as_str() { DeviceState::Active } else { DeviceState::OtherProject };
        let id = self.mint.device_id();
        let addresses = self.mint.addresses();
        let package = new.package.clone();
        let entry =
            Arc::new(DeviceEntry::new(id.clone(), new.platform, package, addresses.clone(), project, state));
        self.index(&addresses, &entry);
        self.by_id.insert(id, Arc::clone(&entry));
        write(&self.in_order).push(Arc::clone(&entry));
        entry
    }

    pub(crate) fn get(&self, id: &DeviceId) -> Option<Arc<DeviceEntry>> {
        self.by_id.get(id)
    }

    /// The device that has `address` (token or FID), or had it lately.
    pub(crate) fn by_address(&self, address: &str) -> Option<Arc<DeviceEntry>> {
        self.by_address.get(address)
    }

    /// Whether an app of this project has `address` now.
    pub(crate) fn has(&self, address: &str) -> bool {
        let standing = self.by_address(address).map(|device| device.standing_of(address));
        matches!(standing, Some(Standing::Live | Standing::ApnsDead))
    }

    /// Up to `limit` devices in the order in which they were made, beginning at place `from`.
    pub(crate) fn page(&self, from: usize, limit: usize) -> Vec<Arc<DeviceEntry>> {
        read(&self.in_order).iter().skip(from).take(limit).cloned().collect()
    }

    pub(crate) fn change(
        &self,
        entry: &Arc<DeviceEntry>,
        change: DeviceChange,
        now: Duration,
    ) -> Result<(), ChangeRefused> {
        entry.change(|condition| {
            refuse_impossible(entry.platform, condition.state, change)?;
            match change {
                DeviceChange::Rotate => self.rotate(entry, condition),
                DeviceChange::Uninstall => self.end(entry, condition, DeviceState::Unregistered),
                DeviceChange::Reinstall => self.reinstall(entry, condition),
                DeviceChange::Expire => self.end(entry, condition, DeviceState::Expired),
                DeviceChange::ApnsDead => condition.state = DeviceState::ApnsDead,
                DeviceChange::OtherProject => {
                    self.end(entry, condition, DeviceState::OtherProject);
                    condition.project = SOMEBODY_ELSES_PROJECT.into();
                }
                DeviceChange::Online => condition.online = true,
                DeviceChange::Offline => condition.online = false,
                DeviceChange::Doze => condition.dozing = true,
                DeviceChange::Wake => condition.dozing = false,
            }
            condition.catch_up(now, self.inbox_limit);
            Ok(())
        })
    }

    /// Forgets every device. With a seed the next ones are minted as after a start.
    pub(crate) fn reset(&self, rewind: bool) {
        write(&self.in_order).clear();
        self.topics.clear();
        self.by_id.clear();
        self.by_address.clear();
        if rewind {
            self.mint.rewind();
        }
    }

    /// Every device, and how far the sequence of their ids is.
    pub(crate) fn saved(&self) -> (Vec<SavedDevice>, u64) {
        let devices = self.page(0, usize::MAX).iter().map(|entry| entry.saved()).collect();
        // Afterwards: a sequence that is ahead skips a number, one that is behind makes two alike.
        (devices, self.mint.drawn())
    }

    pub(crate) fn restore(&self, devices: Vec<SavedDevice>, drawn: u64) {
        self.mint.resume(drawn);
        for saved in devices {
            let entry = Arc::new(DeviceEntry::restored(saved));
            entry.change(|condition| {
                condition.former.iter().chain([&condition.addresses]).for_each(|it| self.index(it, &entry));
                self.topics.restore(&entry, condition);
            });
            self.by_id.insert(entry.id.clone(), Arc::clone(&entry));
            write(&self.in_order).push(entry);
        }
    }

    fn rotate(&self, entry: &Arc<DeviceEntry>, condition: &mut Condition) {
        let fresh = self.mint.addresses();
        self.index(&fresh, entry);
        // Subscriptions are of the address: the app or its server must subscribe the new one.
        self.topics.unsubscribe_all(&entry.id, condition);
        if let Some(forgotten) = condition.readdress(fresh) {
            self.by_address.remove(forgotten.token.expose());
            self.by_address.remove(forgotten.fid.expose());
        }
        if condition.state != DeviceState::OtherProject {
            condition.state = DeviceState::Active;
        }
    }

    fn reinstall(&self, entry: &Arc<DeviceEntry>, condition: &mut Condition) {
        self.end(entry, condition, DeviceState::Active);
        condition.project = self.project.as_str().into();
        self.rotate(entry, condition);
    }

    /// The app instance ends, and with it its subscriptions and what waits for it.
    fn end(&self, entry: &DeviceEntry, condition: &mut Condition, state: DeviceState) {
        condition.state = state;
        condition.drop_waiting();
        self.topics.unsubscribe_all(&entry.id, condition);
    }

    fn index(&self, addresses: &Addresses, entry: &Arc<DeviceEntry>) {
        self.by_address.insert(addresses.token.shared(), Arc::clone(entry));
        self.by_address.insert(addresses.fid.shared(), Arc::clone(entry));
    }
}

fn refuse_impossible(
    platform: Platform,
    state: DeviceState,
    change: DeviceChange,
) -> Result<(), ChangeRefused> {
    match change {
        DeviceChange::Rotate if state == DeviceState::Unregistered => Err(ChangeRefused(
            "an uninstalled app cannot rotate its token: use `reinstall`, which gives new values to the same device",
        )),
        DeviceChange::ApnsDead if platform != Platform::Ios => Err(ChangeRefused(
            "only an ios device stands behind APNs: make one with {\"platform\":\"ios\"}, or use `uninstall`",
        )),
        DeviceChange::Doze if platform != Platform::Android => {
            Err(ChangeRefused("only an android phone dozes: use `offline`"))
        }
        _ => Ok(()),
    }
}
