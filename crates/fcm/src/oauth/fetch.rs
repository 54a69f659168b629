//! One fetch of an access token by `gcp_auth`.

use std::time::Duration;

use gcp_auth::TokenProvider;

use super::{AccessToken, AuthFailure, ServiceAccount, state::Fetched};
use crate::{Clock, SystemClock, clock::between, error::bounded_text};

/// All that sending needs.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// Fetches a token, giving up after `limit`: `gcp_auth` itself would wait for ever.
pub(super) async fn fetch(account: ServiceAccount, limit: Duration) -> Result<Fetched, AuthFailure> {
    match tokio::time::timeout(limit, fetch_unlimited(account)).await {
        Ok(result) => result,
        Err(_) => Err(AuthFailure::TimedOut),
    }
}

async fn fetch_unlimited(account: ServiceAccount) -> Result<Fetched, AuthFailure> {
    let failed = |text: &str| AuthFailure::Failed(bounded_text(text));
    // A new provider for each fetch, since an old one would answer from its cache. It reads the system's
    // certificates from disk, which must not hold up the runtime.
    let built = tokio::task::spawn_blocking(move || account.provider()).await;
    let provider = built.map_err(|_| failed("the provider could not be made"))?;
    let provider = provider.map_err(|error| failed(&error.to_string()))?;
    let token = provider.token(&[SCOPE]).await.map_err(|error| failed(&error.to_string()))?;
    // gcp_auth reckons the expiry by the machine's clock, so the lifetime is taken by the same, not by ours.
    let expires_at = jiff::Timestamp::from_millisecond(token.expires_at().timestamp_millis());
    let expires_at = expires_at.map_err(|_| failed("expires_in is out of range"))?;
    let lifetime = between(SystemClock.now(), expires_at);
    let token = AccessToken::new(token.as_str()).map_err(|_| failed("the token cannot be sent"))?;
    Ok(Fetched { token, lifetime })
}
