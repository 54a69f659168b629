//! One owner per store: a lock file that the system releases when its owner dies.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use super::StoreError;

/// Held as long as the store is open. Two cores on one store would each think that its revision is the newest.
#[derive(Debug)]
pub(super) struct OwnerLock(#[allow(dead_code, reason = "held, not read")] File);

impl OwnerLock {
    /// Takes the lock at `path`, at once or not at all.
    pub(super) fn take(path: &Path) -> Result<Self, StoreError> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Self(file)),
            Err(TryLockError::WouldBlock) => Err(StoreError::Owned),
            Err(TryLockError::Error(error)) => Err(StoreError::File(error)),
        }
    }
}
