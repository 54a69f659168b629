//! Feedback: what FCM's answer means for the delivery and for the address.
//!
//! In: the result of an attempt. Out: an [`Outcome`](crate::outbox::Outcome) for the delivery ([`Judgement`]), and an
//! [`AddressChange`] for the registry ([`apply`]). Next: [`store`](crate::store) writes both in the transaction that
//! settles the delivery. Pure.

mod address;
mod breaker;
mod verdict;

pub use address::{AddressChange, Attempted, Finding, HeldAddress, HeldState, apply};
pub use breaker::{BREAKER_RULE, BreakerRule};
pub use verdict::{Attempt, Judgement, judge_failure};
