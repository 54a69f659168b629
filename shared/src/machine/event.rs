//! What happens to the core.
//!
//! In: the platform, the app, the server. Out: input of [`step`](super::step()). What is random comes inside.

use std::fmt;

use pushbridge_wire::{
    Address, AddressKind, InstallationId, InstallationResponse, LoginId, Permission, Revision, Tags, UserId,
};

use super::{
    backoff::{DeferCause, Jitter},
    progress::{Recovery, ResetId},
    state::{Attributes, Identity},
};

/// One thing that happened. No Debug: it may hold an address, a user or a nonce.
#[derive(Clone)]
pub enum Event {
    /// A process starts on this store.
    Opened {
        /// Version of this crate.
        core_version: String,
        /// What the wrapper says of app and system; permission and tags are kept as they were.
        attributes: Attributes,
    },
    /// The store is not the one that the last process left.
    Recovered {
        /// Why.
        why: Recovery,
        /// Who this installation is from now on.
        identity: Identity,
    },
    /// The platform named its address.
    Reported {
        /// The address.
        address: Address,
        /// When the platform was asked.
        number: ReportNumber,
    },
    /// The platform has no address of this kind any more.
    AddressLost {
        /// The kind.
        kind: AddressKind,
    },
    /// The platform was reset and named its address.
    ResetAnswered {
        /// Which reset this answers.
        reset: ResetId,
        /// The address.
        address: Address,
    },
    /// A person logged in.
    LoggedIn {
        /// The account.
        user: UserId,
        /// Drawn for this login; not used if that user is logged in already.
        login_id: LoginId,
    },
    /// The person logged out.
    LoggedOut,
    /// The person answered the question for notifications.
    PermissionSet(Permission),
    /// Something describing the phone changed; `None` keeps what was.
    AttributesSet {
        /// New tags.
        tags: Option<Tags>,
        /// New locale.
        locale: Option<String>,
        /// New time zone.
        timezone: Option<String>,
    },
    /// The app has other credentials than before.
    CredentialsChanged,
    /// The provider had no refreshed proof.
    NoCredentials,
    /// The server asks for a PUT.
    SyncHinted,
    /// A challenge arrived as a push.
    Challenged {
        /// The installation that it names.
        installation: InstallationId,
        /// The nonce.
        nonce: String,
    },
    /// A sync starts. `try_now` ends a wait that only the network caused.
    Woken {
        /// Whether something speaks for a working network.
        try_now: bool,
    },
    /// A request ended.
    Answered {
        /// What was asked.
        sent: Sent,
        /// What came back.
        answer: Answer,
        /// Used if this identity turns out to be a copy.
        fresh: Identity,
        /// Spreads waits.
        jitter: Jitter,
    },
}

/// When the platform was asked for what it now reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportNumber {
    /// Now: the platform called of its own accord.
    Now,
    /// When the pull of this number began.
    Pull(u64),
}

/// What a request was about, to judge its answer by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// As whom.
    pub installation: InstallationId,
    /// The desired revision at that moment.
    pub revision: Revision,
    /// Which request.
    pub request: Request,
    /// Which user proof went along.
    pub proof: UserProofSent,
}

/// Which request of the device protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// The desired state.
    Put,
    /// The echo of a challenge.
    Prove,
    /// A batch of receipts.
    Receipts,
}

/// Which user proof went along with a PUT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserProofSent {
    /// None.
    No,
    /// The one that the provider had at hand.
    AtHand,
    /// A refreshed one: there is no better.
    Refreshed,
}

/// What came back.
#[derive(Clone)]
pub enum Answer {
    /// 200 with the server's own body.
    Installation(Box<InstallationResponse>),
    /// The receipts are in.
    ReceiptsTaken,
    /// 401: another secret belongs to this id.
    SecretInvalid,
    /// 409: two phones use this identity.
    Cloned,
    /// A refusal that repeating does not mend.
    Rejected {
        /// The server's stable code.
        code: String,
    },
    /// The server asks to wait, or failed.
    Busy {
        /// How long, if it says so.
        retry_after: Option<std::time::Duration>,
    },
    /// No answer, or one that the server did not write.
    Unusable(DeferCause),
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // The body names the user.
            Self::Installation(response) => write!(f, "Installation({:?})", response.outcome),
            Self::ReceiptsTaken => f.write_str("ReceiptsTaken"),
            Self::SecretInvalid => f.write_str("SecretInvalid"),
            Self::Cloned => f.write_str("Cloned"),
            Self::Rejected { code } => write!(f, "Rejected({code})"),
            Self::Busy { retry_after } => write!(f, "Busy({retry_after:?})"),
            Self::Unusable(cause) => write!(f, "Unusable({cause:?})"),
        }
    }
}
