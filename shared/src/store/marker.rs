//! The marker file: tells the original of a store from a copy.
//!
//! A backup may carry the database to another phone, and then two phones have one identity. The same random text
//! stands in the database and in this file, which lies where no backup looks; where they differ, the database is
//! a restored copy. The file is always written first: a crash in between looks like a restore, which costs one
//! fresh address, and never hides one.

use std::{
    fs::File,
    io::{ErrorKind, Read, Write},
    path::Path,
};

use super::StoreError;

const MARKER_BYTES_MAX: u64 = 128;

/// The text in the file, if there is one.
pub(super) fn read(path: &Path) -> Result<Option<String>, StoreError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let mut bytes = Vec::new();
    file.take(MARKER_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned())) // damage is a mismatch like any other
}

/// Writes the file, whole or not at all.
pub(super) fn write(path: &Path, marker: &str) -> Result<(), StoreError> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(marker.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)?;
    Ok(())
}
