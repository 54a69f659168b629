//! One call of the topic API: its address, its access token, and FCM's answer, read whole.
//!
//! In: a [`Call`]. Out: what was [`Answered`], whatever the status, or why nothing was. Next: [`topics`](super) says what
//! the status means. Made once more after a 401, with a fresh access token.

use std::sync::Arc;

use reqwest::{
    Client, Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    redirect,
};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

use super::super::{
    ClientSettings, ProjectId, SetupError,
    settings::Endpoint,
    tls::{client_config, trusting_nobody},
};
use crate::{
    AccessToken, Clock, TokenSource,
    error::{Answer, AnswerDetail, bounded_text},
    topics::{Registration, TopicError, TopicName},
};

/// 500 topics with the longest of names, written twice each, and some room.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;

/// Makes the calls of one project.
pub(super) struct Caller {
    /// `…/v1/projects/{project}/registrations`.
    pub(super) registrations: Url,
    http: Client,
    /// One HTTP/2 connection; FCM allows so many calls on it at once.
    places: Semaphore,
    pub(super) in_flight: usize,
    tokens: TokenSource,
    clock: Arc<dyn Clock>,
}

/// One call, ready to be made, twice if need be.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) registration: &'a Registration,
}

/// FCM's answer, read whole.
pub(super) struct Answered {
    pub(super) status: StatusCode,
    retry_after: Option<HeaderValue>,
    body: Vec<u8>,
}

impl Caller {
    pub(super) fn new(
        project: &ProjectId,
        endpoint: &str,
        tokens: TokenSource,
        settings: &ClientSettings,
    ) -> Result<Self, SetupError> {
        let endpoint = Endpoint::parse(endpoint)?;
        let uri = endpoint.send_uri(project)?.to_string();
        let mut registrations = Url::parse(&uri).map_err(|_| SetupError::BadEndpoint)?;
        {
            let mut path = registrations.path_segments_mut().map_err(|()| SetupError::BadEndpoint)?;
            path.pop().push("registrations");
        }
        let in_flight = settings.streams_per_connection;
        if !(1..=Semaphore::MAX_PERMITS).contains(&in_flight) {
            return Err(SetupError::NoConnections);
        }
        Ok(Self {
            registrations,
            http: http(&endpoint, settings)?,
            places: Semaphore::new(in_flight),
            in_flight,
            tokens,
            clock: Arc::clone(&settings.clock),
        })
    }

    /// The address of an instance's subscriptions, or of one of them.
    pub(super) fn url(
        &self,
        registration: &Registration,
        topic: Option<&TopicName>,
    ) -> Result<Url, TopicError> {
        let mut url = self.registrations.clone();
        let segments = [registration.expose(), topic.map_or("-", TopicName::as_str)];
        // Of a path these are directions and no names, however they are written.
        if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
            return Err(unaddressable());
        }
        {
            let mut path = url.path_segments_mut().map_err(|()| unaddressable())?;
            path.push(registration.expose()).push("topicSubscriptions").extend(topic.map(TopicName::as_str));
        }
        Ok(url)
    }

    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answered, TopicError> {
        let token = self.tokens.token().await?;
        let answered = self.call_once(&call, &token).await?;
        let refused = answered.status == StatusCode::UNAUTHORIZED
            && matches!(self.refused(&answered, call.registration), TopicError::Unauthenticated(_));
        if refused && self.tokens.invalidate(&token) {
            let fresh = self.tokens.token().await?;
            return self.call_once(&call, &fresh).await;
        }
        Ok(answered)
    }

    async fn call_once(&self, call: &Call<'_>, token: &AccessToken) -> Result<Answered, TopicError> {
        let mut request = Request::new(call.method.clone(), call.url.clone());
        request.headers_mut().insert(AUTHORIZATION, token.expose_header());
        if call.method == Method::POST {
            request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some("{}".into());
        }
        // Before the time-out runs. Never closed, so that there always is a place in the end.
        let _place = self.places.acquire().await;
        let mut response = self.http.execute(request).await?;
        let body = read_body(&mut response).await?;
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        Ok(Answered { status: response.status(), retry_after, body })
    }

    pub(super) fn refused(&self, answered: &Answered, registration: &Registration) -> TopicError {
        let retry_after = answered.retry_after.as_ref().and_then(|value| value.to_str().ok());
        let answer = Answer { http_status: answered.status.as_u16(), retry_after, body: &answered.body };
        TopicError::read(&answer, registration, self.clock.now())
    }
}

fn http(endpoint: &Endpoint, settings: &ClientSettings) -> Result<Client, SetupError> {
    let tls = if endpoint.is_https() {
        client_config(settings.ca_pem.as_deref())?
    } else {
        trusting_nobody().map_err(SetupError::Tls)?
    };
    let builder = Client::builder()
        .tls_backend_preconfigured(tls)
        .http2_prior_knowledge()
        .redirect(redirect::Policy::none())
        .referer(false)
        .connect_timeout(settings.connect_timeout)
        .timeout(settings.request_timeout)
        .user_agent(concat!("pushbridge/", env!("CARGO_PKG_VERSION")));
    let builder = if endpoint.is_loopback() { builder.no_proxy() } else { builder };
    builder.build().map_err(SetupError::Http)
}

pub(super) fn read<T: DeserializeOwned>(answered: &Answered) -> Result<T, TopicError> {
    serde_json::from_slice(&answered.body)
        .map_err(|error| unexpected(answered.status, &format!("the answer cannot be read: {error}")))
}

pub(super) fn unexpected(status: StatusCode, message: &str) -> TopicError {
    let message = bounded_text(message);
    TopicError::Unexpected(AnswerDetail { http_status: status.as_u16(), message, reason: None })
}

/// Refused here: the call would be one about something else.
fn unaddressable() -> TopicError {
    let message = "a registration or topic that is empty, . or .. cannot stand in a path".to_owned();
    TopicError::InvalidArgument(AnswerDetail { http_status: 0, message, reason: None })
}

async fn read_body(response: &mut Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        let room = MAX_PAGE_BYTES - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() >= room {
            break;
        }
    }
    Ok(body)
}
