//! Randomness as an argument.
//!
//! In: nothing. Out: ids, secrets and jitter for one event. Next: [`machine`](crate::machine), which takes them
//! inside its events and so stays a pure function.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pushbridge_wire::{InstallationId, InstallationSecret, LoginId};

use crate::machine::{Identity, Jitter};

/// The system has no randomness to give. Nothing can be made without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the system's source of randomness failed")]
pub struct EntropyError;

/// A source of random bytes, good enough for secrets.
pub trait Entropy: Send + Sync {
    /// Fills `bytes`.
    ///
    /// # Errors
    /// When the source fails; `bytes` must not be used then.
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError>;
}

/// The system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        getrandom::fill(bytes).map_err(|_| EntropyError)
    }
}

/// A repeatable source for tests. Not random: never for a secret that matters.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

impl SeededEntropy {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), EntropyError> {
        const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15; // SplitMix64: short, and every seed gives a full period
        for chunk in bytes.chunks_mut(8) {
            let mut z = self.0.fetch_add(GOLDEN, Ordering::SeqCst).wrapping_add(GOLDEN);
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

fn draw<const N: usize>(entropy: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    entropy.fill(&mut bytes)?;
    Ok(bytes)
}

/// Draws a login id: 128 bits as 22 characters of base64url.
pub(crate) fn draw_login_id(entropy: &dyn Entropy) -> Result<LoginId, EntropyError> {
    let text = URL_SAFE_NO_PAD.encode(draw::<16>(entropy)?);
    LoginId::try_from(text).map_err(|_| EntropyError)
}

/// Draws what a new installation is known by and proves itself with.
pub(crate) fn draw_identity(entropy: &dyn Entropy) -> Result<Identity, EntropyError> {
    Ok(Identity {
        installation: InstallationId::from_random(draw(entropy)?),
        secret: InstallationSecret::from_random(draw(entropy)?),
    })
}

/// Draws the share of a wait that is waited.
pub(crate) fn draw_jitter(entropy: &dyn Entropy) -> Result<Jitter, EntropyError> {
    Ok(Jitter(u32::from_le_bytes(draw(entropy)?)))
}

/// Draws the text that ties the database to the marker file beside it.
pub(crate) fn draw_marker(entropy: &dyn Entropy) -> Result<String, EntropyError> {
    Ok(URL_SAFE_NO_PAD.encode(draw::<16>(entropy)?))
}
