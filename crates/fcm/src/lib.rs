//! FCM HTTP v1 for Pushbridge: what a message is, how it is sent, and what FCM's answer means.
//!
//! In: a payload and a [`Target`]. Out: a [`SentId`], or a [`SendError`] whose [`Verdict`] says what to do.
//! Next: the server's feedback, which applies the verdict to its registry. This crate knows neither registry
//! nor database, and never retries on its own, save once with a fresh access token after a 401.
//!
//! | stage | module |
//! |---|---|
//! | a payload is checked as FCM would check it, once, at intake | [`mod@validate`] |
//! | the checked payload | [`message`] |
//! | the access token for the call | [`oauth`] |
//! | the call itself | [`client`] |
//! | FCM's answer, told apart | [`error`] |
//! | what the answer asks of the caller | [`verdict`] |
//! | when to try again | [`retry`] |
//! | names of topics, conditions, and who is subscribed | [`topics`] |
//!
//! Nothing here prints a registration token, a Firebase installation ID, an access token or a key: `Debug`
//! shows a [`Fingerprint`] where identity matters.

pub mod client;
mod clock;
pub mod error;
mod fingerprint;
pub mod message;
pub mod oauth;
pub mod retry;
mod sent_id;
mod target;
#[cfg(test)]
mod testing;
pub mod topics;
pub mod validate;
pub mod verdict;

pub use client::{
    ClientSettings, ConnectError, DEFAULT_ENDPOINT, FcmClient, PreparedRequest, ProjectId, SetupError,
    TopicClient, request_body,
};
pub use clock::{Clock, ManualClock, SystemClock};
pub use error::{SendError, ThrottleScope};
pub use fingerprint::Fingerprint;
pub use message::Message;
pub use oauth::{
    AccessToken, AuthUnavailable, Credentials, CredentialsError, ServiceAccount, ServiceAccountError,
    TokenSettings, TokenSource,
};
pub use retry::RetrySchedule;
pub use sent_id::SentId;
pub use target::Target;
pub use topics::{Registration, Subscribed, TopicError, TopicName, TopicSubscription, check_condition};
pub use validate::{PayloadError, Violation, stamp, validate};
pub use verdict::Verdict;
