//! Pushbridge's phone core: takes the platform's push callbacks and syncs them to the server, whatever happens to
//! network and process.
//!
//! In: registration tokens, logins, logouts, messages. Out: one idempotent PUT of the whole desired state, and
//! effects for the wrapper. The stages, in order:
//!
//! 1. [`api`]: [`PushCore`], the object that Kotlin and Swift see. Its mutators are durable when they return.
//! 2. [`machine`]: what happens, as a pure function of state, event and time.
//! 3. `store`: one SQLite file that remembers it.
//! 4. [`sync`]: requests out, answers in.
//! 5. `driver`: ties them together: store first, then act; one sync at a time; callbacks from one thread.
//!
//! [`clock`] and [`entropy`] are arguments, so a test lets a month pass in no time.

pub mod api;
pub mod clock;
mod driver;
pub mod entropy;
pub mod machine;
mod store;
pub mod sync;

pub use api::*;
