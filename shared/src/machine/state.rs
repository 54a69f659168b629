//! What the core knows: who it is, what it wants, what the server acknowledged, and what is under way.
//!
//! In: the store at a process start. Out: the same, changed by [`step`](super::step()). Everything but
//! [`Session`] is durable. No type here prints an address, a secret, a nonce or a user.

use std::fmt;

use pushbridge_wire::{
    Address, AddressState, Incarnation, InstallationId, InstallationSecret, IsoDuration, LoginId, Permission,
    Platform, Revision, Tags, Timestamp, UserId, UserState,
};
use serde::{Deserialize, Serialize};

use super::{
    progress::{Progress, Session},
    tolerant,
};

/// Everything.
#[derive(Clone, Debug)]
pub struct State {
    /// Who this installation is.
    pub identity: Identity,
    /// What it wants the server to hold.
    pub desired: Desired,
    /// What the server acknowledged last.
    pub acked: Option<Acked>,
    /// What is under way and must survive the process.
    pub progress: Progress,
    /// What must not survive the process.
    pub session: Session,
}

impl State {
    /// A new installation that has nothing to say yet.
    #[must_use]
    pub fn new(identity: Identity, attributes: Attributes) -> Self {
        Self {
            identity,
            desired: Desired { revision: None, address: None, address_since: None, login: None, attributes },
            acked: None,
            progress: Progress::default(),
            session: Session::default(),
        }
    }

    /// Whether the two would be stored as the same rows.
    #[must_use]
    pub fn is_stored_like(&self, other: &Self) -> bool {
        self.identity == other.identity
            && self.desired == other.desired
            && self.acked == other.acked
            && self.progress == other.progress
    }

    /// Whether the server has acknowledged what is desired.
    #[must_use]
    pub fn is_acked(&self) -> bool {
        self.desired.revision.is_some() && self.acked.as_ref().map(|a| a.revision) == self.desired.revision
    }

    /// The current login id, if somebody is logged in.
    #[must_use]
    pub fn login_id(&self) -> Option<&LoginId> {
        self.desired.login.as_ref().map(|login| &login.login_id)
    }
}

/// What this installation is known by and proves itself with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Its id, made here.
    pub installation: InstallationId,
    /// Its secret, made here.
    #[serde(with = "stored_secret")]
    pub secret: InstallationSecret,
}

/// The whole desired state, one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Desired {
    /// None until there is something to tell the server.
    #[serde(deserialize_with = "Option::deserialize")] // a row that lacks it is no row of ours
    pub revision: Option<Revision>,
    /// Where pushes go.
    #[serde(default, deserialize_with = "tolerant::or_default")] // the platform names it at every start
    pub address: Option<Address>,
    /// When this address was first reported.
    #[serde(default, deserialize_with = "tolerant::or_default")]
    pub address_since: Option<Timestamp>,
    /// Who is logged in.
    #[serde(deserialize_with = "Option::deserialize")] // as above
    pub login: Option<Login>,
    /// Everything that segments and templates choose by.
    #[serde(default)]
    pub attributes: Attributes,
}

/// One login of one person. A rotation does not change it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The account.
    pub user: UserId,
    /// Made at the login.
    pub login_id: LoginId,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login(..)") // a user id is often an e-mail address
    }
}

/// What describes the phone and the app.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// The system.
    pub platform: Platform,
    /// Whether notifications may be shown.
    pub permission: Option<Permission>,
    /// Version of the app.
    pub app_version: Option<String>,
    /// Version of the system.
    pub os_version: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
    /// Free labels.
    #[serde(deserialize_with = "tolerant::or_default")]
    pub tags: Tags,
}

impl Default for Attributes {
    /// For a stored row that lacks one: the wrapper names the platform at every start.
    fn default() -> Self {
        Self {
            platform: Platform::Other("unknown".to_owned()),
            permission: None,
            app_version: None,
            os_version: None,
            locale: None,
            timezone: None,
            tags: Tags::default(),
        }
    }
}

/// The last acknowledgement, one row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acked {
    /// Of which revision.
    pub revision: Revision,
    /// When, by the phone's clock.
    pub at: Timestamp,
    /// PUT again that long after `at`, even if nothing changed.
    pub refresh_after: IsoDuration,
    /// That long after `at` a repeated report of the same address is a change.
    pub confirm_after: IsoDuration,
    /// Which life of the server's store answered.
    pub incarnation: Incarnation,
    /// What the server does with the address.
    pub address_state: AddressState,
    /// What the server does with the user.
    pub user_state: UserState,
    /// The login that is bound. Such a login needs no proof.
    pub bound: Option<LoginId>,
}

/// A secret as text in the store. The wire type has no serde on purpose: it belongs into one header only.
mod stored_secret {
    use pushbridge_wire::InstallationSecret;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(secret: &InstallationSecret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<InstallationSecret, D::Error> {
        // The fixed text keeps a damaged secret out of the error.
        InstallationSecret::try_from(String::deserialize(from)?).map_err(|_| D::Error::custom("bad secret"))
    }
}
