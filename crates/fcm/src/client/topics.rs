//! The calls about topic subscriptions, one instance and one topic each, as FCM has them.
//!
//! In: a [`Registration`] and a [`TopicName`]. Out: what FCM says, or a [`TopicError`]. Next: whoever asked. No retry
//! here, save one with a fresh access token after a 401: every call may be made again as it is.

use std::{fmt, sync::Arc};

use futures_util::{StreamExt, stream};
use reqwest::{
    Client, Method, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    redirect,
};
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;
use url::Url;

use super::{
    ClientSettings, ProjectId, SetupError,
    settings::Endpoint,
    tls::{client_config, trusting_nobody},
};
use crate::{
    AccessToken, Clock, TokenSource,
    error::{Answer, AnswerDetail, bounded_text},
    topics::{BatchTooLarge, Page, Registration, Subscribed, TopicError, TopicName, TopicSubscription},
};

/// The most registrations of one batch, as in Google's own SDKs.
pub const MAX_BATCH: usize = 1_000;

/// Of a page of subscriptions. An instance has at most 2,000 topics: four pages.
const PAGE_SIZE: &str = "500";
/// 500 topics with the longest of names, written twice each, and some room.
const MAX_PAGE_BYTES: usize = 2 * 1024 * 1024;
/// An endpoint that always knows a further page must not keep us for ever.
const MAX_PAGES: usize = 10;

/// Manages the topic subscriptions of one Firebase project. Clones share the connection and the access token.
#[derive(Clone)]
pub struct TopicClient {
    shared: Arc<Shared>,
}

struct Shared {
    project: ProjectId,
    /// `…/v1/projects/{project}/registrations`.
    registrations: Url,
    http: Client,
    /// One HTTP/2 connection; FCM allows so many calls on it at once.
    places: Semaphore,
    in_flight: usize,
    tokens: TokenSource,
    clock: Arc<dyn Clock>,
}

/// One call, ready to be made, twice if need be.
struct Call<'a> {
    method: Method,
    url: Url,
    registration: &'a Registration,
}

/// FCM's answer, read whole.
struct Answered {
    status: StatusCode,
    retry_after: Option<HeaderValue>,
    body: Vec<u8>,
}

impl TopicClient {
    /// A client for `project` at `endpoint` (see [`DEFAULT_ENDPOINT`](super::DEFAULT_ENDPOINT)), with one connection of
    /// [`streams_per_connection`](ClientSettings::streams_per_connection). Connects on first use.
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
        let uri = endpoint.send_uri(&project)?.to_string();
        let mut registrations = Url::parse(&uri).map_err(|_| SetupError::BadEndpoint)?;
        {
            let mut path = registrations.path_segments_mut().map_err(|()| SetupError::BadEndpoint)?;
            path.pop().push("registrations");
        }
        let in_flight = settings.streams_per_connection;
        if !(1..=Semaphore::MAX_PERMITS).contains(&in_flight) {
            return Err(SetupError::NoConnections);
        }
        let shared = Shared {
            project,
            registrations,
            http: http(&endpoint, settings)?,
            places: Semaphore::new(in_flight),
            in_flight,
            tokens,
            clock: Arc::clone(&settings.clock),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Subscribes one instance to a topic.
    ///
    /// # Errors
    /// Anything but FCM's consent. That it was subscribed already is none.
    pub async fn subscribe(
        &self,
        registration: &Registration,
        topic: &TopicName,
    ) -> Result<Subscribed, TopicError> {
        let mut url = self.url(registration, None)?;
        url.query_pairs_mut().append_pair("topic_name", topic.as_str());
        let answered = self.call(Call { method: Method::POST, url, registration }).await?;
        match answered.status {
            StatusCode::OK => Ok(Subscribed::New),
            StatusCode::CONFLICT => Ok(Subscribed::Already),
            _ => Err(self.refused(&answered, registration)),
        }
    }

    /// Ends the subscription of one instance to a topic.
    ///
    /// # Errors
    /// Anything but FCM's consent. That there was no subscription is none.
    pub async fn unsubscribe(
        &self,
        registration: &Registration,
        topic: &TopicName,
    ) -> Result<(), TopicError> {
        let mut url = self.url(registration, Some(topic))?;
        url.query_pairs_mut().append_pair("allow_missing", "true");
        let answered = self.call(Call { method: Method::DELETE, url, registration }).await?;
        match answered.status {
            StatusCode::OK => Ok(()),
            _ => Err(self.refused(&answered, registration)),
        }
    }

    /// The subscription of one instance to a topic; `None` if FCM finds none.
    ///
    /// # Errors
    /// Anything else, a dead registration among it.
    pub async fn subscription(
        &self,
        registration: &Registration,
        topic: &TopicName,
    ) -> Result<Option<TopicSubscription>, TopicError> {
        let url = self.url(registration, Some(topic))?;
        let answered = self.call(Call { method: Method::GET, url, registration }).await?;
        if answered.status == StatusCode::OK {
            return read(&answered).map(Some);
        }
        match self.refused(&answered, registration) {
            TopicError::NotFound(_) => Ok(None),
            refused => Err(refused),
        }
    }

    /// All subscriptions of one instance, page by page.
    ///
    /// # Errors
    /// Anything but FCM's whole answer, and a list that does not end.
    pub async fn subscriptions(
        &self,
        registration: &Registration,
    ) -> Result<Vec<TopicSubscription>, TopicError> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        for _ in 0..MAX_PAGES {
            let mut url = self.url(registration, None)?;
            url.query_pairs_mut().append_pair("pageSize", PAGE_SIZE);
            if let Some(token) = &next {
                url.query_pairs_mut().append_pair("pageToken", token);
            }
            let answered = self.call(Call { method: Method::GET, url, registration }).await?;
            if answered.status != StatusCode::OK {
                return Err(self.refused(&answered, registration));
            }
            let page: Page = read(&answered)?;
            next = page.next().map(str::to_owned);
            all.extend(page.subscriptions);
            if next.is_none() {
                return Ok(all);
            }
        }
        Err(unexpected(StatusCode::OK, "the list of subscriptions does not end"))
    }

    /// Subscribes many instances to one topic: a result for each, in their order. Each is a call of its own, as FCM has
    /// it; [`in_flight`](Self::in_flight) of them are under way at once.
    ///
    /// # Errors
    /// If there are more than [`MAX_BATCH`]; then nothing was done.
    pub async fn subscribe_all(
        &self,
        registrations: &[Registration],
        topic: &TopicName,
    ) -> Result<Vec<Result<Subscribed, TopicError>>, BatchTooLarge> {
        check_batch(registrations)?;
        let calls = registrations.iter().map(|registration| self.subscribe(registration, topic));
        Ok(stream::iter(calls).buffered(self.shared.in_flight).collect().await)
    }

    /// Ends the subscriptions of many instances to one topic, as [`subscribe_all`](Self::subscribe_all) makes them.
    ///
    /// # Errors
    /// If there are more than [`MAX_BATCH`]; then nothing was done.
    pub async fn unsubscribe_all(
        &self,
        registrations: &[Registration],
        topic: &TopicName,
    ) -> Result<Vec<Result<(), TopicError>>, BatchTooLarge> {
        check_batch(registrations)?;
        let calls = registrations.iter().map(|registration| self.unsubscribe(registration, topic));
        Ok(stream::iter(calls).buffered(self.shared.in_flight).collect().await)
    }

    /// How many calls are made at once, those of all batches together; further ones wait for their place.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.shared.in_flight
    }

    /// The address of an instance's subscriptions, or of one of them.
    fn url(&self, registration: &Registration, topic: Option<&TopicName>) -> Result<Url, TopicError> {
        let mut url = self.shared.registrations.clone();
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

    async fn call(&self, call: Call<'_>) -> Result<Answered, TopicError> {
        let token = self.shared.tokens.token().await?;
        let answered = self.call_once(&call, &token).await?;
        let refused = answered.status == StatusCode::UNAUTHORIZED
            && matches!(self.refused(&answered, call.registration), TopicError::Unauthenticated(_));
        if refused && self.shared.tokens.invalidate(&token) {
            let fresh = self.shared.tokens.token().await?;
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
        let _place = self.shared.places.acquire().await;
        let mut response = self.shared.http.execute(request).await?;
        let body = read_body(&mut response).await?;
        let retry_after = response.headers().get(RETRY_AFTER).cloned();
        Ok(Answered { status: response.status(), retry_after, body })
    }

    fn refused(&self, answered: &Answered, registration: &Registration) -> TopicError {
        let retry_after = answered.retry_after.as_ref().and_then(|value| value.to_str().ok());
        let answer = Answer { http_status: answered.status.as_u16(), retry_after, body: &answered.body };
        TopicError::read(&answer, registration, self.shared.clock.now())
    }
}

fn check_batch(registrations: &[Registration]) -> Result<(), BatchTooLarge> {
    let given = registrations.len();
    if given > MAX_BATCH { Err(BatchTooLarge { given, most: MAX_BATCH }) } else { Ok(()) }
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

fn read<T: DeserializeOwned>(answered: &Answered) -> Result<T, TopicError> {
    serde_json::from_slice(&answered.body)
        .map_err(|error| unexpected(answered.status, &format!("the answer cannot be read: {error}")))
}

fn unexpected(status: StatusCode, message: &str) -> TopicError {
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

impl fmt::Debug for TopicClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicClient")
            .field("project", &self.shared.project)
            .field("registrations", &self.shared.registrations.as_str())
            .field("in_flight", &self.shared.in_flight)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
