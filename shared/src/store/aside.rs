//! The store of a newer core that this one cannot read: it survives as a file beside the new one.
//!
//! It holds the secret, the address and the user of an installation that has ended, so it stays no longer than it may be
//! of use: the first core that could have read it removes it, since another installation has taken its place by then.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::{
    StoreError,
    open::{SUFFIXES, remove, unless_missing, with_suffix},
    schema,
};

/// One file is kept: the newest takes the place of the one before. A kill in between leaves a store that is still
/// newer, or none.
pub(super) fn put(database: &Path, aside: &Path) -> Result<(), StoreError> {
    remove(aside)?;
    for suffix in SUFFIXES {
        unless_missing(std::fs::rename(with_suffix(database, suffix), with_suffix(aside, suffix)))?;
    }
    Ok(())
}

/// Removes what a core of before put aside, if this one knows all of its steps. A failure costs nothing but the file's
/// room: the next start tries again.
pub(super) fn forget_known(aside: &Path) {
    let is_known = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        schema::is_known(&Connection::open_with_flags(aside, flags)?)
    };
    if aside.exists()
        && let Err(error) = is_known().and_then(|known| if known { remove(aside) } else { Ok(()) })
    {
        tracing::warn!(%error, "what an older core put aside is left where it is");
    }
}
