//! OAuth as Google does it for service accounts.
//!
//! In: the signed JWT of a service account at `POST /token`. Out: an access token, which `send` asks about later.
//! Next: `send::authorize`. Held by the tests in `tests/it/oauth.rs`.

mod account;
mod assertion;
mod endpoint;
mod tokens;

pub(crate) use account::ServiceAccount;
pub(crate) use endpoint::issue_token;
pub use tokens::TokenEndpoint;
pub(crate) use tokens::{Bearer, TokenIssuer};
