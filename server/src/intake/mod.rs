//! Intake: turns one request of the backend into a message and its deliveries.
//!
//! In: a [`MessageRequest`](pushbridge_wire::MessageRequest) that [`api`](crate::api) parsed. Out: one message and its
//! deliveries, committed together with the idempotency key, or an [`IntakeError`] and nothing at all. Of a large
//! audience the first chunk is committed with the message, and [`run`] makes the others. Next:
//! [`dispatcher`](crate::dispatcher), which is woken.
//!
//! | promise | held by |
//! |---|---|
//! | a repeated request makes no second message | `the_same_key_with_the_same_content_is_the_same_message` |
//! | a kill while an audience is expanded loses nobody and gives nobody two | `a_kill_at_every_commit_loses_nothing` |
//! | a template that would fail for one user is refused at once | `what_cannot_be_filled_is_refused_by_its_field` |
//! | a payload that FCM would refuse is refused at once | `a_payload_that_fcm_would_refuse_is_refused_with_its_field` |

mod accept;
mod audience;
mod canonical;
mod error;
mod expander;
mod filling;
mod payload;
mod segment;
mod times;

#[cfg(test)]
mod tests;

pub use accept::accept_message;
pub use audience::Audience;
pub use error::IntakeError;
pub use expander::{expand_chunk, run};
pub use filling::preview_template;
pub use segment::{SegmentRule, Traits};
pub use times::SendTime;
