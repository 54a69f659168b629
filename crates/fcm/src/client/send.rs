//! The call itself.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use reqwest::{
    Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use url::Url;

use super::{
    ClientSettings, ProjectId, SetupError, connections::Connections, request::request_body,
    settings::Endpoint,
};
use crate::{
    AccessToken, Clock, Message, SendError, SentId, Target, TokenSource,
    error::{Answer, read_answer, read_success},
};

/// More than FCM ever answers; what comes after it is not read.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

/// Sends to the devices of one Firebase project. Clones share connections and access token.
#[derive(Clone)]
pub struct FcmClient {
    shared: Arc<Shared>,
}

struct Shared {
    project: ProjectId,
    send_url: Url,
    connections: Connections,
    tokens: TokenSource,
    clock: Arc<dyn Clock>,
}

impl FcmClient {
    /// A client for `project` at `endpoint` (see [`DEFAULT_ENDPOINT`](super::DEFAULT_ENDPOINT)). Connects on first use.
    ///
    /// # Errors
    /// Whatever of the settings cannot work.
    pub fn new(
        project: ProjectId,
        endpoint: &str,
        tokens: TokenSource,
        settings: &ClientSettings,
    ) -> Result<Self, SetupError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let send_url = endpoint.send_url(&project)?;
        let connections = Connections::new(&endpoint, settings)?;
        let clock = Arc::clone(&settings.clock);
        Ok(Self { shared: Arc::new(Shared { project, send_url, connections, tokens, clock }) })
    }

    /// The project that this client sends for.
    #[must_use]
    pub fn project(&self) -> &ProjectId {
        &self.shared.project
    }

    /// How many calls are made at once; further ones wait for their place.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.connections.capacity()
    }

    /// Sends `message` to `target`; with `validate_only` FCM checks both and delivers nothing.
    ///
    /// Not guaranteed: that it is delivered (FCM only took it), nor that it is taken once: see
    /// [`SendError::is_outcome_unknown`].
    ///
    /// # Errors
    /// Anything but FCM's acceptance; ask it for its verdict.
    pub async fn send(
        &self,
        target: &Target,
        message: &Message,
        validate_only: bool,
    ) -> Result<SentId, SendError> {
        self.send_body(target, request_body(target, message, validate_only)?).await
    }

    /// Sends `body`, the complete JSON of a request that names `target`: see [`request_body`] and
    /// [`PreparedRequest`](super::PreparedRequest). What `target` says here only keeps it out of error texts.
    ///
    /// Not guaranteed: the same as by [`send`](Self::send).
    ///
    /// # Errors
    /// Anything but FCM's acceptance; ask it for its verdict.
    pub async fn send_body(&self, target: &Target, body: Bytes) -> Result<SentId, SendError> {
        let token = self.shared.tokens.token().await?;
        match self.call(&token, body.clone(), target).await {
            Err(SendError::Unauthenticated(_)) if self.shared.tokens.invalidate(&token) => {
                let fresh = self.shared.tokens.token().await?;
                self.call(&fresh, body, target).await
            }
            result => result,
        }
    }

    async fn call(&self, token: &AccessToken, body: Bytes, target: &Target) -> Result<SentId, SendError> {
        let mut request = Request::new(Method::POST, self.shared.send_url.clone());
        request.headers_mut().insert(AUTHORIZATION, token.expose_header());
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        *request.body_mut() = Some(body.into());
        // Held until the answer is read: the stream is taken as long.
        let place = self.shared.connections.place().await;
        let mut response = place.client.execute(request).await?;
        let body = read_body(&mut response).await?;
        let http_status = response.status().as_u16();
        if response.status() == StatusCode::OK {
            return read_success(&body, target);
        }
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = Answer { http_status, retry_after, body: &body };
        Err(read_answer(&answer, target, self.shared.clock.now()))
    }
}

async fn read_body(response: &mut Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_ANSWER_BYTES - body.len();
        if chunk.len() >= room {
            body.extend_from_slice(&chunk.slice(..room));
            break;
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

impl fmt::Debug for FcmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FcmClient")
            .field("project", &self.shared.project)
            .field("send_url", &self.shared.send_url.as_str())
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
