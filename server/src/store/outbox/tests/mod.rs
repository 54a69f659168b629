//! The outbox against a real store.

mod claim;
mod cost;
mod lanes;
mod page;
mod race;
mod restart;
mod settle;
