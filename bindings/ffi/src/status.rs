//! The status, as plain records. Holds no secret.

use pushbridge_core as core;

use crate::{DeferCause, RegistrationKind, outcome::signed};

/// Where the core stands. Times are milliseconds since 1970 by the phone's clock.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct PushStatus {
    /// This installation.
    pub installation_id: String,
    /// Its desired revision; none while there is nothing to tell.
    pub revision: Option<i64>,
    /// The revision that the server acknowledged last.
    pub acked_revision: Option<i64>,
    /// Kind of the address, if there is one.
    pub address_kind: Option<RegistrationKind>,
    /// First 8 hex digits of its SHA-256: to recognise it in the server's event log.
    pub address_fingerprint: Option<String>,
    /// When it was first reported.
    pub address_since_ms: Option<i64>,
    /// What the server said of the address last, in the protocol's words: `live`, `contested`, …
    pub address_state: Option<String>,
    /// Who is logged in.
    pub login: LoginState,
    /// Where the last logout stands.
    pub logout: LogoutState,
    /// The reset that the platform has not answered yet.
    pub pending_reset: Option<i64>,
    /// What a sync would do now.
    pub sync: SyncState,
    /// When the server last gave an answer that counts.
    pub last_answer_at_ms: Option<i64>,
    /// When the server wants to hear again even if nothing changes.
    pub refresh_at_ms: Option<i64>,
    /// Set when the store had to be made anew at this start: pull the platform's address again.
    pub recovered: Option<Recovery>,
    /// Whether `pause` was called.
    pub paused: bool,
}

impl From<core::PushStatus> for PushStatus {
    fn from(status: core::PushStatus) -> Self {
        Self {
            installation_id: status.installation_id,
            revision: status.revision.map(signed),
            acked_revision: status.acked_revision.map(signed),
            address_kind: status.address_kind.map(Into::into),
            address_fingerprint: status.address_fingerprint,
            address_since_ms: status.address_since_ms,
            address_state: status.address_state,
            login: status.login.into(),
            logout: status.logout.into(),
            pending_reset: status.pending_reset.map(signed),
            sync: status.sync.into(),
            last_answer_at_ms: status.last_answer_at_ms,
            refresh_at_ms: status.refresh_at_ms,
            recovered: status.recovered.map(Into::into),
            paused: status.paused,
        }
    }
}

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LoginState {
    /// Nobody.
    LoggedOut {
        /// Why, if it was not the app's doing.
        reason: Option<LoggedOutReason>,
    },
    /// Somebody.
    LoggedIn {
        /// Whether the server has bound this login.
        bound: bool,
    },
}

impl From<core::LoginState> for LoginState {
    fn from(state: core::LoginState) -> Self {
        match state {
            core::LoginState::LoggedOut { reason } => Self::LoggedOut { reason: reason.map(Into::into) },
            core::LoginState::LoggedIn { bound } => Self::LoggedIn { bound },
        }
    }
}

/// Why nobody is logged in any more although the app did not log out.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LoggedOutReason {
    /// The server ended this login for good.
    Evicted {
        /// Why, in the protocol's words: `policy_single`, `revoked`, …
        reason: Option<String>,
    },
    /// Another phone uses a copy of this identity.
    Cloned,
    /// The store was lost and made anew, or is a restored copy.
    StoreLost,
}

impl From<core::LoggedOutReason> for LoggedOutReason {
    fn from(reason: core::LoggedOutReason) -> Self {
        match reason {
            core::LoggedOutReason::Evicted { reason } => Self::Evicted { reason },
            core::LoggedOutReason::Cloned => Self::Cloned,
            core::LoggedOutReason::StoreLost => Self::StoreLost,
        }
    }
}

/// Where the last logout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LogoutState {
    /// There was none since the store was made.
    None,
    /// The server may still reach this phone by an address of before.
    Pending,
    /// The server has it, and holds the address that the platform has now.
    Done {
        /// Whether nothing for the user who left was on the wire any more.
        wall_closed: bool,
    },
}

impl From<core::LogoutState> for LogoutState {
    fn from(state: core::LogoutState) -> Self {
        match state {
            core::LogoutState::None => Self::None,
            core::LogoutState::Pending => Self::Pending,
            core::LogoutState::Done { wall_closed } => Self::Done { wall_closed },
        }
    }
}

/// What a sync would do now.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SyncState {
    /// Nothing.
    UpToDate,
    /// Ask the server.
    Pending,
    /// Wait.
    Waiting {
        /// Until then.
        until_ms: i64,
        /// Why.
        cause: DeferCause,
    },
    /// Wait for the platform's fresh address.
    AwaitingAddress,
    /// Wait for credentials.
    NeedsCredentials,
    /// The server refused for good.
    Rejected {
        /// Its stable code.
        code: String,
    },
}

impl From<core::SyncState> for SyncState {
    fn from(state: core::SyncState) -> Self {
        match state {
            core::SyncState::UpToDate => Self::UpToDate,
            core::SyncState::Pending => Self::Pending,
            core::SyncState::Waiting { until_ms, cause } => Self::Waiting { until_ms, cause: cause.into() },
            core::SyncState::AwaitingAddress => Self::AwaitingAddress,
            core::SyncState::NeedsCredentials => Self::NeedsCredentials,
            core::SyncState::Rejected { code } => Self::Rejected { code },
        }
    }
}

/// Why the store is not the one that the last process left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Recovery {
    /// It was damaged, or its file was gone.
    Damaged,
    /// A newer version of the core wrote it.
    NewerSchema,
    /// It is a copy that a backup brought here.
    Restored,
}

impl From<core::Recovery> for Recovery {
    fn from(recovery: core::Recovery) -> Self {
        match recovery {
            core::Recovery::Damaged => Self::Damaged,
            core::Recovery::NewerSchema => Self::NewerSchema,
            core::Recovery::Restored => Self::Restored,
        }
    }
}
