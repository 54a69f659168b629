//! Records and enums of the public calls.

use std::time::Duration;

use pushbridge_wire::AddressKind;

use crate::machine::DeferCause;

/// What the platform calls its address. Never guessed from the text of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RegistrationKind {
    /// An FCM registration token.
    FcmToken,
    /// A Firebase Installation ID.
    FcmFid,
}

impl From<RegistrationKind> for AddressKind {
    fn from(kind: RegistrationKind) -> Self {
        match kind {
            RegistrationKind::FcmToken => Self::FcmToken,
            RegistrationKind::FcmFid => Self::FcmFid,
        }
    }
}

/// Number of a question to the platform, taken before it is asked. Lives as long as the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PullId {
    /// The number.
    pub number: u64,
}

/// A call was taken in; what it says is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Whether anything is different now.
    pub changed: bool,
    /// Whether a sync is needed: time to schedule one.
    pub work_needed: bool,
}

/// Something describing the phone changed. `None` keeps what was.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AttributesUpdate {
    /// All tags; order and doubles do not matter.
    pub tags: Option<Vec<String>>,
    /// BCP 47.
    pub locale: Option<String>,
    /// IANA name.
    pub timezone: Option<String>,
}

/// Why a sync is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SyncTrigger {
    /// The process started.
    Start,
    /// A call answered `work_needed`.
    Change,
    /// A scheduler's turn.
    Scheduled,
    /// The app came to the foreground. Ends a wait that only the network caused.
    Foreground,
    /// The network is back. Ends a wait that only the network caused.
    NetworkBack,
}

impl SyncTrigger {
    /// Whether it speaks for a working network, or for a person who is waiting.
    pub(crate) fn tries_now(self) -> bool {
        matches!(self, Self::Foreground | Self::NetworkBack)
    }
}

/// How a sync ended. Data, not an error: a scheduler maps it to done, later or never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyncOutcome {
    /// Nothing was to be told.
    UpToDate,
    /// The server acknowledged everything.
    Delivered {
        /// The revision that it has.
        revision: u64,
    },
    /// Later.
    Deferred {
        /// Not before that long.
        retry_after: Duration,
        /// Why.
        cause: DeferCause,
    },
    /// Everything but the user is with the server: it wants a proof that the app did not provide. Call
    /// `credentials_changed` when there is one.
    NeedsCredentials,
    /// Nothing is sent before the platform's fresh address is reported.
    AwaitingAddress,
    /// The server refused for good. A change, or a day, tries again.
    Rejected {
        /// The server's stable code.
        code: String,
    },
    /// The core is paused.
    Paused,
}
