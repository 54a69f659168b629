//! The access token for FCM, from a service account through `gcp_auth` or from the machine's metadata server.
//!
//! In: [`Credentials`]: the JSON of a service account, its file, the environment. Out: an [`AccessToken`], or
//! [`AuthUnavailable`] at once while the token endpoint is failing. Next: [`client`](crate::client).
//!
//! `gcp_auth` fetches; all else is ours, because it has no time-out, lets every caller wait at each renewal, sends
//! the failing endpoint five requests for each waiting caller, cannot forget a token that was refused, and panics
//! at a `token_uri` that is no URL. It takes its TLS provider from its own `aws-lc-rs` feature, not from the
//! process, so nothing has to be installed.
//!
//! | promise | held by |
//! |---|---|
//! | however many callers, one fetch | `many_callers_share_one_fetch` |
//! | a renewal is early and nobody waits for it | `a_renewal_is_early_and_nobody_waits_for_it` |
//! | a failing endpoint gets no storm | `a_failing_endpoint_gets_no_storm` |
//! | a hanging endpoint is given up in time, and asked once for all | `a_hanging_endpoint_is_given_up_in_time` |
//! | nor does one that lies get a storm | `a_lying_endpoint_gets_no_storm`, `a_token_that_is_born_expired_is_not_renewed_at_every_call` |
//! | a replaced key is used without a restart | `a_replaced_file_is_used_from_the_next_fetch_on`, `a_key_that_is_replaced_in_its_file_sends_without_a_restart`, `a_key_that_is_replaced_during_an_outage_ends_it` |
//!
//! The same for a thousand sends at once: `client/send/tests/storm.rs`.

mod access_token;
mod credentials;
mod fetch;
mod metadata;
mod service_account;
mod source;
mod state;

pub use access_token::AccessToken;
pub use credentials::{Credentials, CredentialsError};
pub use service_account::{ServiceAccount, ServiceAccountError};
pub use source::{TokenSettings, TokenSource};
pub use state::{AuthFailure, AuthUnavailable};
