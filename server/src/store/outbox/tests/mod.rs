//! The outbox against a real store.

mod claim;
mod lanes;
mod page;
mod restart;
mod settle;
