//! What the file holds. Faults, quotas, the log, counters and access tokens are not in it: they belong to a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::devices::{DeviceState, Platform};

pub(crate) const FORMAT: &str = "pushbridge-fcm-emulator";
pub(crate) const VERSION: u32 = 1;

/// Everything, at one moment.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Saved {
    format: String,
    version: u32,
    /// Unix time of the very first start, and the emulator's own time when this was written, both in microseconds.
    pub(crate) began_us: u64,
    pub(crate) elapsed_us: u64,
    pub(crate) seed: u64,
    /// Whether the seed was asked for.
    pub(crate) seeded: bool,
    /// The first one first.
    pub(crate) projects: Vec<SavedProject>,
}

impl Saved {
    pub(crate) fn new(
        began_us: u64,
        elapsed_us: u64,
        seed: u64,
        seeded: bool,
        projects: Vec<SavedProject>,
    ) -> Self {
        Self { format: FORMAT.into(), version: VERSION, began_us, elapsed_us, seed, seeded, projects }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedProject {
    pub(crate) id: String,
    /// Of its sequences; the first project's is the emulator's own.
    pub(crate) seed: u64,
    /// Of its service account, so that a server goes on with the JSON that it has.
    pub(crate) private_key: String,
    pub(crate) drawn: SavedPositions,
    pub(crate) devices: Vec<SavedDevice>,
}

/// How far each of the project's sequences is.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedPositions {
    pub(crate) devices: u64,
    pub(crate) messages: u64,
    pub(crate) dice: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedDevice {
    pub(crate) id: String,
    pub(crate) platform: Platform,
    pub(crate) package: String,
    pub(crate) project: String,
    pub(crate) state: DeviceState,
    pub(crate) online: bool,
    pub(crate) dozing: bool,
    pub(crate) token: String,
    pub(crate) fid: String,
    /// Tokens and FIDs that it had before, the oldest first.
    pub(crate) former: Vec<(String, String)>,
    /// Since when, in microseconds of Unix time.
    pub(crate) topics: BTreeMap<String, u64>,
    pub(crate) last_seq: u64,
    pub(crate) inbox: Vec<SavedMessage>,
    pub(crate) waiting: Vec<SavedWaiting>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedMessage {
    pub(crate) seq: u64,
    pub(crate) at_us: u64,
    pub(crate) name: String,
    /// JSON as text.
    pub(crate) message: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedWaiting {
    /// On the emulator's own clock.
    pub(crate) until_us: u64,
    pub(crate) name: String,
    pub(crate) message: String,
    pub(crate) urgent: bool,
    pub(crate) collapse_key: Option<String>,
}
