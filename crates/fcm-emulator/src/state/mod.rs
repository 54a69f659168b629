//! What outlives a restart, if asked for. In: the emulator's projects, and word that something changed. Out: one file,
//! whole or not there, and at the next start the same devices, tokens, topics and messages. Next: nothing.
//!
//! | promise | held by |
//! |---|---|
//! | what was answered is there after a kill | `tests/it/state.rs: what_was_answered_outlives_a_kill` |
//! | a file that cannot be used is left as it is, and the start refused | `a_file_that_cannot_be_used_is_refused_and_left_alone` |
//! | one emulator a file | `a_second_emulator_is_refused_the_file` |
//! | a write that fails is told, and made up for | `a_write_that_fails_is_told_and_made_up_for` |
//! | changes of one moment share a write | `keeper::tests` |
//!
//! [`mod@file`] reads and writes, [`saved`] is its content, [`keeper`] says when.

mod error;
mod file;
mod keeper;
mod saved;

pub use error::{Flaw, StateError};
pub(crate) use file::StateFile;
pub use keeper::StateReport;
pub(crate) use keeper::{Keeper, keep, settle};
pub(crate) use saved::{Saved, SavedDevice, SavedMessage, SavedPositions, SavedProject, SavedWaiting};
