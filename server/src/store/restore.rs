//! Snapshots: a copy of the running store, and putting one back.
//!
//! A restored store has forgotten what happened after the snapshot. So it gets a new incarnation (every phone PUTs
//! again), every binding is unconfirmed (nothing is sent to it before its phone has PUT), every epoch lies far ahead of
//! any that was used, and every live address is sent a `sync`.

use std::path::{Path, PathBuf};

use pushbridge_wire::{Incarnation, Timestamp};
use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    StoreError,
    migrate::migrate,
    open::{configure_writer, lock_folder, restrict_to_owner},
};

/// How far epochs are moved. More binds than an app makes between a snapshot and its loss.
const EPOCHS_AHEAD: i64 = 1_000_000_000;
/// A `sync` that has not arrived by then is made up for by the phone's next start.
const SYNC_LIFE_MS: i64 = 24 * 60 * 60 * 1_000;
/// Pages copied between two looks at a writer that waits.
const PAGES_PER_STEP: i32 = 1_000;

/// What a restored store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// Bindings that wait for their phone.
    pub unconfirmed: u64,
    /// Phones that are told to PUT.
    pub told: u64,
}

/// Copies the store in `dir` to `to`, which must not exist. The server may be running.
///
/// # Errors
/// Where a file cannot be used; nothing is left behind.
pub fn snapshot(dir: &Path, to: &Path) -> Result<(), StoreError> {
    if to.exists() {
        let source = std::io::Error::other("exists already: name another file");
        return Err(StoreError::File { path: to.display().to_string(), source });
    }
    let partial = beside(to, "partial");
    copy(&dir.join("pushbridge.db"), &partial).inspect_err(|_| drop(std::fs::remove_file(&partial)))?;
    std::fs::rename(&partial, to).map_err(|source| file(to, source))
}

/// Puts `snapshot` in the place of the store in `dir`, which no server may be using. The store of before is kept beside
/// it as `pushbridge.db.before-restore`.
///
/// # Errors
/// [`StoreError::InUse`] while a server runs; otherwise where a file cannot be used or is no snapshot. Until the last
/// moment, one rename, the store of before stays what it was.
pub fn restore(
    dir: &Path,
    snapshot: &Path,
    fresh: &Incarnation,
    now: Timestamp,
) -> Result<Restored, StoreError> {
    std::fs::create_dir_all(dir).map_err(|source| file(dir, source))?;
    let _lock = lock_folder(dir)?;
    let path = dir.join("pushbridge.db");
    let coming = beside(&path, "restoring");
    let _ = std::fs::remove_file(&coming);
    let restored = copy(snapshot, &coming)
        .and_then(|()| prepare(&coming, snapshot, fresh, now))
        .inspect_err(|_| drop(std::fs::remove_file(&coming)))?;
    if path.exists() {
        // Without this the old write-ahead log would be taken for the new file's.
        Connection::open(&path)?.pragma_update(None, "journal_mode", "DELETE")?;
        let before = beside(&path, "before-restore");
        let _ = std::fs::remove_file(&before);
        std::fs::hard_link(&path, &before).map_err(|source| file(&before, source))?;
    }
    std::fs::rename(&coming, &path).map_err(|source| file(&path, source))?;
    Ok(restored)
}

fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    // SQLite says of a missing file only that it cannot be opened.
    std::fs::metadata(from).map_err(|source| file(from, source))?;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let source = Connection::open_with_flags(from, flags)?;
    let mut target = Connection::open(to)?;
    restrict_to_owner(to).map_err(|error| file(to, error))?;
    let copied =
        Backup::new(&source, &mut target)?.run_to_completion(PAGES_PER_STEP, std::time::Duration::ZERO, None);
    copied.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => {
            file(from, std::io::Error::other("the file is no store of Pushbridge"))
        }
        _ => error.into(),
    })
}

/// Checks the copy of `snapshot` and makes it a new life of the store.
fn prepare(
    path: &Path,
    snapshot: &Path,
    fresh: &Incarnation,
    now: Timestamp,
) -> Result<Restored, StoreError> {
    let mut connection = Connection::open(path)?;
    let sound: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if sound != "ok" {
        return Err(file(snapshot, std::io::Error::other("the snapshot is damaged: take an older one")));
    }
    let ours = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = 'store_meta')";
    if !connection.query_row(ours, [], |row| row.get::<_, bool>(0))? {
        return Err(file(snapshot, std::io::Error::other("the file is no snapshot of Pushbridge")));
    }
    configure_writer(&connection)?;
    migrate(&mut connection)?;
    let transaction = connection.transaction()?;
    transaction.execute(
        "INSERT OR REPLACE INTO store_meta (key, value) VALUES ('incarnation', ?1)",
        [fresh.as_str()],
    )?;
    transaction.execute("UPDATE apps SET epoch = epoch + ?1", [EPOCHS_AHEAD])?;
    let unconfirmed =
        transaction.execute("UPDATE installations SET unconfirmed = 1 WHERE user IS NOT NULL", [])?;
    let told = transaction.execute(
        "INSERT INTO deliveries (app, installation, target_kind, target_value, system_data, lane, state, due_ms,
             expires_ms, updated_ms)
         SELECT app, installation, address_kind, address_value, '{\"pb_sync\":\"1\"}', 2, 'pending', ?1, ?2, ?1
         FROM installations WHERE address_state = 'live'",
        (now.as_ms(), now.as_ms() + SYNC_LIFE_MS),
    )?;
    transaction.commit()?;
    connection.pragma_update(None, "journal_mode", "DELETE")?;
    let count = |rows: usize| u64::try_from(rows).unwrap_or(u64::MAX);
    Ok(Restored { unconfirmed: count(unconfirmed), told: count(told) })
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    PathBuf::from(name)
}

fn file(path: &Path, source: std::io::Error) -> StoreError {
    StoreError::File { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests;
