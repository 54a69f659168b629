//! A short name for a secret, so that logs can tell two apart and reveal neither.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

/// The first eight hex digits of a value's SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The fingerprint of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let hash = digest(&SHA256, secret.as_bytes());
        let mut first = [0; 4];
        for (to, from) in first.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "fp:{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_start_of_the_sha_256() {
        assert_eq!(Fingerprint::of("abc").to_string(), "ba7816bf");
    }
}
