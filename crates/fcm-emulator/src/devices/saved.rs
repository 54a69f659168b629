//! A device as the file of state has it. In: a device, or what was written of one. Out: the other. Next: `registry`.

use std::time::Duration;

use crate::clock::micros;
use crate::devices::entry::DeviceEntry;
use crate::devices::inbox::Inbox;
use crate::devices::mint::Addresses;
use crate::devices::waiting::Waiting;
use crate::names::{DeviceId, Fid, RegistrationToken};
use crate::state::SavedDevice;

impl DeviceEntry {
    pub(super) fn saved(&self) -> SavedDevice {
        self.change(|condition| SavedDevice {
            id: self.id.to_string(),
            platform: self.platform,
            package: self.package.clone(),
            project: condition.project.clone(),
            state: condition.state,
            online: condition.online,
            dozing: condition.dozing,
            token: condition.addresses.token.expose().into(),
            fid: condition.addresses.fid.expose().into(),
            former: condition
                .former
                .iter()
                .map(|former| (former.token.expose().into(), former.fid.expose().into()))
                .collect(),
            topics: condition
                .topics
                .iter()
                .map(|(topic, since)| (topic.to_string(), micros(*since)))
                .collect(),
            last_seq: condition.inbox.last_seq(),
            inbox: condition.inbox.saved(),
            waiting: condition.waiting.saved(),
        })
    }

    pub(super) fn restored(saved: SavedDevice) -> Self {
        let addresses = addresses(saved.token, saved.fid);
        let id = DeviceId::new(saved.id);
        let entry = Self::new(id, saved.platform, saved.package, addresses, saved.project, saved.state);
        entry.change(|condition| {
            condition.online = saved.online;
            condition.dozing = saved.dozing;
            condition.former =
                saved.former.into_iter().map(|(token, fid)| self::addresses(token, fid)).collect();
            let since = |(topic, since_us): (String, u64)| (topic.into(), Duration::from_micros(since_us));
            condition.topics = saved.topics.into_iter().map(since).collect();
            condition.inbox = Inbox::restored(saved.last_seq, saved.inbox);
            condition.waiting = Waiting::restored(saved.waiting);
        });
        entry
    }
}

fn addresses(token: String, fid: String) -> Addresses {
    Addresses { token: RegistrationToken::new(token), fid: Fid::new(fid) }
}
