//! The access token for FCM, from a service account through `gcp_auth`.
//!
//! In: the service account's JSON, checked at load ([`ServiceAccount`]). Out: an [`AccessToken`], or
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
//! | a hanging endpoint is given up in time | `a_hanging_endpoint_is_given_up_in_time` |

mod access_token;
mod fetch;
mod service_account;
mod source;
mod state;

pub use access_token::AccessToken;
pub use service_account::{ServiceAccount, ServiceAccountError};
pub use source::{TokenSettings, TokenSource};
pub use state::{AuthFailure, AuthUnavailable};
