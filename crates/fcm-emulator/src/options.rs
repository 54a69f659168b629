//! What an emulator is started with, and why it may not start. Next: `emulator`.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::clock::Clock;
use crate::names::{ProjectId, ProjectIdError};
use crate::quota::Quotas;
use crate::state::StateError;

/// What to start. `Options::default()` suits a test: a free port of this machine, project `demo`, no files.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to listen for TLS (HTTP/2 and HTTP/1.1 by ALPN) as well; not at all when `None`.
    pub tls_listen: Option<SocketAddr>,
    /// The Firebase projects to serve, beside those of `state`; `demo` if there are none. Each has devices, topics, quotas, faults, log and service
    /// account of its own; calls that name none are for the first.
    pub projects: Vec<String>,
    /// Where `service-account.json`, and with TLS `ca.pem`, are written; nowhere when `None`.
    pub dir: Option<PathBuf>,
    /// What outlives a restart: devices, their tokens, topics and messages, service accounts, and how far the seed's
    /// sequences are, in this file, made if it is not there. All is forgotten at the end when `None`.
    pub state: Option<PathBuf>,
    /// Makes device ids, tokens, FIDs, message ids and the dice of faults repeatable.
    pub seed: Option<u64>,
    /// How much may be sent before 429; without limit by default.
    pub quotas: Quotas,
    /// Where time is read.
    pub clock: Clock,
    /// How long access tokens live; whole seconds are announced.
    pub access_token_life: Duration,
    /// Messages kept per device; older ones are forgotten.
    pub inbox_limit: usize,
    /// Requests kept in the log; older ones are forgotten.
    pub request_log_limit: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            tls_listen: None,
            projects: Vec::new(),
            dir: None,
            state: None,
            seed: None,
            quotas: Quotas::default(),
            clock: Clock::real(),
            access_token_life: Duration::from_secs(3599),
            inbox_limit: 1_000,
            request_log_limit: 100_000,
        }
    }
}

/// Why an emulator, or a further project of it, did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The project id is malformed.
    #[error(transparent)]
    Project(#[from] ProjectIdError),
    /// The project is served already.
    #[error("the project `{0}` is there already")]
    ProjectTwice(ProjectId),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// What was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file of state cannot be used.
    #[error("the state {} cannot be used", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// Why.
        source: StateError,
    },
    /// No RSA key or randomness could be had from the crypto library.
    #[error("the crypto library could not make a key")]
    Key,
    /// The certificate of the TLS listener could not be made.
    #[error("cannot make a certificate for TLS")]
    Certificate {
        /// What the library said.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StartError {
    pub(crate) fn state(path: &Path, source: StateError) -> Self {
        Self::State { path: path.to_owned(), source }
    }

    /// What the person who started it may do next.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Project(_) => "pass another id with --project, for example --project demo",
            Self::ProjectTwice(_) => "name each project once",
            Self::Listen { .. } => {
                "choose another address with --listen or --tls-listen; port 0 takes any free one"
            }
            Self::File { .. } => "choose a folder that you may write to with --dir",
            Self::State { source, .. } => source.hint(),
            Self::Key | Self::Certificate { .. } => {
                "start it again; if it happens again, the system's random source does not work"
            }
        }
    }
}
