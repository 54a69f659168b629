//! `messages:send`. In: an HTTP request. Out: a message name, or FCM's refusal. Next: `devices` (inbox) or nothing.
//!
//! Stages, each in its file: [`handler`] leads; [`mod@authorize`] the bearer and the project; [`json`] and [`schema`] and
//! [`read`] turn bytes into a canonical message (parse-level errors); [`rules`], [`size`], [`condition`] judge what it
//! means (semantic errors); [`recipient`] finds the device; then a scripted fault, or [`deliver`].

mod authorize;
mod condition;
mod deliver;
mod handler;
mod json;
mod message_id;
mod read;
mod recipient;
mod request;
mod rules;
mod scalar;
mod schema;
mod size;

pub(crate) use authorize::{authorize, authorize_bearer};
pub(crate) use handler::send_message;
pub(crate) use message_id::MessageIds;
pub(crate) use recipient::find_registration;
pub(crate) use rules::is_word;
