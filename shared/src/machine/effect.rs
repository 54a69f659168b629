//! What follows from a step outside the store.

use super::progress::{LoggedOutReason, ResetId};

/// Acted on only after the state that it follows from is durable. Each may be told more than once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The wrapper deletes the platform's address, fetches a fresh one and reports it as the answer to this reset.
    ResetAddress(ResetId),
    /// The app shows that nobody is logged in.
    LoggedOut(LoggedOutReason),
}
