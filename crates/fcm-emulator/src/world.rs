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
use crate::projects::{Ground, Projects, Registered};
use crate::quota::QuotaKeeper;
use crate::send::MessageIds;
use crate::state::{Keeper, SavedDevice, SavedPositions, SavedProject, StateReport};
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
    /// Told of every change, if there is a file of state.
    keeper: Option<Arc<Keeper>>,
    seed: u64,
    seeded: bool,
}

impl World {
    pub(crate) fn new(
        ground: &Ground,
        seed: u64,
        project: ProjectId,
        registered: Registered,
        all: Weak<Projects>,
    ) -> Self {
        let Ground { options, .. } = ground;
        Self {
            clock: ground.clock.clone(),
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
            stop: ground.stop.clone(),
            all,
            keeper: ground.keeper.clone(),
            seed,
            seeded: ground.seeded,
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
        self.mark_changed();
    }

    /// To be called after a change of what [`saved`](Self::saved) returns.
    pub(crate) fn mark_changed(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.mark();
        }
    }

    /// How the file of state does, if there is one.
    pub(crate) fn state_report(&self) -> Option<StateReport> {
        self.keeper.as_ref().map(|keeper| keeper.report())
    }

    pub(crate) fn saved(&self) -> SavedProject {
        let (devices, drawn) = self.devices.saved();
        let drawn =
            SavedPositions { devices: drawn, messages: self.message_ids.drawn(), dice: self.faults.drawn() };
        let private_key = self.registered.account.private_key().into();
        SavedProject { id: self.project.to_string(), seed: self.seed, private_key, drawn, devices }
    }

    /// To be called before anything else happens here.
    pub(crate) fn restore(&self, devices: Vec<SavedDevice>, drawn: SavedPositions) {
        self.devices.restore(devices, drawn.devices);
        self.message_ids.resume(drawn.messages);
        self.faults.resume(drawn.dice);
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
