//! A delivery as the dispatcher gets it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use pushbridge_fcm::{PreparedRequest, Target};
use pushbridge_wire::{LoginId, MessageId, Timestamp};

use super::Lease;
use crate::{store::AppNo, template::FilledVariant};

/// Number of a delivery in the store. Grows, and is given anew only after retention has removed all above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryNo(pub i64);

/// The message that a delivery brings, shared by all deliveries of one batch.
pub struct OutgoingMessage {
    /// Its id.
    pub id: MessageId,
    /// What it says.
    pub payload: Payload,
    /// FCM checks and delivers nothing.
    pub validate_only: bool,
    /// Its request, once written: without a login, and with a blank for one.
    pub prepared: [OnceLock<PreparedRequest>; 2],
}

/// The checked FCM message, without target and reserved keys.
pub enum Payload {
    /// As JSON.
    Message(String),
    /// A template's variant, to be filled.
    Template(FilledVariant),
}

/// What a delivery brings.
#[derive(Clone)]
pub enum Content {
    /// A message of the backend.
    Message {
        /// Which.
        message: Arc<OutgoingMessage>,
        /// The login that it is for, where it is for a user.
        login: Option<LoginId>,
    },
    /// One of the server's own data messages, as a JSON object. May hold a nonce.
    System {
        /// The data.
        data: String,
    },
}

/// A delivery that may be sent now, with everything that sending needs. Prints neither address nor content.
#[derive(Clone)]
pub struct Claim {
    /// The right to this attempt.
    pub lease: Lease,
    /// The app.
    pub app: AppNo,
    /// Where to.
    pub target: Target,
    /// What.
    pub content: Content,
    /// The address's generation, where it belongs to an installation.
    pub generation: Option<u64>,
    /// When the first attempt was made; this moment, where this is the first.
    pub first_attempt: Timestamp,
    /// No attempt after.
    pub expires: Timestamp,
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claim")
            .field("lease", &self.lease)
            .field("app", &self.app)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}
