//! HTTP to the server, wherever it listens at the moment.

use std::{
    net::SocketAddr,
    sync::{Mutex, PoisonError},
};

use pushbridge_core::sync::{ApiAnswer, ApiMethod, ApiRequest, TransportError};
use serde_json::Value;

/// A client of the server, which may come back on another port.
pub(crate) struct Wire {
    client: reqwest::Client,
    address: Mutex<SocketAddr>,
}

impl Wire {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { client: reqwest::Client::new(), address: Mutex::new(address) }
    }

    pub(crate) fn move_to(&self, address: SocketAddr) {
        *self.address.lock().unwrap_or_else(PoisonError::into_inner) = address;
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let address = *self.address.lock().unwrap_or_else(PoisonError::into_inner);
        self.client.request(method.parse().unwrap(), format!("http://{address}{path}"))
    }

    /// Status and body.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> (u16, Value) {
        let mut request = self.request(method, path);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.expect("the server answers");
        let status = response.status().as_u16();
        let text = response.text().await.expect("the whole body");
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    /// Carries a core's request to the server as [`pushbridge_core`] itself would.
    pub(crate) async fn carry(&self, request: &ApiRequest) -> Result<ApiAnswer, TransportError> {
        let method = match request.method {
            ApiMethod::Put => "PUT",
            ApiMethod::Post => "POST",
        };
        let mut builder = self
            .request(method, &request.path)
            .bearer_auth(request.secret.expose())
            .header("content-type", "application/json")
            .body(request.body.clone());
        if let Some(proof) = &request.user_proof {
            builder = builder.header("pushbridge-user", format!("Bearer {proof}"));
        }
        let response = builder.send().await.map_err(|_| TransportError::Offline)?;
        let header = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let (status, content_type) = (response.status().as_u16(), header("content-type"));
        let (retry_after, date) = (header("retry-after"), header("date"));
        let body = response.bytes().await.map_err(|_| TransportError::Offline)?.to_vec();
        Ok(ApiAnswer { status, content_type, retry_after, date, body })
    }
}
