//! The calls about topic subscriptions, one instance and one topic each, as FCM has them.
//!
//! In: a [`Registration`] and a [`TopicName`]. Out: what FCM says, or a [`TopicError`]. Next: whoever asked. No retry
//! here, save one with a fresh access token after a 401: every call may be made again as it is.

mod call;

use std::{fmt, sync::Arc};

use futures_util::{StreamExt, stream};
use reqwest::{Method, StatusCode};

use super::{ClientSettings, ProjectId, SetupError};
use crate::{
    TokenSource,
    topics::{BatchTooLarge, Page, Registration, Subscribed, TopicError, TopicName, TopicSubscription},
};
use call::{Call, Caller, read, unexpected};

/// The most registrations of one batch, as in Google's own SDKs.
pub const MAX_BATCH: usize = 1_000;

/// Of a page of subscriptions. An instance has at most 2,000 topics: four pages.
const PAGE_SIZE: &str = "500";
/// An endpoint that always knows a further page must not keep us for ever.
const MAX_PAGES: usize = 10;

/// Manages the topic subscriptions of one Firebase project. Clones share the connection and the access token.
#[derive(Clone)]
pub struct TopicClient {
    shared: Arc<Shared>,
}

struct Shared {
    project: ProjectId,
    caller: Caller,
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
        let caller = Caller::new(&project, endpoint, tokens, settings)?;
        Ok(Self { shared: Arc::new(Shared { project, caller }) })
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
        let mut url = self.caller().url(registration, None)?;
        url.query_pairs_mut().append_pair("topic_name", topic.as_str());
        let answered = self.caller().call(Call { method: Method::POST, url, registration }).await?;
        match answered.status {
            StatusCode::OK => Ok(Subscribed::New),
            StatusCode::CONFLICT => Ok(Subscribed::Already),
            _ => Err(self.caller().refused(&answered, registration)),
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
        let mut url = self.caller().url(registration, Some(topic))?;
        url.query_pairs_mut().append_pair("allow_missing", "true");
        let answered = self.caller().call(Call { method: Method::DELETE, url, registration }).await?;
        match answered.status {
            StatusCode::OK => Ok(()),
            _ => Err(self.caller().refused(&answered, registration)),
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
        let url = self.caller().url(registration, Some(topic))?;
        let answered = self.caller().call(Call { method: Method::GET, url, registration }).await?;
        if answered.status == StatusCode::OK {
            return read(&answered).map(Some);
        }
        match self.caller().refused(&answered, registration) {
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
            let mut url = self.caller().url(registration, None)?;
            url.query_pairs_mut().append_pair("pageSize", PAGE_SIZE);
            if let Some(token) = &next {
                url.query_pairs_mut().append_pair("pageToken", token);
            }
            let answered = self.caller().call(Call { method: Method::GET, url, registration }).await?;
            if answered.status != StatusCode::OK {
                return Err(self.caller().refused(&answered, registration));
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
        Ok(stream::iter(calls).buffered(self.caller().in_flight).collect().await)
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
        Ok(stream::iter(calls).buffered(self.caller().in_flight).collect().await)
    }

    fn caller(&self) -> &Caller {
        &self.shared.caller
    }

    /// How many calls are made at once, those of all batches together; further ones wait for their place.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.caller().in_flight
    }
}

fn check_batch(registrations: &[Registration]) -> Result<(), BatchTooLarge> {
    let given = registrations.len();
    if given > MAX_BATCH { Err(BatchTooLarge { given, most: MAX_BATCH }) } else { Ok(()) }
}

impl fmt::Debug for TopicClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TopicClient")
            .field("project", &self.shared.project)
            .field("registrations", &self.caller().registrations.as_str())
            .field("in_flight", &self.caller().in_flight)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
