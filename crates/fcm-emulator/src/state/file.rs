//! The file itself. In: a path. Out: what it holds, or why it cannot be used; later, what is to be held. Next: `keeper`.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::Error as _;
use thiserror::Error;

use crate::files::replace;
use crate::state::saved::{FORMAT, Saved, VERSION};

/// Why a file of state cannot be used. It is left as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// It cannot be read.
    #[error("cannot read the state")]
    Unreadable(#[source] io::Error),
    /// It holds something else, or half of something.
    #[error("it holds no whole state of this emulator")]
    Broken(#[source] serde_json::Error),
    /// A newer emulator wrote it.
    #[error("a newer emulator wrote it (version {0} of the format)")]
    Newer(u32),
    /// It was made with another seed.
    #[error("it was made with another seed")]
    OtherSeed,
    /// Another emulator has it.
    #[error("another emulator uses it")]
    InUse,
}

impl StateError {
    pub(crate) fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "let it be read by this user, or name another file with --state",
            Self::Broken(_) => {
                "move it away to begin with nothing, or name another file with --state; a file that is not there is made"
            }
            Self::Newer(_) => "start the emulator that wrote it, or name another file with --state",
            Self::OtherSeed => "leave out --seed, which is in the file, or name another file with --state",
            Self::InUse => "stop the other emulator, or name another file with --state",
        }
    }
}

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
            fs::create_dir_all(dir).map_err(StateError::Unreadable)?;
        }
        let lock = beside(path, ".lock");
        let lock = File::options().create(true).append(true).open(lock).map_err(StateError::Unreadable)?;
        lock.try_lock().map_err(|refused| match refused {
            TryLockError::WouldBlock => StateError::InUse,
            TryLockError::Error(error) => StateError::Unreadable(error),
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
    let head: Head = serde_json::from_slice(bytes).map_err(StateError::Broken)?;
    if head.format != FORMAT {
        return Err(StateError::Broken(serde_json::Error::custom("another program wrote it")));
    }
    if head.version > VERSION {
        return Err(StateError::Newer(head.version));
    }
    serde_json::from_slice(bytes).map_err(StateError::Broken)
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(ending);
    path.with_file_name(name)
}
