//! What can go wrong in the store.

/// A failure of the store. Nothing of the refused work was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More work is queued than the writer can take.
    #[error("the store's queue is full")]
    Overloaded,
    /// The disk is full or fails: nothing can be written now.
    #[error("the store cannot write: {0}")]
    Unavailable(#[source] rusqlite::Error),
    /// SQLite refused for another reason: a defect of ours or a damaged file.
    #[error("the store failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
    /// A stored value does not fit its type.
    #[error("the store holds a bad value in {0}")]
    BadRow(&'static str),
    /// The file was written by a newer version.
    #[error("the store has schema {found}, this version knows up to {known}: start the newer version")]
    NewerSchema {
        /// Schema of the file.
        found: i64,
        /// Newest schema of this program.
        known: i64,
    },
    /// The file or its folder cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// Another process has the store.
    #[error("{0} is in use by another pushbridge process: stop it, or choose another --data folder")]
    InUse(String),
    /// The store was closed.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode::{CannotOpen, DiskFull, OutOfMemory, ReadOnly, SystemIoFailure};
        match error.sqlite_error_code() {
            Some(DiskFull | SystemIoFailure | ReadOnly | CannotOpen | OutOfMemory) => {
                Self::Unavailable(error)
            }
            _ => Self::Sqlite(error),
        }
    }
}
