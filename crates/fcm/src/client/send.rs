//! The call itself.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, USER_AGENT},
};
use hyper_util::client::proxy::matcher::Matcher;
use tokio::time::timeout;

use super::{
    ClientSettings, ProjectId, SetupError,
    exchange::{Failure, Reply, begin, finish},
    pool::Pool,
    request::request_body,
    settings::Endpoint,
    tls::client_config,
};
use crate::{
    AccessToken, Clock, Message, SendError, SentId, Target, TokenSource,
    error::{Answer, read_answer, read_success},
};

/// How often a call is made that FCM is known not to have looked at. Each time on whatever stream is free then, and
/// none of them is an attempt.
const TRIES_UNSEEN: usize = 5;

/// Sends to the devices of one Firebase project. Clones share connections and access token.
#[derive(Clone)]
pub struct FcmClient {
    shared: Arc<Shared>,
}

struct Shared {
    project: ProjectId,
    send_uri: Uri,
    request_timeout: Duration,
    pool: Pool,
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
        let proxies = Matcher::from_env();
        Self::with_proxies(project, endpoint, tokens, settings, &proxies)
    }

    fn with_proxies(
        project: ProjectId,
        endpoint: &str,
        tokens: TokenSource,
        settings: &ClientSettings,
        proxies: &Matcher,
    ) -> Result<Self, SetupError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let send_uri = endpoint.send_uri(&project)?;
        let ca_pem = settings.ca_pem.as_deref();
        let tls = endpoint.is_https().then(|| client_config(ca_pem)).transpose()?;
        let proxies = Some(proxies).filter(|_| !endpoint.is_loopback());
        let pool = Pool::new(&send_uri, tls, proxies, settings)?;
        let (request_timeout, clock) = (settings.request_timeout, Arc::clone(&settings.clock));
        Ok(Self { shared: Arc::new(Shared { project, send_uri, request_timeout, pool, tokens, clock }) })
    }

    /// The project that this client sends for.
    #[must_use]
    pub fn project(&self) -> &ProjectId {
        &self.shared.project
    }

    /// How many calls are made at once; further ones wait for their place.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.shared.pool.capacity()
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
        for _ in 0..TRIES_UNSEEN {
            // Held until the answer is read: the stream is taken as long.
            let mut place = self.shared.pool.place().await.map_err(SendError::ConnectFailed)?;
            let reply = match begin(&mut place, self.request(token), body.clone()) {
                Ok(response) => timeout(self.shared.request_timeout, finish(&mut place, response)).await,
                Err(failure) => Ok(Err(failure)),
            };
            match reply {
                Ok(Ok(reply)) => return self.read(&reply, target),
                Ok(Err(Failure::NotSeen)) => {}
                Ok(Err(Failure::Lost(error))) => return Err(SendError::ConnectionLost(error)),
                Err(_) => return Err(SendError::TimedOut),
            }
        }
        Err(SendError::StreamRefused)
    }

    fn request(&self, token: &AccessToken) -> Request<()> {
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.shared.send_uri.clone();
        let headers = request.headers_mut();
        headers.reserve(3);
        headers.insert(AUTHORIZATION, token.expose_header());
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers
            .insert(USER_AGENT, HeaderValue::from_static(concat!("pushbridge/", env!("CARGO_PKG_VERSION"))));
        request
    }

    fn read(&self, reply: &Reply, target: &Target) -> Result<SentId, SendError> {
        if reply.status == StatusCode::OK {
            return read_success(&reply.body, target);
        }
        let retry_after = reply.headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let answer = Answer { http_status: reply.status.as_u16(), retry_after, body: &reply.body };
        Err(read_answer(&answer, target, self.shared.clock.now()))
    }
}

impl fmt::Debug for FcmClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FcmClient")
            .field("project", &self.shared.project)
            .field("send_uri", &self.shared.send_uri)
            .field("capacity", &self.capacity())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
