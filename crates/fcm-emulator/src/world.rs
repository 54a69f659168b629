//! All that one emulator knows; every request handler gets it. In: nothing. Out: the parts, each with its own lock.

use std::time::Duration;

use aws_lc_rs::rand;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::devices::Registry;
use crate::events::{Event, Events};
use crate::faults::FaultTable;
use crate::journal::Journal;
use crate::names::ProjectId;
use crate::oauth::{ServiceAccount, TokenIssuer};
use crate::options::{Options, StartError};
use crate::quota::QuotaKeeper;
use crate::send::MessageIds;
use crate::traffic::Traffic;

pub(crate) struct World {
    pub(crate) project: ProjectId,
    pub(crate) clock: Clock,
    pub(crate) account: ServiceAccount,
    pub(crate) tokens: TokenIssuer,
    pub(crate) devices: Registry,
    pub(crate) message_ids: MessageIds,
    pub(crate) faults: FaultTable,
    pub(crate) quotas: QuotaKeeper,
    pub(crate) events: Events,
    pub(crate) journal: Journal,
    pub(crate) traffic: Traffic,
    pub(crate) inbox_limit: usize,
    /// Cancelled when the emulator ends; long answers (streams) end with it.
    pub(crate) stop: CancellationToken,
    seeded: bool,
}

impl World {
    pub(crate) fn new(
        options: &Options,
        project: ProjectId,
        account: ServiceAccount,
        stop: CancellationToken,
    ) -> Result<Self, StartError> {
        let seed = options.seed.map_or_else(random_seed, Ok)?;
        Ok(Self {
            clock: options.clock.clone(),
            account,
            tokens: TokenIssuer::new(options.access_token_life),
            devices: Registry::new(project.clone(), seed, options.inbox_limit),
            message_ids: MessageIds::new(seed),
            faults: FaultTable::new(project.clone(), seed),
            quotas: QuotaKeeper::new(options.quotas),
            events: Events::new(),
            journal: Journal::new(options.request_log_limit),
            traffic: Traffic::default(),
            inbox_limit: options.inbox_limit,
            stop,
            seeded: options.seed.is_some(),
            project,
        })
    }

    /// Forgets devices, inboxes, faults, the log and the counters. Keys and access tokens stay, so that a server that
    /// is running goes on. With a seed, ids begin again as after a start.
    pub(crate) fn reset(&self) {
        self.faults.clear();
        self.quotas.reset();
        self.devices.reset(self.seeded);
        self.journal.clear();
        self.traffic.reset();
        if self.seeded {
            self.message_ids.rewind();
            self.faults.rewind();
        }
        self.events.tell(|| Event::Reset);
    }

    /// Monotonic time.
    pub(crate) fn now(&self) -> Duration {
        self.clock.elapsed()
    }
}

fn random_seed() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| StartError::Key)?;
    Ok(u64::from_le_bytes(bytes))
}
