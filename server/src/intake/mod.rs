//! Intake: turns one request of the backend into a message and its deliveries.
//!
//! In: a [`MessageRequest`](pushbridge_wire::MessageRequest) that [`api`](crate::api) parsed. Out: one message and its
//! deliveries, committed together with the idempotency key, or an [`IntakeError`] and nothing at all. Next:
//! [`dispatcher`](crate::dispatcher), which is woken.
//!
//! | promise | held by |
//! |---|---|
//! | a repeated request makes no second message | `the_same_key_with_the_same_content_is_the_same_message` |
//! | a payload that FCM would refuse is refused at once | `a_payload_that_fcm_would_refuse_is_refused_with_its_field` |

mod accept;
mod audience;
mod canonical;
mod error;
mod payload;
mod times;

#[cfg(test)]
mod tests;

pub use accept::accept_message;
pub use audience::Audience;
pub use error::IntakeError;
