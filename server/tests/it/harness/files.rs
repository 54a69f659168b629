//! Copies of a phone's store folder: what a kill leaves, what a backup takes.

use std::path::Path;

/// The files that hold the state. Not the lock, which belongs to a process, nor SQLite's shared memory, which it makes
/// again.
const FILES: [&str; 2] = ["pushbridge-core.db", "pushbridge-core.db-wal"];
const MARKER: &str = "pushbridge-core.marker";

/// Makes `to` a copy of the store in `from`. Nobody may be writing.
pub(crate) fn copy_store(from: &Path, to: &Path) {
    erase(to);
    std::fs::create_dir_all(to).unwrap();
    for name in FILES {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

/// Makes the marker in `to` that of `from`.
pub(crate) fn copy_marker(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    if from.join(MARKER).exists() {
        std::fs::copy(from.join(MARKER), to.join(MARKER)).unwrap();
    }
}

pub(crate) fn erase(dir: &Path) {
    if dir.exists() {
        std::fs::remove_dir_all(dir).unwrap();
    }
}
