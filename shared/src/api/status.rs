//! The status: what an app may show and a support engineer may read. Holds no secret.

use pushbridge_wire::{AddressKind, Timestamp};

use super::RegistrationKind;
use crate::machine::{DeferCause, LoggedOutReason, Plan, Recovery, State, plan};

/// Where the core stands. Times are milliseconds since 1970 by the phone's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushStatus {
    /// This installation.
    pub installation_id: String,
    /// Its desired revision; none while there is nothing to tell.
    pub revision: Option<u64>,
    /// The revision that the server acknowledged last.
    pub acked_revision: Option<u64>,
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
    pub pending_reset: Option<u64>,
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

/// Who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Where the last logout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What a sync would do now.
#[derive(Clone, Debug, PartialEq, Eq)]
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

impl PushStatus {
    pub(crate) fn of(state: &State, now: Timestamp, paused: bool) -> Self {
        let (desired, acked, progress) = (&state.desired, state.acked.as_ref(), &state.progress);
        let address = desired.address.as_ref();
        Self {
            installation_id: state.identity.installation.to_string(),
            revision: desired.revision.map(|revision| revision.get()),
            acked_revision: acked.map(|acked| acked.revision.get()),
            address_kind: address.and_then(|address| kind(&address.kind)),
            address_fingerprint: address.map(|address| address.fingerprint().to_string()),
            address_since_ms: desired.address_since.map(Timestamp::as_ms),
            address_state: acked.map(|acked| acked.address_state.to_string()),
            login: login_state(state),
            logout: match progress.wall_closed {
                _ if progress.logout_pending => LogoutState::Pending,
                Some(wall_closed) => LogoutState::Done { wall_closed },
                None => LogoutState::None,
            },
            pending_reset: progress.reset.map(|reset| reset.id.0),
            sync: sync_state(state, now),
            last_answer_at_ms: progress.last_answer_at.map(Timestamp::as_ms),
            refresh_at_ms: acked.map(|acked| acked.at.plus(acked.refresh_after.0).as_ms()),
            recovered: state.session.recovered,
            paused,
        }
    }
}

fn kind(kind: &AddressKind) -> Option<RegistrationKind> {
    match kind {
        AddressKind::FcmToken => Some(RegistrationKind::FcmToken),
        AddressKind::FcmFid => Some(RegistrationKind::FcmFid),
        _ => None,
    }
}

fn login_state(state: &State) -> LoginState {
    match state.login_id() {
        None => LoginState::LoggedOut { reason: state.progress.logged_out.clone() },
        login => LoginState::LoggedIn {
            bound: state.acked.as_ref().is_some_and(|acked| acked.bound.as_ref() == login),
        },
    }
}

fn sync_state(state: &State, now: Timestamp) -> SyncState {
    match plan(state, now) {
        Plan::Done => SyncState::UpToDate,
        Plan::Put(_) | Plan::Prove { .. } => SyncState::Pending,
        Plan::Wait { left, cause } => SyncState::Waiting { until_ms: now.plus(left).as_ms(), cause },
        Plan::AwaitReset => SyncState::AwaitingAddress,
        Plan::NeedsCredentials { .. } => SyncState::NeedsCredentials,
        Plan::Rejected(rejected) => SyncState::Rejected { code: rejected.code },
    }
}
