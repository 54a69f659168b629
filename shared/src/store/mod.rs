//! What survives the process: one SQLite file with a handful of rows.
//!
//! In: a [`State`](crate::machine::State) after each step. Out: the same state at the next start, or the reason
//! why it cannot be had. Next: [`driver`](crate::driver), the only user. One method is one transaction.
//! Promises held by `tests/crash.rs` and by the tests of [`open`].
//!
//! WAL with `synchronous=FULL`: NORMAL may lose the last commit when the battery falls out, and a mutator has
//! promised by then. The file belongs into a folder that no backup takes along; for those that do, a marker file
//! beside the database tells a copy from the original.

mod aside;
mod error;
mod marker;
mod open;
mod owner;
mod receipts;
mod schema;
mod state;
mod unknown;

#[cfg(test)]
mod tests;

pub(crate) use error::StoreError;
pub(crate) use open::{Opened, Store, StorePaths};
pub(crate) use receipts::StoredReceipt;
