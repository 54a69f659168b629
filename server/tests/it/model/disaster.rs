//! What happens to the server's store: it is copied, lost and put back, and the janitor walks through it.
//!
//! In: a step. Out: the store, changed, and what the checks may expect of it afterwards. A restore takes back what
//! happened since the snapshot; docs/SECURITY.md says what no rule can mend then, and only that is forgiven here.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
    time::Duration,
};

use serde_json::Value;

use super::{Violation, game::Game};
use crate::harness::{DAY, Row};

/// Longer than the end of life of an address that nobody reports.
const SILENCE: Duration = Duration::from_secs(272 * 86_400);

/// A copy of the store, and what is known of the moment.
pub(super) struct Snapshot {
    file: PathBuf,
    policy: Value,
    revokes: BTreeMap<String, Vec<u32>>,
    epochs: HashMap<String, u64>,
    ever_live: HashSet<String>,
    rows: Vec<Row>,
}

impl Game {
    pub(super) fn take_snapshot(&mut self) {
        if let Some(old) = self.snapshot.take() {
            std::fs::remove_file(old.file).unwrap();
        }
        let file = self.world.town.folder("snapshot");
        self.world.town.take_snapshot(&file);
        self.snapshot = Some(Snapshot {
            file,
            policy: self.policy.clone(),
            revokes: self.known_revokes.clone(),
            epochs: self.epochs.clone(),
            ever_live: self.ever_live.clone(),
            rows: self.before.clone(),
        });
    }

    /// Requests that are under way are cut with their connections: none of before reaches the server of after.
    pub(super) async fn restore_server(&mut self) {
        let Some(snapshot) = &self.snapshot else { return };
        while self.world.net.take(0).is_some() {}
        self.world.town.restore_server(&snapshot.file).await;
        self.policy = snapshot.policy.clone();
        self.known_revokes = snapshot.revokes.clone();
        self.epochs = snapshot.epochs.clone();
        // A value that the server has never heard of belongs to whoever brings it first.
        self.ever_live = snapshot.ever_live.clone();
        // What was retired then may have been so for months: the delivery that shows why is forgotten before the event.
        self.before = snapshot.rows.clone();
        self.restored_ms = Some(self.world.town.clock.now().as_ms());
        self.world.town.quiet().await;
    }

    /// Months in which no phone says a word, and the janitor takes its turns. Checked after each, since it also forgets
    /// what finished long ago.
    pub(super) async fn fall_silent(&mut self) -> Result<(), Violation> {
        self.world.town.calm().await;
        let mut left = SILENCE;
        while !left.is_zero() {
            self.check()?;
            self.world.town.pass(DAY.min(left));
            self.world.town.take_janitor_turn().await;
            self.world.town.quiet().await;
            left = left.saturating_sub(DAY);
        }
        for phone in &self.world.phones {
            phone.pass(SILENCE);
        }
        self.world.town.quiet().await;
        Ok(())
    }
}
