//! A world and what nobody in it knows: the ghost facts that only checks read.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    path::PathBuf,
};

use serde_json::{Value, json};

use super::{disaster::Snapshot, random::Random};
use crate::harness::{Attacker, Phone, Pull, Row, Town, World};

/// People who may log in anywhere.
pub(super) const USERS: [&str; 2] = ["anna", "boris"];

/// A world being played.
pub(super) struct Game {
    pub(super) world: World,
    pub(super) ghosts: Vec<Ghost>,
    pub(super) attacker: Attacker,
    pub(super) policy: Value,
    /// How often the back end ended all logins of a user.
    pub(super) revokes: BTreeMap<String, u32>,
    /// Which of them the server knows: a restored one has forgotten some.
    pub(super) known_revokes: BTreeMap<String, Vec<u32>>,
    /// Login ids as they left a phone, with the revokes of their user when the person logged in.
    pub(super) logins: HashMap<String, u32>,
    /// The one epoch of each login id that was ever bound.
    pub(super) epochs: HashMap<String, u64>,
    /// Values that were ever live somewhere: only those may be attacked.
    pub(super) ever_live: HashSet<String>,
    pub(super) before: Vec<Row>,
    /// Whether two phones may have one identity.
    pub(super) copies: bool,
    pub(super) snapshot: Option<Snapshot>,
    /// When the server was put back to a snapshot, by its own clock.
    pub(super) restored_ms: Option<i64>,
}

/// What is true of a phone, whatever its core says.
#[derive(Default)]
pub(super) struct Ghost {
    /// Who is logged in, as the person sees it.
    pub(super) human: Option<String>,
    /// Revokes of that user at the login.
    pub(super) session: u32,
    /// Who left, and whose logout was not acknowledged yet.
    pub(super) leaving: BTreeSet<String>,
    /// Whose logout was acknowledged and who has not come back.
    pub(super) out: BTreeMap<String, Out>,
    /// The identity that it had when last looked at.
    pub(super) identity: String,
    /// Pushes checked.
    pub(super) checked: u64,
    /// Answers of the platform that the core has not heard yet.
    pub(super) pulls: Vec<Pull>,
    pub(super) backup: Option<Backup>,
    /// Its core forgot who it was, and it names itself in the other dialect than once: what it was before may have an
    /// address that the platform still serves and nobody will ever report.
    pub(super) forgot: bool,
    pub(super) changed_dialect: bool,
    /// Requests of this phone that were read.
    pub(super) read: usize,
}

/// An acknowledged logout.
pub(super) struct Out {
    /// Where the wall was closed: the last push before.
    pub(super) closed_at: Option<u64>,
    /// Messages sent before.
    pub(super) sent: usize,
}

/// A copy of a phone's store, and who was logged in then.
pub(super) struct Backup {
    pub(super) folder: PathBuf,
    pub(super) human: Option<String>,
    pub(super) session: u32,
}

impl Game {
    pub(super) async fn begin(town: Town, seed: u64) -> Self {
        // Not the list's own stream: the world stays the same when its list is shortened.
        let mut random = Random::new(!seed);
        let policy = policy(random.byte());
        let world = World::found(town, &policy, 2 + random.below(2)).await;
        let identity = |phone: &Phone| phone.status().installation_id;
        let ghosts = world.phones.iter().map(|phone| Ghost { identity: identity(phone), ..Ghost::default() });
        let ghosts = ghosts.collect::<Vec<_>>();
        world.phones.iter().for_each(Phone::report_now);
        let attacker = Attacker::new(world.shop.clone(), 0xee);
        Self {
            world,
            ghosts,
            attacker,
            policy,
            revokes: BTreeMap::new(),
            known_revokes: BTreeMap::new(),
            logins: HashMap::new(),
            epochs: HashMap::new(),
            ever_live: HashSet::new(),
            before: Vec::new(),
            copies: false,
            snapshot: None,
            restored_ms: None,
        }
    }

    pub(super) fn revokes_of(&self, user: &str) -> u32 {
        self.revokes.get(user).copied().unwrap_or_default()
    }

    /// Whether the server knows of a revoke of `user` since a login that saw `session` of them.
    pub(super) fn is_revoked(&self, user: &str, session: u32) -> bool {
        self.known_revokes.get(user).is_some_and(|known| known.iter().any(|revoke| *revoke > session))
    }

    /// Installations that a user may have under the policy.
    pub(super) fn limit(&self) -> usize {
        match (self.policy["mode"].as_str(), self.policy["max_devices"].as_u64()) {
            (Some("single"), _) => 1,
            (_, Some(limit)) => usize::try_from(limit).unwrap(),
            (_, None) => usize::MAX,
        }
    }
}

pub(super) fn policy(choice: u8) -> Value {
    match choice % 3 {
        0 => json!({"mode": "single"}),
        1 => json!({"mode": "multi", "max_devices": 2}),
        _ => json!({"mode": "multi"}),
    }
}
