//! What may be said of a secret: the first 8 hex digits of its SHA-256.

use std::fmt;

use sha2::{Digest, Sha256};

/// Identifies a secret in logs and answers without giving it away.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// Fingerprint of `secret`.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        let hash: [u8; 32] = Sha256::digest(secret).into();
        Self([hash[0], hash[1], hash[2], hash[3]])
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
