//! The outbox's transactions: claim what is due, settle what was sent, show what became of it.

mod check;
mod claim;
mod due;
mod page;
mod settle;

#[cfg(test)]
mod tests;

pub use claim::{ClaimBatch, ClaimRequest};
pub use page::{DeliveryCursor, PageSize};
