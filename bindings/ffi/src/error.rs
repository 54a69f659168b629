//! The one error that crosses the border. Being offline or refused is an outcome, not an error.

/// A local fault. Texts are fixed: no path, address, secret or user stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
#[uniffi::export(Display)]
pub enum PushError {
    /// Another process or object has this store open.
    #[error("another process or object has this store open")]
    Busy,
    /// The store cannot be used now: full disk, or a device not unlocked yet. Nothing has changed; try again later.
    #[error("the store cannot be used now: {detail}")]
    Storage {
        /// What kind of failure.
        detail: String,
    },
    /// The configuration is wrong. Nothing but another one helps.
    #[error("configuration: {detail}")]
    Config {
        /// Which option, and what it should be.
        detail: String,
    },
    /// An argument is not what it should be.
    #[error("{detail}")]
    InvalidInput {
        /// What it should be.
        detail: String,
    },
    /// The core was shut down.
    #[error("the core was shut down")]
    Closed,
    /// A fault of the core, of the system, or of a callback.
    #[error("internal: {detail}")]
    Internal {
        /// What failed.
        detail: String,
    },
}

impl From<pushbridge_core::PushError> for PushError {
    fn from(error: pushbridge_core::PushError) -> Self {
        use pushbridge_core::PushError as Core;
        match error {
            Core::Busy => Self::Busy,
            Core::Storage { detail } => Self::Storage { detail },
            Core::Config { detail } => Self::Config { detail },
            Core::InvalidInput { detail } => Self::InvalidInput { detail },
            Core::Closed => Self::Closed,
            Core::Internal { detail } => Self::Internal { detail },
        }
    }
}

impl From<uniffi::UnexpectedUniFFICallbackError> for PushError {
    /// The reason is dropped: from Kotlin it is the whole stack trace, and the app's exception may quote a secret.
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Internal { detail: "a callback threw".to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I11, row 12 of the failure modes: a thrown exception's text does not come back.
    #[test]
    fn what_an_exception_says_is_not_kept() {
        let thrown = uniffi::UnexpectedUniFFICallbackError { reason: "token=abc".to_owned() };
        assert!(!format!("{:?}", PushError::from(thrown)).contains("abc"));
    }
}
