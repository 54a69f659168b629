//! The one public error: local faults that an app can act on. Being offline or refused is an outcome, not an error.

use pushbridge_wire::InvalidId;

use crate::{entropy::EntropyError, store::StoreError, sync::HttpOptionsError};

/// A local fault. Texts are fixed: no path, address, secret or user stands in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// Another process or object has this store open. The first goes on.
    #[error("another process or object has this store open")]
    Busy,
    /// The store cannot be read or written now: full disk, or a device not unlocked yet. Nothing has changed; try
    /// again later.
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
    /// A fault of the core or the system.
    #[error("internal: {detail}")]
    Internal {
        /// What failed.
        detail: String,
    },
}

impl PushError {
    pub(crate) fn internal(detail: &str) -> Self {
        Self::Internal { detail: detail.to_owned() }
    }
}

impl From<StoreError> for PushError {
    fn from(error: StoreError) -> Self {
        let detail = match &error {
            StoreError::Owned => return Self::Busy,
            StoreError::Damaged => "damaged; it is made anew at the next start".to_owned(),
            StoreError::Newer => "written by a newer version".to_owned(),
            StoreError::File(cause) => format!("a file: {}", cause.kind()),
            // The code only: SQLite's text may quote a statement.
            StoreError::Database(cause) => match cause.sqlite_error_code() {
                Some(code) => format!("the database: {code:?}"),
                None => "the database".to_owned(),
            },
        };
        tracing::warn!(%detail, "the store failed");
        Self::Storage { detail }
    }
}

impl From<InvalidId> for PushError {
    fn from(error: InvalidId) -> Self {
        Self::InvalidInput { detail: error.to_string() } // says what would be right, not what was given
    }
}

impl From<EntropyError> for PushError {
    fn from(error: EntropyError) -> Self {
        Self::internal(&error.to_string())
    }
}

impl From<HttpOptionsError> for PushError {
    fn from(error: HttpOptionsError) -> Self {
        Self::Config { detail: error.to_string() }
    }
}
