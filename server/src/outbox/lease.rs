//! A lease: the time-limited right to send one delivery, and what came of it.

use std::{fmt, sync::Arc};

use pushbridge_wire::Timestamp;

use super::{DeliveryNo, DeliveryState, Transition};
use crate::{feedback::Finding, store::AppNo};

/// Who holds leases: one run of one process. Every lease has a clone, so clones share the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(Arc<str>);

impl WorkerId {
    /// The worker of process `pid` that started then.
    #[must_use]
    pub fn new(pid: u32, started: Timestamp) -> Self {
        Self(format!("{pid}-{}", started.as_ms()).into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WorkerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The right to one attempt. The attempt's number makes it unlike every other lease of the same delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which delivery.
    pub delivery: DeliveryNo,
    /// Who may send it.
    pub owner: WorkerId,
    /// Number of the attempt, from 1.
    pub attempt: u32,
    /// The attempt must be over by then.
    pub until: Timestamp,
    /// For whom it is.
    pub concerns: Concerns,
}

/// What is known of a delivery since its claim and cannot change before its settlement: a success is recorded by it,
/// with nothing read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Concerns {
    /// Whose it is.
    pub app: AppNo,
    /// Number of the message in the store; none for the server's own.
    pub message: Option<i64>,
    /// What the answer says about an address of an installation; none where it is about nobody's.
    pub address: Option<Deaths>,
}

/// Whether an address was called dead with no success since. In one generation it begins only by taking the address out
/// of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deaths {
    /// Never.
    None,
    /// Once at least: a success makes that be forgotten.
    Some,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// FCM took it under this name.
    Sent {
        /// FCM's name of the message.
        fcm_name: String,
    },
    /// To be tried again.
    Parked {
        /// Not before.
        until: Timestamp,
        /// What kept it from being sent.
        reason: &'static str,
    },
    /// To be tried again as if it had not been: nothing of its project can be sent.
    Held {
        /// Not before.
        until: Timestamp,
        /// What keeps the project from sending.
        reason: &'static str,
    },
    /// Given up.
    Failed {
        /// Why.
        reason: &'static str,
    },
    /// Another attempt would come too late.
    Expired {
        /// What kept it from being sent in time.
        reason: &'static str,
    },
}

impl Outcome {
    /// What this does to the delivery.
    #[must_use]
    pub fn transition(&self) -> Transition {
        match self {
            Self::Sent { .. } => Transition::Send,
            Self::Parked { .. } | Self::Held { .. } => Transition::Park,
            Self::Failed { .. } => Transition::Fail,
            Self::Expired { .. } => Transition::Expire,
        }
    }

    /// Why it was not sent.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        match self {
            Self::Sent { .. } => None,
            Self::Parked { reason, .. }
            | Self::Held { reason, .. }
            | Self::Failed { reason }
            | Self::Expired { reason } => Some(reason),
        }
    }
}

/// An outcome on its way to the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Of which attempt.
    pub lease: Lease,
    /// What becomes of the delivery.
    pub outcome: Outcome,
    /// What the answer said about the address.
    pub finding: Finding,
}

/// What became of a settlement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It was recorded, and the delivery is now in this state.
    Recorded(DeliveryState),
    /// The lease had ended and was taken back: nothing was recorded, the delivery is sent again.
    LeaseLost,
}
