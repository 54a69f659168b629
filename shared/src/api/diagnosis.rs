//! The device doctor: what an app's support page shows, and what explains a push that did not come.
//!
//! In: the state, the time, how many receipts wait. Out: a [`Diagnosis`] with [`Finding`]s, each a stable code. The
//! codes are the server's words with the area before them, so that a phone's `address_contested` is the `contested`
//! of the server's `explain`. Holds no secret.

use pushbridge_wire::{AddressState, Permission, Timestamp, UserState};

use super::{PushStatus, RegistrationKind};
use crate::machine::{DeferCause, LoggedOutReason, Plan, Recovery, State, plan};

/// From that on a clock is called off: proofs and certificates live for minutes and days.
const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1_000;

/// What the doctor found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Whether the server, by its last answer, would send to this phone for the user who is logged in. `gets_push` of
    /// the server's `explain` says the same from the other side.
    pub gets_push: bool,
    /// Whether notifications may be shown; none if the app has never said.
    pub permission: Option<Permission>,
    /// Kind of the address, if there is one.
    pub address_kind: Option<RegistrationKind>,
    /// How long ago it was first reported.
    pub address_age_ms: Option<i64>,
    /// How long ago the server last gave an answer that counts.
    pub last_answer_age_ms: Option<i64>,
    /// Failures in a row since then.
    pub failures: u32,
    /// Receipts that wait for a sync; none while paused, when the store is closed.
    pub receipts_waiting: Option<u32>,
    /// The server's clock minus the phone's, at the last answer.
    pub clock_offset_ms: Option<i64>,
    /// Version of this crate.
    pub core_version: String,
    /// What stands between this phone and its pushes, gravest first; empty if nothing.
    pub findings: Vec<Finding>,
    /// Everything else.
    pub status: PushStatus,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// More, in the protocol's words: the reason of an eviction, the code of a refusal, …
    pub detail: Option<String>,
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $name:ident => $code:literal, $blocks:literal, $text:literal;)*) => {
        #[allow(clippy::doc_markdown, reason = "the sentences are shown to people as they stand")]
        /// Stable codes of findings; documented in docs/ for app developers. Only grows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum FindingCode {
            $(#[doc = $text] $name,)*
        }

        impl FindingCode {
            /// All of them, gravest first.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The stable code.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Whether no push for the user reaches the person while this lasts.
            #[must_use]
            pub fn blocks_push(self) -> bool {
                match self { $(Self::$name => $blocks,)* }
            }

            /// One sentence for a person.
            #[must_use]
            pub fn explain(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

finding_codes! {
    StoreLost => "store_lost", false, "The store was lost, newer or a restored copy: this is a new installation, logged out.";
    Paused => "paused", false, "The core is paused: resume it.";
    AddressNone => "address_none", true, "The platform has not reported an address: the app must hand the registration token or FID to the core.";
    AddressResetAsked => "address_reset_asked", true, "A fresh address is wanted: delete the platform's, fetch one, report it as the reset's answer.";
    AddressContested => "address_contested", true, "Another installation had this address: the server's challenge comes as a data message, which the app must hand to the core.";
    UserNone => "user_none", true, "Nobody is logged in: only messages to the installation or to everyone arrive.";
    UserEvicted => "user_evicted", true, "The server ended this login, the detail says why: the person has to log in again.";
    UserCloned => "user_cloned", true, "Another phone used a copy of this store: both are new installations, logged out.";
    UserProofNeeded => "user_proof_needed", true, "The server wants a proof of the user, and the credentials provider gave none.";
    UserProofInvalid => "user_proof_invalid", true, "The server refused the proof of the user: issuer key, audience, subject or expiry is wrong.";
    Rejected => "rejected", true, "The server refused for good, the detail is its problem code: check app id and version.";
    SyncNever => "sync_never", true, "The server has never acknowledged this installation.";
    WaitTls => "wait_tls", false, "The server's certificate was not accepted: a wrong clock, a captive portal, or another root.";
    WaitNotTheServer => "wait_not_the_server", false, "Something else answered in the server's place: a captive portal, a proxy, a wrong URL.";
    WaitOffline => "wait_offline", false, "The server cannot be reached.";
    WaitTimeout => "wait_timeout", false, "The server did not answer in time.";
    WaitServer => "wait_server", false, "The server asked to wait, or failed.";
    WaitUnsettled => "wait_unsettled", false, "The state kept changing: the next sync goes on.";
    SyncPending => "sync_pending", false, "The server does not have the latest yet: a sync is due.";
    LogoutPending => "logout_pending", false, "The last logout is not confirmed: the server may still reach this phone for the user who left.";
    PermissionDenied => "permission_denied", false, "The person does not allow notifications: only data messages do anything.";
    PermissionUnknown => "permission_unknown", false, "The app has not told the core whether notifications are allowed.";
    ClockOff => "clock_off", false, "The phone's clock is far from the server's: proofs and certificates may look expired.";
}

impl Diagnosis {
    pub(crate) fn of(state: &State, now: Timestamp, paused: bool, receipts_waiting: Option<u32>) -> Self {
        let (desired, progress) = (&state.desired, &state.progress);
        let age = |since: Timestamp| i64::try_from(now.since(since).as_millis()).unwrap_or(i64::MAX);
        let status = PushStatus::of(state, now, paused);
        Self {
            gets_push: gets_push(state),
            permission: desired.attributes.permission.clone(),
            address_kind: status.address_kind,
            address_age_ms: desired.address_since.map(age),
            last_answer_age_ms: progress.last_answer_at.map(age),
            failures: progress.backoff.as_ref().map_or(0, |backoff| backoff.failures),
            receipts_waiting,
            clock_offset_ms: progress.clock_offset_ms,
            core_version: env!("CARGO_PKG_VERSION").to_owned(),
            findings: findings(state, now, paused),
            status,
        }
    }
}

fn gets_push(state: &State) -> bool {
    let is_bound = |bound: Option<&_>| bound.is_some() && bound == state.login_id();
    state.is_acked()
        && state
            .acked
            .as_ref()
            .is_some_and(|acked| acked.address_state == AddressState::Live && is_bound(acked.bound.as_ref()))
}

fn findings(state: &State, now: Timestamp, paused: bool) -> Vec<Finding> {
    let mut found: Vec<Finding> = [
        state.session.recovered.map(|why| detailed(FindingCode::StoreLost, recovery_word(why))),
        paused.then(|| plain(FindingCode::Paused)),
        address_finding(state),
        user_finding(state),
        sync_finding(state, now),
        state.progress.logout_pending.then(|| plain(FindingCode::LogoutPending)),
        permission_finding(state),
        clock_finding(state),
    ]
    .into_iter()
    .flatten()
    .collect();
    found.sort_by_key(|finding| FindingCode::ALL.iter().position(|code| *code == finding.code));
    found
}

fn plain(code: FindingCode) -> Finding {
    Finding { code, detail: None }
}

fn detailed(code: FindingCode, detail: impl Into<String>) -> Finding {
    Finding { code, detail: Some(detail.into()) }
}

fn recovery_word(why: Recovery) -> &'static str {
    match why {
        Recovery::Damaged => "damaged",
        Recovery::NewerSchema => "newer_schema",
        Recovery::Restored => "restored",
    }
}

fn address_finding(state: &State) -> Option<Finding> {
    if state.progress.reset.is_some() {
        return Some(plain(FindingCode::AddressResetAsked));
    }
    if state.desired.address.is_none() {
        return Some(plain(FindingCode::AddressNone));
    }
    let acked = state.acked.as_ref().filter(|_| state.is_acked())?;
    match acked.address_state {
        AddressState::Contested => Some(plain(FindingCode::AddressContested)),
        AddressState::None => Some(plain(FindingCode::AddressNone)),
        AddressState::ResetAddress => Some(plain(FindingCode::AddressResetAsked)),
        AddressState::Live | AddressState::Other(_) => None,
    }
}

fn user_finding(state: &State) -> Option<Finding> {
    if state.login_id().is_none() {
        return Some(match &state.progress.logged_out {
            Some(LoggedOutReason::Evicted { reason }) => {
                Finding { code: FindingCode::UserEvicted, detail: reason.clone() }
            }
            Some(LoggedOutReason::Cloned) => plain(FindingCode::UserCloned),
            Some(LoggedOutReason::StoreLost) => detailed(FindingCode::UserNone, "store_lost"),
            None => plain(FindingCode::UserNone),
        });
    }
    let acked = state.acked.as_ref().filter(|_| state.is_acked())?;
    match acked.user_state {
        UserState::ProofNeeded => Some(plain(FindingCode::UserProofNeeded)),
        UserState::ProofInvalid => Some(plain(FindingCode::UserProofInvalid)),
        _ => None,
    }
}

fn sync_finding(state: &State, now: Timestamp) -> Option<Finding> {
    let due = if state.acked.is_none() { FindingCode::SyncNever } else { FindingCode::SyncPending };
    match plan(state, now) {
        Plan::Put(_) | Plan::Prove { .. } => Some(plain(due)),
        Plan::Wait { cause, .. } => Some(plain(match cause {
            DeferCause::Offline => FindingCode::WaitOffline,
            DeferCause::Timeout => FindingCode::WaitTimeout,
            DeferCause::Tls => FindingCode::WaitTls,
            DeferCause::NotTheServer => FindingCode::WaitNotTheServer,
            DeferCause::Server => FindingCode::WaitServer,
            DeferCause::Deadline | DeferCause::Unsettled => FindingCode::WaitUnsettled,
        })),
        Plan::Rejected(rejected) => Some(detailed(FindingCode::Rejected, rejected.code)),
        // The findings of address and user say it.
        Plan::Done | Plan::AwaitReset | Plan::NeedsCredentials { .. } => None,
    }
}

fn permission_finding(state: &State) -> Option<Finding> {
    match &state.desired.attributes.permission {
        Some(Permission::Denied) => Some(plain(FindingCode::PermissionDenied)),
        None => Some(plain(FindingCode::PermissionUnknown)),
        Some(_) => None,
    }
}

fn clock_finding(state: &State) -> Option<Finding> {
    let offset_ms = state.progress.clock_offset_ms?;
    let is_off = offset_ms.saturating_abs() > CLOCK_TOLERANCE_MS;
    is_off.then(|| detailed(FindingCode::ClockOff, format!("{} s", offset_ms / 1_000)))
}
