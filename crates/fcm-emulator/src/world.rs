//! All that one Firebase project is; every request handler gets it. In: nothing. Out: the parts, each with its own lock.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::devices::Registry;
use crate::events::{Event, Events};
use crate::faults::FaultTable;
use crate::journal::Journal;
use crate::names::ProjectId;
use crate::oauth::{Bearer, TokenIssuer};
use crate::options::Options;
use crate::projects::{Projects, Registered};
use crate::quota::QuotaKeeper;
use crate::send::MessageIds;
use crate::traffic::Traffic;

pub(crate) struct World {
    pub(crate) project: ProjectId,
    pub(crate) clock: Clock,
    pub(crate) registered: Registered,
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
    all: Weak<Projects>,
    seeded: bool,
}

impl World {
    pub(crate) fn new(
        options: &Options,
        seed: u64,
        project: ProjectId,
        registered: Registered,
        stop: CancellationToken,
        all: Weak<Projects>,
    ) -> Self {
        Self {
            clock: options.clock.clone(),
            registered,
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
            all,
            seeded: options.seed.is_some(),
            project,
        }
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

    /// What `bearer` is worth in this project.
    pub(crate) fn bearer(&self, bearer: &str) -> Bearer {
        self.tokens.check(bearer, self.now())
    }

    /// All projects of this emulator; `None` once it has ended.
    pub(crate) fn all(&self) -> Option<Arc<Projects>> {
        self.all.upgrade()
    }
}
