//! Hands out the access token, and has at most one fetch under way.
//!
//! The fetch is a task of its own, so that a caller who goes away takes nobody's token along.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::watch, task::JoinSet};
use tracing::warn;

use super::{
    AccessToken, AuthFailure, AuthUnavailable, Credentials,
    fetch::fetch,
    state::{Decision, Timing, TokenState},
};
use crate::{Clock, SystemClock};

/// How a [`TokenSource`] behaves.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The longest that a fetch may take, with `gcp_auth`'s own five tries.
    pub fetch_timeout: Duration,
    /// How long before its expiry a token is renewed; at half its life if that is sooner.
    pub refresh_before: Duration,
    /// How long no fetch is made after a failure; doubles with each further one.
    pub first_pause: Duration,
    /// Where that doubling stops.
    pub longest_pause: Duration,
    /// For how long after [`TokenSource::invalidate`] the next token is not forgotten too.
    pub invalidate_pause: Duration,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Default for TokenSettings {
    fn default() -> Self {
        Self {
            fetch_timeout: Duration::from_secs(10),
            refresh_before: Duration::from_secs(5 * 60),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            invalidate_pause: Duration::from_secs(30),
            clock: Arc::new(SystemClock),
        }
    }
}

/// The access token of one account, for any number of callers. Clones share everything.
#[derive(Clone)]
pub struct TokenSource {
    shared: Arc<Shared>,
    /// Dropped, and the fetch with it, once the last clone is: the fetch itself holds only `shared`.
    fetches: Arc<Mutex<JoinSet<()>>>,
}

struct Shared {
    credentials: Credentials,
    settings: TokenSettings,
    now: Mutex<Now>,
}

struct Now {
    state: TokenState,
    flight: Option<Flight>,
}

/// What a fetch under way will tell; `None` until then.
type Flight = watch::Receiver<Option<Result<AccessToken, AuthUnavailable>>>;

impl TokenSource {
    /// A source that has fetched nothing yet.
    #[must_use]
    pub fn new(credentials: impl Into<Credentials>, settings: TokenSettings) -> Self {
        let timing = Timing {
            refresh_before: settings.refresh_before,
            first_pause: settings.first_pause,
            longest_pause: settings.longest_pause,
            invalidate_pause: settings.invalidate_pause,
        };
        let now = Mutex::new(Now { state: TokenState::new(timing), flight: None });
        let shared = Arc::new(Shared { credentials: credentials.into(), settings, now });
        Self { shared, fetches: Arc::default() }
    }

    /// A token that is good for the next call.
    ///
    /// # Errors
    /// If the fetch fails, or has failed so recently that it is not repeated yet.
    pub async fn token(&self) -> Result<AccessToken, AuthUnavailable> {
        let flight = {
            let mut now = self.shared.lock();
            match now.state.decide(self.shared.settings.clock.now()) {
                Decision::Use(token) => return Ok(token),
                Decision::Fail(unavailable) => return Err(unavailable),
                Decision::UseAndRefresh(token) => {
                    self.flight(&mut now);
                    return Ok(token);
                }
                Decision::Fetch => self.flight(&mut now),
            }
        };
        self.land(flight).await
    }

    /// Forgets `refused`, which FCM answered with 401. Returns whether [`token`](Self::token) may now have
    /// another one.
    ///
    /// Within [`TokenSettings::invalidate_pause`] only one token is forgotten: a project whose every token is
    /// refused does not ask for a new one at each send.
    #[must_use]
    pub fn invalidate(&self, refused: &AccessToken) -> bool {
        let now = self.shared.settings.clock.now();
        self.shared.lock().state.invalidate(refused, now)
    }

    /// The fetch under way, started if there is none.
    fn flight(&self, now: &mut Now) -> Flight {
        if let Some(flight) = &now.flight {
            return flight.clone();
        }
        let (tell, flight) = watch::channel(None);
        now.flight = Some(flight.clone());
        let landing = Landing { shared: Arc::clone(&self.shared), tell, landed: false };
        let mut fetches = self.fetches.lock().unwrap_or_else(PoisonError::into_inner);
        while fetches.try_join_next().is_some() {}
        fetches.spawn(fly(landing));
        flight
    }

    /// Never more than one.
    #[cfg(test)]
    pub(crate) fn fetches_under_way(&self) -> usize {
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    async fn land(&self, mut flight: Flight) -> Result<AccessToken, AuthUnavailable> {
        if let Ok(told) = flight.wait_for(Option::is_some).await
            && let Some(result) = told.as_ref()
        {
            return result.clone();
        }
        // Only if the runtime that the fetch ran on is shutting down.
        let cause = AuthFailure::Failed("the fetch was abandoned".to_owned());
        Err(AuthUnavailable { retry_after: self.shared.settings.first_pause, cause })
    }
}

async fn fly(mut landing: Landing) {
    let shared = Arc::clone(&landing.shared);
    let result = fetch(shared.credentials.clone(), shared.settings.fetch_timeout).await;
    let at = shared.settings.clock.now();
    let mut now = shared.lock();
    let told = match result {
        Ok(fetched) => {
            let token = fetched.token.clone();
            now.state.succeeded(fetched, at);
            Ok(token)
        }
        Err(cause) => Err(now.state.failed(cause, at)),
    };
    if let Err(unavailable) = &told {
        // Here and nowhere else: an early renewal has no caller who could report its failure.
        warn!(account = %shared.credentials, error = %unavailable, "access token fetch failed");
    }
    landing.land(&mut now, told);
}

/// Ends a flight in every case: a fetch that panics counts as failed, and does not leave callers waiting.
struct Landing {
    shared: Arc<Shared>,
    tell: watch::Sender<Option<Result<AccessToken, AuthUnavailable>>>,
    landed: bool,
}

impl Landing {
    fn land(&mut self, now: &mut Now, told: Result<AccessToken, AuthUnavailable>) {
        now.flight = None;
        self.landed = true;
        self.tell.send_replace(Some(told));
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if self.landed {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let mut now = shared.lock();
        let cause = AuthFailure::Failed("the fetch ended without a result".to_owned());
        let unavailable = now.state.failed(cause, shared.settings.clock.now());
        self.land(&mut now, Err(unavailable));
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenSource").field("credentials", &self.shared.credentials).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
