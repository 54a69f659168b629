//! Dispatcher: sends what is due.
//!
//! In: due deliveries of the [`outbox`](crate::outbox), and a wake-up whenever there may be one. Out: calls to FCM, and
//! outcomes in the store. Next: `pushbridge_fcm` makes the call, [`feedback`](crate::feedback) says what its answer
//! means, the store settles it.
//!
//! | promise | held by |
//! |---|---|
//! | no transaction is open while FCM is called | an attempt has no connection |
//! | an attempt ends before its lease does | `an_attempt_is_cut_off_when_its_lease_ends` |
//! | no project gets more than its quota | `the_rate_grows_from_cold_and_stays_under_the_quota`, `a_project_gets_no_more_than_its_quota` |
//! | a project that is throttled is left alone | `a_throttled_project_is_left_alone_until_its_time` |
//! | a refused key costs no delivery, and one delivery at a time finds out that it is mended | `a_refused_key_keeps_everything_waiting_until_it_is_mended` |
//! | what was sent is settled before the process ends | `what_is_in_flight_at_shutdown_is_settled`, `what_was_answered_when_the_drain_ends_is_settled` |
//! | a slow store holds up no attempt | `attempts_go_on_while_the_store_is_busy` |
//! | nothing is sent behind the back of the next server | `a_sender_that_is_dropped_lets_go_of_the_app` |

mod attempt;
mod blocks;
mod compose;
mod governor;
mod in_flight;
mod run;
mod senders;
mod thread;

#[cfg(test)]
mod tests;

pub use blocks::Blocks;
pub use senders::{FcmSender, SendFuture, Sender, SenderError, Senders};
pub use thread::start;
