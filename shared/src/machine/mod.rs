//! What the core does, as a pure function: no clock, no randomness, no I/O.
//!
//! In: the [`State`], one [`Event`] and the time. Out: the next state and the [`Effect`]s that follow from it.
//! Next: `driver` writes the state to `store` and only then acts on the effects;
//! [`plan()`] says what [`sync`](crate::sync) has to ask the server for.
//!
//! The core queues no calls. It keeps one *desired* row, whose revision grows with every change, and one *acked*
//! row. Any order of rotations, logouts and logins while offline is thus one request with the final truth, and a
//! crash at any line loses nothing. Rules are named F… as in the protocol's model. Promise held by
//! `any_interleaving_ends_with_server_equal_to_desired` in `tests/it/convergence.rs`.

mod answer;
mod backoff;
mod effect;
mod event;
mod identity;
mod login;
mod plan;
mod progress;
mod state;
mod step;
mod tolerant;

#[cfg(test)]
mod tests;

pub use backoff::{Backoff, DeferCause, Jitter};
pub use effect::Effect;
pub use event::{Answer, Event, ReportNumber, Request, Sent, UserProofSent};
pub use plan::{AskProof, Plan, plan};
pub use progress::{
    Challenge, Credentials, LoggedOutReason, Progress, Recovery, Rejected, Reset, ResetId, Session,
};
pub use state::{Acked, Attributes, Desired, Identity, Login, State};
pub use step::step;
pub(crate) use tolerant::Tolerant;
