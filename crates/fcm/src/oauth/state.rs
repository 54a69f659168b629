//! What to do about the access token now: a pure state without clock or I/O.
//!
//! In: the moment, or what came of a fetch. Out: a [`Decision`]. Next: [`source`](super::source) carries it out.

use std::time::Duration;

use jiff::Timestamp;

use super::AccessToken;
use crate::clock::{between, later};

/// No longer is a token handed out that has this little left: the call itself takes time.
const LAST_MOMENT: Duration = Duration::from_secs(20);

/// Why a fetch failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthFailure {
    /// The endpoint did not answer in time.
    #[error("the token endpoint did not answer in time")]
    TimedOut,
    /// The endpoint could not be reached, or refused. `gcp_auth` does not tell a refusal from an outage.
    #[error("the token endpoint failed: {0}")]
    Failed(String),
}

/// There is no access token at present.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no access token: {cause}")]
pub struct AuthUnavailable {
    /// When the next fetch will be allowed.
    pub retry_after: Duration,
    /// What the last fetch failed of.
    #[source]
    pub cause: AuthFailure,
}

/// A token and how long it lives.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) token: AccessToken,
    pub(super) lifetime: Duration,
}

/// The lengths of time that the state obeys; see [`TokenSettings`](super::TokenSettings).
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) refresh_before: Duration,
    pub(super) first_pause: Duration,
    pub(super) longest_pause: Duration,
    pub(super) invalidate_pause: Duration,
}

#[derive(Debug)]
pub(super) struct TokenState {
    timing: Timing,
    current: Option<Current>,
    breaker: Option<Breaker>,
    invalidated_at: Option<Timestamp>,
}

#[derive(Debug)]
struct Current {
    token: AccessToken,
    refresh_at: Timestamp,
    last_use: Timestamp,
}

/// Open until a moment, after which one fetch may try again.
#[derive(Debug)]
struct Breaker {
    pause: Duration,
    until: Timestamp,
    cause: AuthFailure,
}

/// What a caller who wants a token is to do.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    Use(AccessToken),
    /// Use it, and have a new one fetched meanwhile.
    UseAndRefresh(AccessToken),
    /// Fetch one, or wait for the fetch under way.
    Fetch,
    Fail(AuthUnavailable),
}

impl TokenState {
    pub(super) const fn new(timing: Timing) -> Self {
        Self { timing, current: None, breaker: None, invalidated_at: None }
    }

    pub(super) fn decide(&self, now: Timestamp) -> Decision {
        let open = self.breaker.as_ref().filter(|breaker| now < breaker.until);
        match (&self.current, open) {
            (Some(current), _) if now < current.refresh_at => Decision::Use(current.token.clone()),
            (Some(current), Some(_)) if now < current.last_use => Decision::Use(current.token.clone()),
            (Some(current), None) if now < current.last_use => Decision::UseAndRefresh(current.token.clone()),
            (_, Some(breaker)) => Decision::Fail(breaker.unavailable(now)),
            (_, None) => Decision::Fetch,
        }
    }

    /// Takes in a fetched token. A short-lived one is renewed at half its life, else `refresh_before` would have
    /// every call fetch; so would one that is born expired, which therefore counts as living for `first_pause`.
    pub(super) fn succeeded(&mut self, fetched: Fetched, now: Timestamp) {
        let Fetched { token, lifetime } = fetched;
        let lifetime = lifetime.max(self.timing.first_pause);
        let refresh_after = lifetime.saturating_sub(self.timing.refresh_before).max(lifetime / 2);
        let last_use_after = lifetime.saturating_sub(LAST_MOMENT.min(lifetime / 4));
        let (refresh_at, last_use) = (later(now, refresh_after), later(now, last_use_after));
        self.current = Some(Current { token, refresh_at, last_use });
        self.breaker = None;
    }

    /// Takes in a failure, and says when the next fetch is allowed. A token that still lives stays in use.
    pub(super) fn failed(&mut self, cause: AuthFailure, now: Timestamp) -> AuthUnavailable {
        let pause = match &self.breaker {
            None => self.timing.first_pause,
            Some(breaker) => breaker.pause.saturating_mul(2).min(self.timing.longest_pause),
        };
        let breaker = Breaker { pause, until: later(now, pause), cause };
        let unavailable = breaker.unavailable(now);
        self.breaker = Some(breaker);
        unavailable
    }

    /// Forgets `refused`. Returns whether another token is to be had: not if the last one was forgotten only just
    /// now, since an endpoint whose tokens are always refused would otherwise be asked at every send.
    pub(super) fn invalidate(&mut self, refused: &AccessToken, now: Timestamp) -> bool {
        if self.current.as_ref().is_none_or(|current| current.token != *refused) {
            return true;
        }
        if self.invalidated_at.is_some_and(|at| between(at, now) < self.timing.invalidate_pause) {
            return false;
        }
        self.invalidated_at = Some(now);
        self.current = None;
        true
    }
}

impl Breaker {
    fn unavailable(&self, now: Timestamp) -> AuthUnavailable {
        AuthUnavailable { retry_after: between(now, self.until), cause: self.cause.clone() }
    }
}

#[cfg(test)]
mod tests;
