//! Sends one message to FCM.
//!
//! In: a [`Target`](crate::Target) and a [`Message`](crate::Message). Out: a [`SentId`](crate::SentId), or a
//! [`SendError`](crate::SendError). Next: the one who sent asks the error for its verdict. There is no retry here
//! (waiting is the outbox's work, and survives a restart), save one with a fresh access token after a 401, and the
//! transport's own for requests that the server is known not to have looked at.

mod exchange;
mod pool;
mod request;
mod send;
mod settings;
pub(crate) mod tls;
mod topics;

pub use pool::ConnectError;
pub use request::{PreparedRequest, request_body};
pub use send::FcmClient;
pub use settings::{ClientSettings, DEFAULT_ENDPOINT, ProjectId, SetupError};
pub use topics::{MAX_BATCH, TopicClient};
