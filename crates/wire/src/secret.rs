//! The installation secret: what proves that a request comes from the install that was there first.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::{Fingerprint, ids::InvalidId, limits};

/// 256 random bits as 43 characters of base64url, made by the core. Opaque to the server, which keeps a hash.
#[derive(Clone, PartialEq, Eq)]
pub struct InstallationSecret(String);

impl InstallationSecret {
    /// The secret of 32 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The secret itself: for the Authorization header and the phone's own store only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256, which the server keeps. A plain hash suffices: there is nothing to guess in 256 random bits.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl TryFrom<String> for InstallationSecret {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let base64url = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        if text.len() == limits::INSTALLATION_SECRET_CHARS && text.bytes().all(base64url) {
            Ok(Self(text))
        } else {
            Err(InvalidId("an installation secret has 43 characters of base64url".to_owned()))
        }
    }
}

impl fmt::Debug for InstallationSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstallationSecret({})", Fingerprint::of(self.0.as_bytes()))
    }
}
