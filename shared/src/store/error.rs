//! Why the store failed.

use rusqlite::ErrorCode;

/// A failure of the store. Texts and sources hold no stored value.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// Another process, or another object of this one, has it open.
    #[error("another owner has the store open")]
    Owned,
    /// What is in the file is not what was written.
    #[error("the store is damaged")]
    Damaged,
    /// A newer version of the core wrote it, and this one cannot read it.
    #[error("the store was written by a newer version")]
    Newer,
    /// The folder or a file beside the database.
    #[error("a file of the store: {0}")]
    File(#[from] std::io::Error),
    /// The database: full disk, no access, a locked device.
    #[error("the database failed")]
    Database(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Damaged,
            // A full disk, a denied access or a busy file pass; throwing the store away for them would not.
            Some(_) => Self::Database(error),
            None => match error {
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::IntegralValueOutOfRange(..) => Self::Damaged,
                other => Self::Database(other),
            },
        }
    }
}
