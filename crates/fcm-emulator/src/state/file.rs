//! The file itself. In: a path. Out: what it holds, or why it cannot be used; later, what is to be held. Next: `keeper`.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::files::replace;
use crate::state::error::{Flaw, StateError};
use crate::state::saved::{FORMAT, Saved, VERSION};

/// A file that is this emulator's alone while this lives.
pub(crate) struct StateFile {
    path: PathBuf,
    /// Beside the file and not the file itself, which is another one after each write. Let go by the system, however
    /// this process ends.
    _lock: File,
}

/// What every version of the format says of itself.
#[derive(Deserialize)]
struct Head {
    format: String,
    version: u32,
}

impl StateFile {
    /// Takes the file and reads it; `None` if there is none yet.
    pub(crate) fn open(path: &Path) -> Result<(Self, Option<Saved>), StateError> {
        if let Some(dir) = path.parent() {
            fs::create_dir_all(dir).map_err(StateError::Unwritable)?;
        }
        let lock = beside(path, ".lock");
        let lock = File::options().create(true).append(true).open(lock).map_err(StateError::Unwritable)?;
        lock.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => StateError::InUse,
            TryLockError::Error(error) => StateError::Unwritable(error),
        })?;
        let saved = match fs::read(path) {
            Ok(bytes) => Some(parse(&bytes)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(StateError::Unreadable(error)),
        };
        Ok((Self { path: path.to_owned(), _lock: lock }, saved))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whoever reads the file meets the old state or this one, also after a kill at any point.
    pub(crate) fn write(&self, saved: &Saved) -> io::Result<()> {
        let json = serde_json::to_vec(saved)?;
        // The lock makes the name ours, so that one left by a kill is written over.
        replace(&beside(&self.path, ".new"), &self.path, &json)
    }
}

fn parse(bytes: &[u8]) -> Result<Saved, StateError> {
    let broken = |error: serde_json::Error| StateError::Broken(error.into());
    let head: Head = serde_json::from_slice(bytes).map_err(broken)?;
    if head.format != FORMAT {
        return Err(StateError::Broken(Flaw::new("another program wrote it")));
    }
    if head.version > VERSION {
        return Err(StateError::Newer(head.version));
    }
    serde_json::from_slice(bytes).map_err(broken)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
