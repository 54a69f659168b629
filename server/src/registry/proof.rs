//! What a PUT brought to prove its user.

use pushbridge_wire::{Timestamp, UserId};

/// The user proof of a PUT, its signature already checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserProof {
    /// None came.
    Absent,
    /// One came, and its signature, audience or time does not hold.
    Refused,
    /// A sound one.
    Valid {
        /// Whom it proves.
        user: UserId,
        /// When it was issued.
        issued_at: Timestamp,
    },
    /// The app believes its phones. For development only.
    Trusted,
}

impl UserProof {
    /// Whether this proves `user`, whose proofs from before `revoked_at` do not count.
    pub(super) fn proves(&self, user: &UserId, revoked_at: Option<Timestamp>) -> bool {
        match self {
            Self::Trusted => true,
            Self::Valid { user: proven, issued_at } => {
                proven == user && revoked_at.is_none_or(|revoked| *issued_at >= revoked)
            }
            Self::Absent | Self::Refused => false,
        }
    }
}
