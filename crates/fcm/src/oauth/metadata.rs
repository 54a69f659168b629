//! Access tokens from the metadata server of a Google machine, which knows the service account that it runs as.
//!
//! Not by `gcp_auth`: its address there is fixed, so that nothing could be tested, and neither a time-out nor the
//! variable of Google's libraries for another address is known to it.

use std::{fmt, time::Duration};

use reqwest::{Client, redirect};
use serde::Deserialize;
use url::Url;

use super::{AccessToken, AuthFailure, fetch::SCOPE, state::Fetched};
use crate::{client::tls::trusting_nobody, error::bounded_text};

const HOST: &str = "metadata.google.internal";
const PATH: &str = "/computeMetadata/v1/instance/service-accounts/default/token";
const FLAVOR: (&str, &str) = ("metadata-flavor", "Google");

/// One metadata server.
#[derive(Clone, Debug)]
pub(super) struct MetadataServer {
    host: String,
}

impl Default for MetadataServer {
    fn default() -> Self {
        Self { host: HOST.to_owned() }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    expires_in: u64,
}

impl MetadataServer {
    /// The server at `host`, a name or an address, with a port if need be.
    pub(super) fn at(host: &str) -> Option<Self> {
        let url = Url::parse(&format!("http://{host}")).ok()?;
        let only_host = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        (only_host && url.username().is_empty() && !host.ends_with('/'))
            .then(|| Self { host: host.to_owned() })
    }

    /// One try: the pauses between tries are [`state`](super::state)'s.
    pub(super) async fn fetch(&self) -> Result<Fetched, AuthFailure> {
        let failed = |text: &str| AuthFailure::Failed(bounded_text(text));
        let client = client().ok_or_else(|| failed("no HTTP client could be made"))?;
        let address = format!("http://{}{PATH}", self.host);
        let address = Url::parse_with_params(&address, [("scopes", SCOPE)]);
        let address = address.map_err(|_| failed("the metadata server has no address"))?;
        let answer = client.get(address).header(FLAVOR.0, FLAVOR.1).send().await;
        let answer = answer.map_err(|_| failed("the metadata server cannot be reached"))?;
        if !answer.status().is_success() {
            return Err(failed(&format!("the metadata server answered {}", answer.status())));
        }
        if answer.headers().get(FLAVOR.0).is_none_or(|flavor| flavor != FLAVOR.1) {
            return Err(failed("what answered is no metadata server"));
        }
        let body = answer.bytes().await.map_err(|_| failed("the metadata server broke off"))?;
        let Answer { access_token, expires_in } = serde_json::from_slice(&body)
            .map_err(|_| failed("the metadata server's answer holds no token"))?;
        let token = AccessToken::new(&access_token).map_err(|_| failed("the token cannot be sent"))?;
        Ok(Fetched { token, lifetime: Duration::from_secs(expires_in) })
    }
}

/// Neither a proxy nor a redirect: nobody else on the network is to be asked for a token. The server speaks plain HTTP.
fn client() -> Option<Client> {
    let builder = Client::builder().no_proxy().redirect(redirect::Policy::none());
    builder.tls_backend_preconfigured(trusting_nobody().ok()?).build().ok()
}

impl fmt::Display for MetadataServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the metadata server {}", self.host)
    }
}
