//! Who asks for the access token: a service account in memory, one in a file that may be replaced, or the machine.
//!
//! In: JSON, a path, or the environment. Out: [`Credentials`], whose account is looked up anew at each fetch. Next:
//! [`fetch`](super::fetch).

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tracing::warn;

use super::{ServiceAccount, ServiceAccountError, metadata::MetadataServer};

/// The variable that names the file of Google's application default credentials.
const FILE_VARIABLE: &str = "GOOGLE_APPLICATION_CREDENTIALS";
/// The variable by which Google's libraries find another metadata server.
const METADATA_VARIABLE: &str = "GCE_METADATA_HOST";

/// Why there are no credentials.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// The file cannot be read.
    #[error("cannot read the service account {}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file holds no usable service account.
    #[error("the service account {} is not usable", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: ServiceAccountError,
    },
    /// `GCE_METADATA_HOST` is no host.
    #[error("{METADATA_VARIABLE} is no host: expected a name or an address, with a port if need be")]
    BadMetadataHost,
}

/// Who asks for access tokens. `Debug` shows no key.
#[derive(Clone, Debug)]
pub struct Credentials(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Fixed(ServiceAccount),
    File(Arc<AccountFile>),
    Metadata(MetadataServer),
}

impl From<ServiceAccount> for Credentials {
    fn from(account: ServiceAccount) -> Self {
        Self(Kind::Fixed(account))
    }
}

impl Credentials {
    /// A service account's file, read again at each fetch: a key that is replaced in it is used from the next one on,
    /// at the latest when the present token is renewed, at once after FCM has refused it.
    ///
    /// # Errors
    /// If the file is not usable now. Later, the account that was read last stays in use.
    pub fn from_file(path: impl Into<PathBuf>) -> Result<Self, CredentialsError> {
        let path = path.into();
        let account = read(&path)?;
        Ok(Self(Kind::File(Arc::new(AccountFile { path, last: Mutex::new(account) }))))
    }

    /// What Google calls application default credentials, as far as servers need them: the service account's file
    /// that `GOOGLE_APPLICATION_CREDENTIALS` names, else the metadata server of the machine. `variable` reads one
    /// variable; `std::env::var_os` outside tests.
    ///
    /// # Errors
    /// If the file is not usable: no other credentials are taken in its place. Whether there is a metadata server is
    /// found out at the first fetch.
    pub fn from_environment(
        variable: impl Fn(&'static str) -> Option<OsString>,
    ) -> Result<Self, CredentialsError> {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        if let Some(path) = set(FILE_VARIABLE) {
            return Self::from_file(path);
        }
        let server = match set(METADATA_VARIABLE) {
            None => MetadataServer::default(),
            Some(host) => {
                host.to_str().and_then(MetadataServer::at).ok_or(CredentialsError::BadMetadataHost)?
            }
        };
        Ok(Self(Kind::Metadata(server)))
    }

    /// The service account to ask with now, or the server to ask. Reads a file: not for the runtime's threads.
    pub(super) fn look_up(&self) -> Asker {
        match &self.0 {
            Kind::Fixed(account) => Asker::Account(account.clone()),
            Kind::File(file) => Asker::Account(file.account()),
            Kind::Metadata(server) => Asker::Metadata(server.clone()),
        }
    }
}

/// Who asks at one fetch.
pub(super) enum Asker {
    Account(ServiceAccount),
    Metadata(MetadataServer),
}

impl fmt::Display for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Fixed(account) => f.write_str(account.client_email()),
            Kind::File(file) => file.path.display().fmt(f),
            Kind::Metadata(server) => server.fmt(f),
        }
    }
}

#[derive(Debug)]
struct AccountFile {
    path: PathBuf,
    /// Serves while the file is being replaced, or was replaced by something unusable.
    last: Mutex<ServiceAccount>,
}

impl AccountFile {
    fn account(&self) -> ServiceAccount {
        let read = read(&self.path);
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(account) => *last = account,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                warn!(%error, cause, "the service account that was read before stays in use");
            }
        }
        last.clone()
    }
}

fn read(path: &Path) -> Result<ServiceAccount, CredentialsError> {
    let text = std::fs::read_to_string(path)
        .map_err(|source| CredentialsError::Unreadable { path: path.to_owned(), source })?;
    ServiceAccount::from_json(&text)
        .map_err(|source| CredentialsError::Unusable { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
