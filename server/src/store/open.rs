//! Opening the store, and the two ways into it: `write` and `read`.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
};

use rusqlite::{Connection, config::DbConfig};

use super::{StoreError, migrate::migrate, outbox::LeaseWatch, readers::Readers, writer::Writer};

/// How to open a store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Folder of `pushbridge.db`; made where absent.
    pub dir: PathBuf,
    /// Read-only connections.
    pub readers: usize,
}

/// The open store. Cloning gives another handle of the same.
#[derive(Clone)]
pub struct Store {
    // Dropped in this order: the readers, then the writer, then the lock on the file.
    readers: Readers,
    writer: Writer,
    thread: Arc<Mutex<Option<JoinHandle<()>>>>,
    pub(super) lease_watch: Arc<LeaseWatch>,
    lock: Arc<File>,
}

impl Store {
    /// Opens or creates the store, brings it to the newest schema, and keeps every other process out.
    ///
    /// # Errors
    /// [`StoreError::InUse`] when another process has it, [`StoreError::NewerSchema`] after a downgrade.
    pub fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let file = |path: &Path, source| StoreError::File { path: path.display().to_string(), source };
        std::fs::create_dir_all(&options.dir).map_err(|source| file(&options.dir, source))?;
        let lock = lock_folder(&options.dir)?;
        let path = options.dir.join("pushbridge.db");
        let mut connection = Connection::open(&path)?;
        restrict_to_owner(&path).map_err(|source| file(&path, source))?;
        configure_writer(&connection)?;
        migrate(&mut connection)?;
        let readers = Readers::open(&path, options.readers)?;
        let (writer, thread) = Writer::start(connection).map_err(|source| file(&path, source))?;
        Ok(Self {
            readers,
            writer,
            thread: Arc::new(Mutex::new(Some(thread))),
            lease_watch: Arc::new(LeaseWatch::unknown()),
            lock: Arc::new(lock),
        })
    }

    /// Runs `work` in a transaction of the writer. On `Ok` it is on disk, on `Err` nothing of it is.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(work).await
    }

    /// Runs `query` on one snapshot that holds everything committed before the call.
    pub(crate) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(query).await
    }

    /// Closes this handle; the last one waits until the queue is written and the file is released.
    pub fn close(self) {
        let Self { readers, writer, thread, lock, lease_watch: _ } = self;
        drop(readers);
        drop(writer);
        if let Some(thread) = Arc::into_inner(thread).and_then(take_thread) {
            // A panic of the writer was logged where it happened.
            let _ = thread.join();
        }
        drop(lock);
    }
}

fn take_thread(thread: Mutex<Option<JoinHandle<()>>>) -> Option<JoinHandle<()>> {
    thread.into_inner().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn lock_folder(dir: &Path) -> Result<File, StoreError> {
    let path = dir.join("pushbridge.lock");
    let io = |source| StoreError::File { path: path.display().to_string(), source };
    let lock = OpenOptions::new().create(true).append(true).open(&path).map_err(io)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(dir.display().to_string())),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

pub(super) fn configure_writer(connection: &Connection) -> Result<(), StoreError> {
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: NORMAL may lose the last commits at a power cut, and a 202 is a promise.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    // What a savepoint may have to undo is otherwise written to a file, page by page, and thrown away.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Plans must not depend on the bound values: else a `LIMIT ?` makes SQLite prepare the statement anew at each use.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(())
}

/// The file holds addresses and the service accounts' keys.
pub(super) fn restrict_to_owner(path: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}
