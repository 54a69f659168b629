//! Registry: what one installation is, and what a report of its phone makes of it.
//!
//! In: a PUT that [`api`](crate::api) parsed, and the facts that [`store`](crate::store) read. Out: the new state and
//! the changes beside it, which the store writes in the same transaction. Next: the answer to the phone, and
//! [`intake`](crate::intake), which asks the registry who is reachable. Pure: no clock, no I/O, no
//! randomness; only [`wait_for_wire`] and [`wait_for_user`] wait.

mod address;
mod installation;
mod nonce;
mod proof;
mod put;
mod user;
mod wall;

#[cfg(test)]
mod tests;

pub use installation::{Attributes, Binding, Installation, Reported, Slot};
pub use nonce::Nonce;
pub use proof::UserProof;
pub use put::{Change, Cloned, Owner, PutDecision, PutFacts, prove_possession, put_installation};
pub use wall::{wait_for_user, wait_for_wire};
