//! API keys: `pbk_<id>_<secret>`. The server keeps a hash of the secret part.

use aws_lc_rs::{constant_time, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::clock::{NoRandomness, random_bytes};

/// Id of the key in `bootstrap.key`.
pub const BOOTSTRAP_KEY_ID: &str = "bootstrap";

/// A key as the caller has it. Never prints its secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    id: String,
    secret: String,
}

impl ApiKey {
    /// Makes a key with a random id.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn generate() -> Result<Self, NoRandomness> {
        let id: String = random_bytes::<6>()?.iter().map(|byte| format!("{byte:02x}")).collect();
        Self::generate_named(&id)
    }

    /// Makes a key with that id, which must have no underscore.
    ///
    /// # Errors
    /// Where the system gives no random bytes.
    pub fn generate_named(id: &str) -> Result<Self, NoRandomness> {
        Ok(Self { id: id.to_owned(), secret: URL_SAFE_NO_PAD.encode(random_bytes::<32>()?) })
    }

    /// Reads `pbk_<id>_<secret>`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix("pbk_")?.split_once('_')?;
        let plausible = !id.is_empty() && id.len() <= 32 && secret.len() >= 32 && secret.len() <= 128;
        plausible.then(|| Self { id: id.to_owned(), secret: secret.to_owned() })
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole key: shown once, when it is made.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("pbk_{}_{}", self.id, self.secret)
    }

    /// SHA-256 of the secret part. A plain hash suffices: there is nothing to guess in 256 random bits.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, self.secret.as_bytes()).as_ref());
        hash
    }

    /// Whether this is the key of that hash.
    #[must_use]
    pub fn matches(&self, hash: &[u8; 32]) -> bool {
        constant_time::verify_slices_are_equal(&self.hash(), hash).is_ok()
    }
}

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ApiKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_and_matches_only_itself() {
        let key = ApiKey::generate().unwrap();
        let read = ApiKey::parse(&key.expose()).unwrap();
        assert!(read.matches(&key.hash()));
        assert!(!ApiKey::generate().unwrap().matches(&key.hash()));
    }

    /// I11: no key in a printed value.
    #[test]
    fn a_key_does_not_print_its_secret() {
        let key = ApiKey::generate().unwrap();
        assert_eq!(format!("{key:?}"), format!("ApiKey({})", key.id()));
    }
}
