//! The nonce of a challenge: sent to the contested value, echoed by whoever receives pushes there.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// 192 random bits. Never prints itself: whoever knows it proves possession.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(String);

impl Nonce {
    /// The nonce of 24 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 24]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The nonce itself, for the challenge message only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of a nonce, which is all that the registry keeps.
    #[must_use]
    pub fn hash(text: &str) -> [u8; 32] {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_ref());
        hash
    }
}

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce(..)")
    }
}
