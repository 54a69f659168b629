//! Pushbridge's server, as a library: the program `pushbridge` and the tests start the same [`Server`].
//!
//! The flow, stage by stage; each module's head says what comes in, what goes out and which stage is next.
//!
//! | # | stage | where | what it does |
//! |---|---|---|---|
//! | 4 | API | [`api`] | bytes to wire types to domain types |
//! | 4a | identity | [`identity`] | a JWT to "this is user 42" |
//! | 5 | policy | [`policy`] | who must go when a user is bound |
//! | 6 | registry | [`registry`], [`store`] | one PUT: revision, address, user and policy in one transaction |
//! | 7 | intake | [`intake`] | a message and its deliveries, committed together |
//! | 7a | template | [`template`] | variants and parameters to a message, at intake and at dispatch |
//! | 8 | outbox | [`outbox`] | states of a delivery |
//! | 9 | dispatcher | [`dispatcher`] | claim with a lease, send, settle |
//! | 11 | feedback | [`feedback`] | a verdict to delivery state and address state |
//!
//! Beside the flow, [`janitor`] looks after what nobody reports any more.
//!
//! Stages 1 to 3 are the phone's (`pushbridge_core`), stage 10 is `pushbridge_fcm`.

pub mod api;
mod app;
mod clock;
pub mod config;
pub mod dispatcher;
pub mod feedback;
pub mod identity;
pub mod intake;
pub mod janitor;
mod keys;
pub mod outbox;
pub mod policy;
mod probe;
pub mod registry;
mod router;
mod run;
pub mod store;
pub mod template;
#[cfg(test)]
mod testing;

pub use app::{App, Wake};
pub use clock::{Clock, NoRandomness};
pub use keys::{ApiKey, BOOTSTRAP_KEY_ID};
pub use probe::probe;
pub use run::{Server, StartError, bootstrap_key_file, configured_app, restore_snapshot, take_snapshot};
