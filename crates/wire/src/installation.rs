//! The device protocol: one idempotent PUT of the whole desired state, and its answer.

use serde::{Deserialize, Serialize};

use crate::{
    Address, AddressKind, Incarnation, IsoDuration, LoginId, Revision, Timestamp, UserId, ids::InvalidId,
    limits, open_enum::open_enum,
};

open_enum! {
    /// The system that the app runs on.
    Platform {
        /// Android.
        Android => "android",
        /// iOS and iPadOS.
        Ios => "ios",
        /// A browser.
        Web => "web",
    }
}

open_enum! {
    /// Whether the person lets the app show notifications.
    Permission {
        /// Asked and given.
        Granted => "granted",
        /// Asked and refused, or switched off.
        Denied => "denied",
        /// Not asked yet.
        NotDetermined => "not_determined",
        /// iOS: delivered quietly until the person decides.
        Provisional => "provisional",
    }
}

open_enum! {
    /// What became of the desired state.
    Outcome {
        /// It was newer and is now the server's truth.
        Applied => "applied",
        /// The server had this revision already.
        Unchanged => "unchanged",
        /// The server has a newer one; nothing changed.
        Stale => "stale",
    }
}

open_enum! {
    /// What the server does with the reported address.
    AddressState {
        /// Pushes go to it.
        Live => "live",
        /// None was reported.
        None => "none",
        /// Another installation holds it, or was the last to hold it: a challenge is on its way.
        Contested => "contested",
        /// It cannot be used: the core asks the platform for a fresh one.
        ResetAddress => "reset_address",
    }
}

open_enum! {
    /// What the server does with the reported user.
    UserState {
        /// The user is bound to this installation.
        Bound => "bound",
        /// None was reported.
        None => "none",
        /// A user proof is needed; everything else was applied.
        ProofNeeded => "proof_needed",
        /// The user proof was refused; everything else was applied.
        ProofInvalid => "proof_invalid",
        /// This login was ended for good; `reason` says why.
        Evicted => "evicted",
    }
}

open_enum! {
    /// Whether an attempt for a user who left may still arrive.
    Wall {
        /// None is on the wire.
        Closed => "closed",
        /// One may be: the server waited as long as it may.
        Open => "open",
    }
}

open_enum! {
    /// Why something changed or is as it is.
    Reason {
        /// A newer address of the same installation took its place.
        Superseded => "superseded",
        /// The person logged out.
        Logout => "logout",
        /// Another person, or the same one again, logged in on this installation.
        Relogin => "relogin",
        /// The app's policy allows one device, and another one was bound.
        PolicySingle => "policy_single",
        /// The app's policy allows `max_devices`, and this was the least recently seen.
        PolicyCap => "policy_cap",
        /// The backend ended it.
        Revoked => "revoked",
        /// FCM called the address dead.
        Unregistered => "unregistered",
        /// FCM says that the address belongs to another project.
        WrongProject => "wrong_project",
        /// Not confirmed for too long.
        Stale => "stale",
        /// Another installation holds the value or was the last to hold it.
        Contested => "contested",
        /// Another installation proved that the value is its own.
        Moved => "moved",
        /// The phone reported no address.
        Withdrawn => "withdrawn",
        /// The proof for another user was missing, so the old binding ended.
        Unproven => "unproven",
        /// The person's data was erased.
        Erased => "erased",
    }
}

/// Tags of an installation, sorted and without doubles.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Tags(Vec<String>);

impl Tags {
    /// The tags in order.
    #[must_use]
    pub fn as_slice(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Tags {
    type Error = InvalidId;
    fn try_from(mut tags: Vec<String>) -> Result<Self, InvalidId> {
        tags.sort_unstable();
        tags.dedup();
        let bad = |tag: &String| {
            tag.is_empty() || tag.len() > limits::TAG_BYTES || tag.chars().any(char::is_control)
        };
        if tags.len() > limits::TAGS || tags.iter().any(bad) {
            return Err(InvalidId("at most 64 tags of 1 to 64 bytes without control characters".to_owned()));
        }
        Ok(Self(tags))
    }
}

impl From<Tags> for Vec<String> {
    fn from(tags: Tags) -> Self {
        tags.0
    }
}

/// The whole desired state of one installation. Unknown fields are ignored: old servers meet new phones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationRequest {
    /// Grows with every change of the desired state.
    pub revision: Revision,
    /// The system that the app runs on.
    pub platform: Platform,
    /// Where pushes go; none while the platform has given none, and after a logout until it gives a new one.
    #[serde(default)]
    pub address: Option<Address>,
    /// Who is logged in.
    #[serde(default)]
    pub user: Option<UserId>,
    /// Which login that is; stands exactly where `user` stands.
    #[serde(default)]
    pub login_id: Option<LoginId>,
    /// Whether notifications may be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permission: Option<Permission>,
    /// Version of the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Version of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_version: Option<String>,
    /// BCP 47, such as `ru-RU`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    /// IANA name, such as `Europe/Moscow`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    /// Free labels for segments.
    #[serde(default)]
    pub tags: Tags,
}

/// The answer to a PUT and to a proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationResponse {
    /// The revision that this answers.
    pub revision: Revision,
    /// What became of it.
    pub outcome: Outcome,
    /// What the server does with the address.
    pub address_state: AddressState,
    /// What the server does with the user.
    pub user_state: UserState,
    /// Number of the binding, where one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Why the login was ended, where `user_state` is `evicted`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Other installations that this bind unbound.
    #[serde(default)]
    pub unbound_others: u32,
    /// Whether an attempt for a user who left may still arrive.
    pub wall: Wall,
    /// Which life of the store answered.
    pub incarnation: Incarnation,
    /// PUT again after that long, even if nothing changed.
    pub refresh_after: IsoDuration,
    /// A repeated report of the same address counts as a change after that long.
    pub confirm_after: IsoDuration,
    /// The server's clock.
    pub server_time: Timestamp,
    /// What the server holds.
    pub installation: InstallationTruth,
}

/// What the server holds of an installation: its own row, shown to its owner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstallationTruth {
    /// The newest revision.
    pub revision: Revision,
    /// The system that the app runs on.
    pub platform: Platform,
    /// The address, without its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressTruth>,
    /// The bound user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserId>,
    /// The login that bound it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login_id: Option<LoginId>,
}

/// What the server holds of an address. The value stays out of answers and thus out of proxies' logs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressTruth {
    /// The dialect.
    pub kind: AddressKind,
    /// First 8 hex digits of the value's SHA-256.
    pub fingerprint: String,
    /// Grows with every accepted report.
    pub generation: u64,
}

/// The echo of a challenge: proves that pushes to the contested value reach this installation.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofRequest {
    /// The nonce of the challenge, single use.
    pub nonce: String,
}

impl std::fmt::Debug for ProofRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ProofRequest(..)")
    }
}
