//! The outbox's transactions: claim what is due, settle what was sent, show what became of it.

mod allowance;
mod cancel;
mod check;
mod claim;
mod due;
mod lease_watch;
mod message_part;
mod page;
mod settle;
mod variant;

#[cfg(test)]
mod tests;

pub(super) use cancel::{cancel_for_binding, cancel_for_user};
pub(super) use lease_watch::LeaseWatch;

pub use allowance::{Allowances, FcmProject};
pub use claim::{ClaimBatch, ClaimRequest};
pub use page::{DeliveryCursor, PageSize};
