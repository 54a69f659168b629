//! What is under way: a reset, a wait, a refused proof, a challenge, news that the app has to hear.
//!
//! In: changed by [`step`](super::step()). Out: read by [`plan`](super::plan()) and by the status.

use std::fmt;

use pushbridge_wire::{Address, InstallationId, Revision, Timestamp};
use serde::{Deserialize, Serialize};

use super::{backoff::Backoff, tolerant};

/// Durable, beside the desired and the acked row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Version of this crate that wrote last.
    pub core_version: String,
    /// A PUT is due although nothing changed here: the server hinted, or its store is another one.
    pub due: bool,
    /// The platform was asked for a fresh address.
    pub reset: Option<Reset>,
    /// Numbers resets; never restarts.
    pub resets: u64,
    /// Where the search for a user proof stands.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub credentials: Credentials,
    /// The server refused this revision for good.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub rejected: Option<Rejected>,
    /// No request before this wait is over.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub backoff: Option<Backoff>,
    /// A challenge that names this installation and has not been echoed.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub challenge: Option<Challenge>,
    /// A login that ended without the app's doing. Told again at every start until the app logs in or out.
    #[serde(deserialize_with = "tolerant::or_evicted")]
    pub logged_out: Option<LoggedOutReason>,
    /// A logout that does not count as done yet (F24).
    pub logout_pending: bool,
    /// Whether the server said of the last logout that nothing was on the wire any more.
    pub wall_closed: Option<bool>,
    /// When the server last gave an answer that counts.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub last_answer_at: Option<Timestamp>,
    /// The server's clock minus the phone's, at the last acknowledgement. For the doctor only: nothing is decided by
    /// it.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub clock_offset_ms: Option<i64>,
}

/// Number of a reset: an answer to another one is not its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResetId(pub u64);

/// A reset of the platform's address. Ends with the report that answers it, whatever its value (F6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reset {
    /// Which one.
    pub id: ResetId,
    /// A new identity makes no request before it has an address that no copy of it has.
    #[serde(default = "cautious")]
    pub fresh_first: bool,
}

fn cautious() -> bool {
    true
}

/// Where the search for a user proof stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Credentials {
    /// Nothing was refused.
    #[default]
    Fine,
    /// The server wants one: the provider is asked once for a refreshed one.
    RefreshOnce,
    /// The refreshed one was refused too, or there was none. Only news from the app helps.
    Exhausted {
        /// Whether there was one; if not, a later sync may ask the provider again without troubling the server.
        proof_was_sent: bool,
    },
}

/// A refusal that repeating does not mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rejected {
    /// The server's stable code.
    pub code: String,
    /// The revision that was refused.
    pub revision: Revision,
    /// When.
    pub at: Timestamp,
}

/// A nonce that came as a push to the contested address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The installation that it names.
    pub installation: InstallationId,
    /// To be echoed.
    pub nonce: String,
    /// When it came.
    pub at: Timestamp,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge").field("installation", &self.installation).finish_non_exhaustive()
    }
}

/// Why nobody is logged in any more although the app did not log out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoggedOutReason {
    /// The server ended this login for good.
    Evicted {
        /// Why, in the protocol's words: `policy_single`, `revoked`, …
        reason: Option<String>,
    },
    /// Another phone uses a copy of this identity.
    Cloned,
    /// The store was lost and made anew, or is a restored copy; whoever was logged in is not any more.
    StoreLost,
}

/// Why the store is not the one that the last process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// It was damaged, or its file was gone.
    Damaged,
    /// A newer version of the core wrote it in a way that this one cannot read. It is put aside as a file.
    NewerSchema,
    /// It is a copy that a backup brought here.
    Restored,
}

/// Lives as long as the process.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The youngest number given to a pull or a report.
    pub numbered: u64,
    /// The number of the newest report that was applied (F14).
    pub applied: u64,
    /// The platform's address as this process heard it (F24).
    pub named: Option<Address>,
    /// It was answered `live` (F24).
    pub placed: bool,
    /// Set when the store had to be made anew at this start.
    pub recovered: Option<Recovery>,
}
