//! Access tokens. In: a checked assertion. Out: a random bearer, remembered with its expiry. Next: `send::authorize`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use tokio::sync::Notify;

use crate::locks::{lock, read, write};
use crate::options::StartError;

/// The admin bearer of the Firebase emulators, accepted here too.
const OWNER: &str = "owner";
/// Bounds memory. A server asks about once an hour, so that only a client without a cache ever comes near.
const KEPT_TOKENS: usize = 10_000;

/// How `POST /token` behaves until it is told otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum TokenEndpoint {
    /// As Google's.
    #[default]
    Working,
    /// Answers every request with this status and this OAuth error.
    Refusing {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// The member `error` of the body, for example `invalid_grant`.
        error: String,
    },
    /// Takes requests and never answers.
    Hanging,
}

/// What a bearer is worth, least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Bearer {
    Unknown,
    Expired,
    Valid,
    /// The admin of the Firebase emulators, who may do everything in every project.
    Owner,
}

/// Issues and remembers access tokens.
pub(crate) struct TokenIssuer {
    expiries: RwLock<HashMap<Box<str>, Duration>>,
    life: Mutex<Duration>,
    endpoint: Mutex<TokenEndpoint>,
    requests: AtomicU64,
    /// Woken at every request; arm it before looking.
    pub(crate) arrivals: Notify,
}

impl TokenIssuer {
    pub(crate) fn new(life: Duration) -> Self {
        Self {
            expiries: RwLock::default(),
            life: Mutex::new(life),
            endpoint: Mutex::default(),
            requests: AtomicU64::new(0),
            arrivals: Notify::new(),
        }
    }

    /// Issues a token at `now` (monotonic) and says how long it lives.
    pub(crate) fn issue(&self, now: Duration) -> Result<(String, Duration), StartError> {
        let mut random = [0; 32];
        rand::fill(&mut random).map_err(|_| StartError::Key)?;
        let token = format!("ya29.{}", URL_SAFE_NO_PAD.encode(random));
        let life = *lock(&self.life);
        let mut expiries = write(&self.expiries);
        if expiries.len() >= KEPT_TOKENS {
            expiries.retain(|_, expiry| *expiry > now);
        }
        if expiries.len() >= KEPT_TOKENS {
            expiries.clear();
        }
        expiries.insert(token.as_str().into(), now.saturating_add(life));
        Ok((token, life))
    }

    pub(crate) fn check(&self, bearer: &str, now: Duration) -> Bearer {
        if bearer == OWNER {
            return Bearer::Owner;
        }
        match read(&self.expiries).get(bearer) {
            Some(expiry) if *expiry > now => Bearer::Valid,
            Some(_) => Bearer::Expired,
            None => Bearer::Unknown,
        }
    }

    /// Ends every token at once; sends with one of them are then answered as expired.
    pub(crate) fn expire_all(&self) {
        write(&self.expiries).values_mut().for_each(|expiry| *expiry = Duration::ZERO);
    }

    pub(crate) fn set_life(&self, life: Duration) {
        *lock(&self.life) = life;
    }

    pub(crate) fn set_endpoint(&self, endpoint: TokenEndpoint) {
        *lock(&self.endpoint) = endpoint;
    }

    pub(crate) fn endpoint(&self) -> TokenEndpoint {
        lock(&self.endpoint).clone()
    }

    pub(crate) fn count_request(&self) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.arrivals.notify_waiters();
    }

    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }
}
