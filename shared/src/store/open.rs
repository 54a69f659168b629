//! Opening, and telling what became of the store since it was closed.
//!
//! In: two folders. Out: [`Opened`]: the store, what it remembers, and whether it had to be made anew. Losing a
//! store is cheap (a new installation id, one fresh address), a core that can never open again is not: so damage
//! makes a new one, while a full disk or a device that is still locked destroy nothing. A newer core's store is used
//! as far as this core understands it; one that it cannot read is put aside as a file.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use rusqlite::Connection;

use super::{
    StoreError, aside, marker,
    owner::OwnerLock,
    schema::{self, Writer},
};
use crate::machine::{Recovery, State};

/// Longer than any transaction of a reader that looks at the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

/// Where the files lie.
#[derive(Clone, Debug)]
pub(crate) struct StorePaths {
    /// The folder of the database.
    pub(crate) store_dir: PathBuf,
    /// The folder of the marker, which no backup takes along.
    pub(crate) marker_dir: PathBuf,
}

impl StorePaths {
    fn database(&self) -> PathBuf {
        self.store_dir.join("pushbridge-core.db")
    }
    /// Where a newer core's store goes that this one cannot read.
    fn aside(&self) -> PathBuf {
        self.store_dir.join("pushbridge-core.newer.db")
    }
    fn lock(&self) -> PathBuf {
        self.store_dir.join("pushbridge-core.lock")
    }
    fn marker(&self) -> PathBuf {
        self.marker_dir.join("pushbridge-core.marker")
    }
}

/// An open store. Dropping it closes the file and releases the lock.
pub(crate) struct Store {
    pub(super) connection: Connection,
    paths: StorePaths,
    _owner: OwnerLock,
}

/// A store with what was found in it.
pub(crate) struct Opened {
    /// The store.
    pub(crate) store: Store,
    /// What it remembers; none if it is new.
    pub(crate) state: Option<State>,
    /// Why it is not the store that was closed. The caller has to [`Store::adopt`] a new identity then.
    pub(crate) recovered: Option<Recovery>,
}

impl Store {
    /// Opens the store, or makes one.
    ///
    /// # Errors
    /// [`StoreError::Owned`] if it has an owner; `File` and `Database` if it cannot be reached now. Damage, and a
    /// newer core's store that cannot be read, are no errors but a [`Recovery`].
    pub(crate) fn open(paths: &StorePaths) -> Result<Opened, StoreError> {
        create_private_dir(&paths.store_dir)?;
        create_private_dir(&paths.marker_dir)?;
        let owner = OwnerLock::take(&paths.lock())?;
        aside::forget_known(&paths.aside());
        let (connection, state, wiped) = match connect(&paths.database()) {
            Ok((connection, state)) => (connection, state, None),
            Err(StoreError::Damaged) => {
                remove(&paths.database())?;
                connect_anew(paths, Recovery::Damaged)?
            }
            Err(StoreError::Newer) => {
                aside::put(&paths.database(), &paths.aside())?;
                connect_anew(paths, Recovery::NewerSchema)?
            }
            Err(error) => return Err(error),
        };
        let store = Self { connection, paths: paths.clone(), _owner: owner };
        let recovered = match (wiped, &state) {
            (Some(why), _) => Some(why),
            (None, _) => store.compare_marker(state.is_some())?,
        };
        Ok(Opened { store, state, recovered })
    }

    /// A marker without a database says that the database was lost; the other way round it is a copy.
    fn compare_marker(&self, has_state: bool) -> Result<Option<Recovery>, StoreError> {
        let beside = marker::read(&self.paths.marker())?;
        let inside = self.load_marker()?;
        Ok(match (has_state, beside) {
            (false, None) => None,
            (false, Some(_)) => Some(Recovery::Damaged),
            (true, beside) => (beside != inside).then_some(Recovery::Restored),
        })
    }

    /// Makes `state` the first that this store holds and ties the store to a new marker.
    pub(crate) fn adopt(&mut self, state: &State, new_marker: &str) -> Result<(), StoreError> {
        marker::write(&self.paths.marker(), new_marker)?;
        self.save_adopted(state, new_marker)
    }

    /// Moves everything into the main file before the store is closed for a suspension, so that nothing is left
    /// to do, and no lock is held, while the process sleeps.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        self.connection.close().map_err(|(_, error)| StoreError::from(error))
    }
}

fn connect(database: &Path) -> Result<(Connection, Option<State>), StoreError> {
    let mut connection = Connection::open(database)?;
    restrict_to_owner(database)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.query_row("PRAGMA journal_mode=WAL", [], |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    let writer = schema::migrate(&mut connection)?;
    let state = super::state::load(&connection).map_err(|error| match (error, writer) {
        (StoreError::Damaged, Writer::Newer) => StoreError::Newer, // whole, as far as anybody here can tell
        (error, _) => error,
    })?;
    Ok((connection, state))
}

type Connected = (Connection, Option<State>, Option<Recovery>);

fn connect_anew(paths: &StorePaths, why: Recovery) -> Result<Connected, StoreError> {
    tracing::warn!(?why, "the store is made anew");
    let (connection, state) = connect(&paths.database())?;
    Ok((connection, state, Some(why)))
}

/// The database and what SQLite keeps beside it.
pub(super) const SUFFIXES: [&str; 3] = ["", "-wal", "-shm"];

pub(super) fn with_suffix(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(super) fn remove(database: &Path) -> Result<(), StoreError> {
    for suffix in SUFFIXES {
        unless_missing(std::fs::remove_file(with_suffix(database, suffix)))?;
    }
    Ok(())
}

pub(super) fn unless_missing(done: std::io::Result<()>) -> Result<(), StoreError> {
    match done {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
        _ => Ok(()),
    }
}

#[cfg(unix)]
fn create_private_dir(dir: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::DirBuilderExt;
    Ok(std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?)
}

#[cfg(not(unix))]
fn create_private_dir(dir: &Path) -> Result<(), StoreError> {
    Ok(std::fs::create_dir_all(dir)?)
}

/// The file holds the installation secret. SQLite gives its journal the same mode.
#[cfg(unix)]
fn restrict_to_owner(database: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    Ok(std::fs::set_permissions(database, std::fs::Permissions::from_mode(0o600))?)
}

#[cfg(not(unix))]
fn restrict_to_owner(_database: &Path) -> Result<(), StoreError> {
    Ok(())
}
