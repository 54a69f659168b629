//! Time and randomness, as arguments. The only place that reads the machine's clock.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use aws_lc_rs::rand;
use pushbridge_wire::Timestamp;

/// The wall clock.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's.
    System,
    /// A test's: milliseconds since 1970, moved by hand.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `ms` until it is moved.
    #[must_use]
    pub fn manual(ms: i64) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(ms)))
    }

    /// The time.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that everybody else takes as an argument"
    )]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
            }
            Self::Manual(ms) => Timestamp::from_ms(ms.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on. The machine's clock does not move for us.
    pub fn advance(&self, by: std::time::Duration) {
        if let Self::Manual(ms) = self {
            ms.fetch_add(i64::try_from(by.as_millis()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

/// The system's random source failed. Nothing that needs a secret can go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no random bytes")]
pub struct NoRandomness;

/// `N` random bytes for ids and secrets.
///
/// # Errors
/// [`NoRandomness`], where the system gives none.
pub(crate) fn random_bytes<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A number in 0..1 for jitter.
#[must_use]
pub(crate) fn jitter() -> f64 {
    // Without randomness everybody waits the longest: safe, only not spread.
    let bytes = random_bytes::<4>().unwrap_or([0xff; 4]);
    f64::from(u32::from_le_bytes(bytes)) / (f64::from(u32::MAX) + 1.0)
}
