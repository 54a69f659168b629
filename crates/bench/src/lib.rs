//! Figures about Pushbridge, and the storm that a test and the program `pushbridge-bench` share.
//!
//! In: how much. Out: a report of what was seen, printed as text or as one JSON object. A figure is measured beside
//! another one in the same run: these machines are shared, so ratios say more than rates.

mod backend;
pub mod breaker;
pub mod broadcast;
pub mod core;
mod percentile;
pub mod registry;
pub mod retention;
pub mod send;
pub mod wall;

/// Why a bench could not run.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BenchError(String);

impl BenchError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}
