//! Topics: their names, conditions over them, and who is subscribed.
//!
//! In: a [`Registration`] and a [`TopicName`]. Out: what FCM's `topicSubscriptions` say of them, or a [`TopicError`].
//! Next: whoever asked; nothing is remembered here. The calls are [`TopicClient`](crate::TopicClient)'s.
//!
//! | promise | held by |
//! |---|---|
//! | subscribing twice, and unsubscribing what is not there, is no error | `subscribing_and_unsubscribing_may_be_repeated` |
//! | a batch answers in order, one result for each, and has a bounded number of calls under way | `a_batch_answers_in_order_and_is_bounded`, `batches_at_the_same_time_share_the_places` |
//! | a registration is called dead only where FCM says so of it | `a_registration_is_dead_only_when_fcm_says_so` |

mod condition;
mod error;
mod name;
mod registration;
mod subscription;

pub use condition::{ConditionError, MAX_TOPICS_IN_CONDITION, check_condition};
pub use error::{BatchTooLarge, TopicError};
pub use name::{MAX_TOPIC_CHARS, TopicName, TopicNameError};
pub use registration::Registration;
pub(crate) use subscription::Page;
pub use subscription::{Subscribed, TopicSubscription};
