//! What the app implements. All calls are sync and return nothing: in foreign languages an exception would look
//! like success, so real answers come back by a call of their own.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::PushStatus;
use crate::machine::{Effect, LoggedOutReason};

/// Proves to the server who is logged in.
pub trait CredentialsProvider: Send + Sync {
    /// Asks for a proof that `user_id` is logged in: a JWT of the app's own issuer or one that the server signed for
    /// the backend. With `force_refresh` the one at hand was refused. Called on a thread of the core; may answer
    /// through `reply` later, from any thread. No answer within the configured time counts as none.
    fn request(&self, user_id: String, force_refresh: bool, reply: Arc<CredentialReply>);
}

/// Takes one answer of a [`CredentialsProvider`]. The first wins; later ones, and those after the time-out, are
/// ignored.
pub struct CredentialReply {
    to: Mutex<Option<oneshot::Sender<Option<String>>>>,
}

impl CredentialReply {
    pub(crate) fn new() -> (Arc<Self>, oneshot::Receiver<Option<String>>) {
        let (to, from) = oneshot::channel();
        (Arc::new(Self { to: Mutex::new(Some(to)) }), from)
    }

    /// Here is one.
    pub fn provide(&self, token: String) {
        self.answer(Some(token));
    }

    /// There is none: nobody is logged in there any more, or it cannot be had offline.
    pub fn none(&self) {
        self.answer(None);
    }

    /// It could not be had. The reason is for the caller's own log: it may quote a secret, so the core drops it.
    pub fn fail(&self, reason: String) {
        drop(reason);
        self.answer(None);
    }

    /// Whether nobody waits for it any more.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let to = self.to.lock().unwrap_or_else(PoisonError::into_inner);
        to.as_ref().is_none_or(oneshot::Sender::is_closed)
    }

    fn answer(&self, token: Option<String>) {
        let to = self.to.lock().unwrap_or_else(PoisonError::into_inner).take();
        // An error means that the core stopped waiting.
        let _ = to.map(|to| to.send(token));
    }
}

/// Hears what the core has to say. Called from one thread of the core, never under a lock: it may call the core.
pub trait PushListener: Send + Sync {
    /// The wrapper has to do something. May come more than once.
    fn on_effect(&self, effect: PlatformEffect);
    /// The status changed. Several changes in a row may come as one.
    fn on_status(&self, status: PushStatus);
}

/// What the wrapper has to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlatformEffect {
    /// Delete the platform's address (`deleteToken`, in FID mode delete the Firebase installation), fetch a fresh one
    /// and call `reset_done` with this id. Told again at every start until that call.
    ResetAddress {
        /// Goes into `reset_done`.
        reset_id: u64,
    },
    /// Nobody is logged in any more although the app did not log out: show it. Told again at every start until the
    /// app logs in or out.
    LoggedOut {
        /// Why.
        reason: LoggedOutReason,
    },
}

impl From<Effect> for PlatformEffect {
    fn from(effect: Effect) -> Self {
        match effect {
            Effect::ResetAddress(reset) => Self::ResetAddress { reset_id: reset.0 },
            Effect::LoggedOut(reason) => Self::LoggedOut { reason },
        }
    }
}
