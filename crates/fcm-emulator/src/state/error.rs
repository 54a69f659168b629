//! Why a file of state cannot be used. Says where in the file it is broken and never what stands there: it holds tokens
//! and keys.

use std::fmt;
use std::io;

use serde_json::error::Category;
use thiserror::Error;

/// Why a file of state cannot be used. It is left as it is.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StateError {
    /// It cannot be read.
    #[error("cannot read the state")]
    Unreadable(#[source] io::Error),
    /// It cannot be written.
    #[error("cannot write the state")]
    Unwritable(#[source] io::Error),
    /// It holds something else, or half of something.
    #[error("it holds no whole state of this emulator")]
    Broken(#[source] Flaw),
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
            Self::Unwritable(_) => {
                "let this user write to its folder, where it is replaced as a whole and locked, or name a file elsewhere with --state"
            }
            Self::Broken(_) => {
                "move it away to begin with nothing, or name another file with --state; a file that is not there is made"
            }
            Self::Newer(_) => "start the emulator that wrote it, or name another file with --state",
            Self::OtherSeed => "leave out --seed, which is in the file, or name another file with --state",
            Self::InUse => "stop the other emulator, or name another file with --state",
        }
    }
}

/// What is wrong with the content of a file. Made of our own words and figures alone: serde's messages quote the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Flaw {
    what: &'static str,
    /// Line and column, both from 1.
    place: Option<(usize, usize)>,
}

impl Flaw {
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, place: None }
    }
}

impl From<serde_json::Error> for Flaw {
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            Category::Eof => "it ends too early",
            Category::Data => "it is JSON of another shape",
            Category::Syntax | Category::Io => "it is no JSON",
        };
        Self { what, place: Some((error.line(), error.column())) }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        match self.place {
            Some((line, column)) => write!(f, ", seen at line {line}, column {column}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Flaw {}
