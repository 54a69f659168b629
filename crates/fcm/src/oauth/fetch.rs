//! One fetch of an access token: of a service account by `gcp_auth`, or of the metadata server.

use std::time::Duration;

use gcp_auth::{CustomServiceAccount, TokenProvider};

use super::{
    AccessToken, AuthFailure, Credentials, credentials::Asker, metadata::MetadataServer, state::Fetched,
};
use crate::{Clock, SystemClock, clock::between, error::bounded_text};

/// All that sending needs.
pub(super) const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

enum Provider {
    Key(Box<CustomServiceAccount>),
    Metadata(MetadataServer),
}

/// Fetches a token, giving up after `limit`: `gcp_auth` itself would wait for ever.
pub(super) async fn fetch(credentials: Credentials, limit: Duration) -> Result<Fetched, AuthFailure> {
    match tokio::time::timeout(limit, fetch_unlimited(credentials)).await {
        Ok(result) => result,
        Err(_) => Err(AuthFailure::TimedOut),
    }
}

async fn fetch_unlimited(credentials: Credentials) -> Result<Fetched, AuthFailure> {
    let failed = |text: &str| AuthFailure::Failed(bounded_text(text));
    // A new provider for each fetch, since an old one would answer from its cache. It reads the system's
    // certificates from disk, and the account may be a file: neither must hold up the runtime.
    let looked_up = tokio::task::spawn_blocking(move || match credentials.look_up() {
        Asker::Account(account) => account.provider().map(|key| Provider::Key(Box::new(key))),
        Asker::Metadata(server) => Ok(Provider::Metadata(server)),
    });
    let looked_up = looked_up.await.map_err(|_| failed("the provider could not be made"))?;
    let provider = match looked_up.map_err(|error| failed(&error.to_string()))? {
        Provider::Metadata(server) => return server.fetch().await,
        Provider::Key(provider) => provider,
    };
    let token = provider.token(&[SCOPE]).await.map_err(|error| failed(&error.to_string()))?;
    // gcp_auth reckons the expiry by the machine's clock, so the lifetime is taken by the same, not by ours.
    let expires_at = jiff::Timestamp::from_millisecond(token.expires_at().timestamp_millis());
    let expires_at = expires_at.map_err(|_| failed("expires_in is out of range"))?;
    let lifetime = between(SystemClock.now(), expires_at);
    let token = AccessToken::new(token.as_str()).map_err(|_| failed("the token cannot be sent"))?;
    Ok(Fetched { token, lifetime })
}
