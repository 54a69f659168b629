//! The outbox against a real store.

mod claim;
mod lanes;
mod page;
mod race;
mod restart;
mod settle;
