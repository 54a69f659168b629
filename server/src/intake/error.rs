//! Why a message is not accepted.

use pushbridge_fcm::PayloadError;

use crate::{clock::NoRandomness, store::StoreError};

/// Why a message is not accepted. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A field of the request is wrong.
    #[error("{field}: {detail}")]
    Field {
        /// Its path, such as `to.topic`.
        field: String,
        /// What is wrong and how to mend it.
        detail: String,
    },
    /// FCM would refuse the message.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// The idempotency key was used with other content.
    #[error("the idempotency key was used with other content")]
    KeyReused,
    /// The message cannot be given an id.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// The store did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    pub(super) fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::Field { field: field.into(), detail: detail.into() }
    }
}
