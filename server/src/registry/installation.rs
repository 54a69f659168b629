//! The state of one installation.

use pushbridge_wire::{
    Address, InstallationRequest, LoginId, Permission, Platform, Revision, Tags, Timestamp, UserId,
};

/// What the server holds of one installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// The newest revision.
    pub revision: Revision,
    /// What the phone said at that revision, never the server's own corrections.
    pub reported: Reported,
    /// What does not decide anything.
    pub attributes: Attributes,
    /// What became of the address.
    pub slot: Slot,
    /// One counter per installation, which never restarts: grows with every accepted report of an address.
    pub generation: u64,
    /// How often FCM called the present value dead with no success between.
    pub deaths: u32,
    /// Whether `reset_address` was answered for the present value.
    pub reset_told: bool,
    /// Who is bound.
    pub binding: Option<Binding>,
    /// After a restore: nothing is sent to the binding before the phone has PUT.
    pub unconfirmed: bool,
    /// Last PUT.
    pub seen: Timestamp,
}

/// What a PUT said that equal revisions must repeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reported {
    /// The address.
    pub address: Option<Address>,
    /// The user.
    pub user: Option<UserId>,
    /// The login.
    pub login: Option<LoginId>,
}

impl Reported {
    /// What `request` says.
    #[must_use]
    pub fn of(request: &InstallationRequest) -> Self {
        Self { address: request.address.clone(), user: request.user.clone(), login: request.login_id.clone() }
    }

    /// Whether `later` may come at the same revision. Of a user who was erased only the login is left, which names the
    /// same login all the same.
    #[must_use]
    pub fn is_repeated_by(&self, later: &Self) -> bool {
        let erased = self.user.is_none() && self.login.is_some();
        self.address == later.address && self.login == later.login && (erased || self.user == later.user)
    }
}

/// Attributes for segments, templates and the operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attributes {
    /// The system that the app runs on.
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
    pub tags: Tags,
}

impl Attributes {
    /// What `request` says.
    #[must_use]
    pub fn of(request: &InstallationRequest) -> Self {
        Self {
            platform: request.platform.clone(),
            permission: request.permission.clone(),
            app_version: request.app_version.clone(),
            os_version: request.os_version.clone(),
            locale: request.locale.clone(),
            timezone: request.timezone.clone(),
            tags: request.tags.clone(),
        }
    }
}

/// What became of the reported address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Slot {
    /// None was reported.
    None,
    /// Pushes go to it.
    Live(Address),
    /// FCM called it dead. A new report may revive it.
    Retired(Address),
    /// FCM says that it belongs to another project. Kept, not sent to.
    Quarantined(Address),
    /// Another installation holds it or was the last to hold it; a challenge is on its way.
    Contested {
        /// The claimed value.
        address: Address,
        /// SHA-256 of the nonce that would prove possession.
        nonce_hash: [u8; 32],
        /// When the challenge ends.
        ends: Timestamp,
    },
    /// It cannot be used: the core is told to ask the platform for a fresh one.
    ResetAsked(Address),
    /// Another installation proved that the value is its own.
    Moved(Address),
}

impl Slot {
    /// The value, whatever became of it.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::None => None,
            Self::Live(address)
            | Self::Retired(address)
            | Self::Quarantined(address)
            | Self::Contested { address, .. }
            | Self::ResetAsked(address)
            | Self::Moved(address) => Some(address),
        }
    }

    /// The value that pushes go to.
    #[must_use]
    pub fn live(&self) -> Option<&Address> {
        match self {
            Self::Live(address) => Some(address),
            _ => None,
        }
    }
}

/// User ↔ installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Who.
    pub user: UserId,
    /// By which login.
    pub login: LoginId,
    /// Number of the binding: a counter of the app, never reused.
    pub epoch: u64,
    /// Since when.
    pub since: Timestamp,
}
