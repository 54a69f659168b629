//! What calls answer: plain enums and records, on their way out.

use pushbridge_core as core;

/// A call was taken in; what it says is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Accepted {
    /// Whether anything is different now.
    pub changed: bool,
    /// Whether a sync is needed: time to schedule one.
    pub work_needed: bool,
}

impl From<core::Accepted> for Accepted {
    fn from(core::Accepted { changed, work_needed }: core::Accepted) -> Self {
        Self { changed, work_needed }
    }
}

/// Why nothing was acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum DeferCause {
    /// No connection, or it broke.
    Offline,
    /// The request took too long.
    Timeout,
    /// The server's certificate was not accepted. Often a wrong clock or a captive portal.
    Tls,
    /// Something answered that is not the server: a captive portal, a proxy, a redirect.
    NotTheServer,
    /// The server asked to wait, or failed.
    Server,
    /// The caller's deadline passed first. What is under way goes on.
    Deadline,
    /// The state kept changing, or the server kept asking.
    Unsettled,
}

impl From<core::DeferCause> for DeferCause {
    fn from(cause: core::DeferCause) -> Self {
        match cause {
            core::DeferCause::Offline => Self::Offline,
            core::DeferCause::Timeout => Self::Timeout,
            core::DeferCause::Tls => Self::Tls,
            core::DeferCause::NotTheServer => Self::NotTheServer,
            core::DeferCause::Server => Self::Server,
            core::DeferCause::Deadline => Self::Deadline,
            core::DeferCause::Unsettled => Self::Unsettled,
        }
    }
}

/// How a sync ended. Data, not an error: a scheduler maps it to done, later or never.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SyncOutcome {
    /// Nothing was to be told.
    UpToDate,
    /// The server acknowledged everything.
    Delivered {
        /// The revision that it has.
        revision: i64,
    },
    /// Later.
    Deferred {
        /// Not before that long.
        retry_after_ms: i64,
        /// Why.
        cause: DeferCause,
    },
    /// Everything but the user is with the server: it wants a proof that the app did not provide.
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

impl From<core::SyncOutcome> for SyncOutcome {
    fn from(outcome: core::SyncOutcome) -> Self {
        match outcome {
            core::SyncOutcome::UpToDate => Self::UpToDate,
            core::SyncOutcome::Delivered { revision } => Self::Delivered { revision: signed(revision) },
            core::SyncOutcome::Deferred { retry_after, cause } => Self::Deferred {
                retry_after_ms: i64::try_from(retry_after.as_millis()).unwrap_or(i64::MAX),
                cause: cause.into(),
            },
            core::SyncOutcome::NeedsCredentials => Self::NeedsCredentials,
            core::SyncOutcome::AwaitingAddress => Self::AwaitingAddress,
            core::SyncOutcome::Rejected { code } => Self::Rejected { code },
            core::SyncOutcome::Paused => Self::Paused,
        }
    }
}

/// Counters of the core lie far below 2⁶³.
pub(crate) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What to do with a data message.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum MessageDisposition {
    /// Hand it to the app.
    Deliver {
        /// For `receipt`; none if the message did not come through Pushbridge.
        message_id: Option<String>,
    },
    /// It is for another login: drop it.
    DropForeignLogin,
    /// The server's own; a sync is needed.
    Sync,
    /// The server's own: a challenge for this installation. A sync is needed, soon: it lives ten minutes.
    Challenge,
    /// The server's own, but not for this installation.
    Ignore,
}

impl From<core::MessageDisposition> for MessageDisposition {
    fn from(disposition: core::MessageDisposition) -> Self {
        match disposition {
            core::MessageDisposition::Deliver { message_id } => Self::Deliver { message_id },
            core::MessageDisposition::DropForeignLogin => Self::DropForeignLogin,
            core::MessageDisposition::Sync => Self::Sync,
            core::MessageDisposition::Challenge => Self::Challenge,
            core::MessageDisposition::Ignore => Self::Ignore,
        }
    }
}
