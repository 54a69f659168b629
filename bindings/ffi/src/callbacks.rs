//! What a wrapper implements, and how the core reaches it.
//!
//! In: calls of the core, from its own threads and under no lock. Out: calls of foreign code, whose exceptions end
//! here. Foreign methods return nothing, because a Kotlin `Error` in a sync method looks like success: real answers
//! come back by a call of their own.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use pushbridge_core as core;

use crate::{LoggedOutReason, PushError, PushStatus, guard::guarded, outcome::signed};

/// Proves to the server who is logged in.
#[uniffi::export(foreign)]
pub trait CredentialsProvider: Send + Sync {
    /// Asks for a proof that `user_id` is logged in. With `force_refresh` the one at hand was refused. Called on a
    /// thread of the core; may answer through `reply` later, from any thread.
    ///
    /// # Errors
    /// Whatever it throws counts as no proof.
    fn request(
        &self,
        user_id: String,
        force_refresh: bool,
        reply: Arc<CredentialReply>,
    ) -> Result<(), PushError>;
}

/// Hears what the core has to say. Called from one thread of the core; it may call the core.
#[uniffi::export(foreign)]
pub trait PushListener: Send + Sync {
    /// The wrapper has to do something. May come more than once.
    ///
    /// # Errors
    /// Whatever it throws is dropped.
    fn on_effect(&self, effect: PlatformEffect) -> Result<(), PushError>;
    /// The status changed. Several changes in a row may come as one.
    ///
    /// # Errors
    /// Whatever it throws is dropped.
    fn on_status(&self, status: PushStatus) -> Result<(), PushError>;
}

/// What the wrapper has to do.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum PlatformEffect {
    /// Delete the platform's address, fetch a fresh one and call `reset_done` with this id.
    ResetAddress {
        /// Goes into `reset_done`.
        reset_id: i64,
    },
    /// Nobody is logged in any more although the app did not log out: show it.
    LoggedOut {
        /// Why.
        reason: LoggedOutReason,
    },
}

impl From<core::PlatformEffect> for PlatformEffect {
    fn from(effect: core::PlatformEffect) -> Self {
        match effect {
            core::PlatformEffect::ResetAddress { reset_id } => {
                Self::ResetAddress { reset_id: signed(reset_id) }
            }
            core::PlatformEffect::LoggedOut { reason } => Self::LoggedOut { reason: reason.into() },
        }
    }
}

/// Takes one answer of a [`CredentialsProvider`]. The first wins; later ones, and those after the time-out, are
/// ignored.
#[derive(uniffi::Object)]
pub struct CredentialReply {
    reply: Arc<core::CredentialReply>,
}

#[uniffi::export]
impl CredentialReply {
    /// Here is one.
    ///
    /// # Errors
    /// None but [`PushError::Internal`].
    pub fn provide(&self, token: String) -> Result<(), PushError> {
        guarded(|| {
            self.reply.provide(token);
            Ok::<_, PushError>(())
        })
    }

    /// There is none: nobody is logged in there any more, or it cannot be had offline.
    ///
    /// # Errors
    /// None but [`PushError::Internal`].
    pub fn none(&self) -> Result<(), PushError> {
        guarded(|| {
            self.reply.none();
            Ok::<_, PushError>(())
        })
    }

    /// Whether nobody waits for it any more.
    ///
    /// # Errors
    /// None but [`PushError::Internal`].
    pub fn is_cancelled(&self) -> Result<bool, PushError> {
        guarded(|| Ok::<_, PushError>(self.reply.is_cancelled()))
    }
}

/// The wrapper's provider, for the core.
pub(crate) struct ForeignProvider(pub(crate) Arc<dyn CredentialsProvider>);

impl core::CredentialsProvider for ForeignProvider {
    fn request(&self, user_id: String, force_refresh: bool, reply: Arc<core::CredentialReply>) {
        let handed_over = Arc::new(CredentialReply { reply: Arc::clone(&reply) });
        let asked = call(|| self.0.request(user_id, force_refresh, handed_over));
        if asked.is_err() {
            tracing::warn!("the credentials provider threw");
            reply.none();
        }
    }
}

/// The wrapper's listener, for the core.
pub(crate) struct ForeignListener(pub(crate) Arc<dyn PushListener>);

impl core::PushListener for ForeignListener {
    fn on_effect(&self, effect: core::PlatformEffect) {
        if call(|| self.0.on_effect(effect.into())).is_err() {
            tracing::warn!("the listener threw; its status still says what is to be done");
        }
    }

    fn on_status(&self, status: core::PushStatus) {
        if call(|| self.0.on_status(status.into())).is_err() {
            tracing::warn!("the listener threw");
        }
    }
}

/// A foreign call that fails in lifting or lowering panics on this side.
fn call(foreign: impl FnOnce() -> Result<(), PushError>) -> Result<(), ()> {
    match catch_unwind(AssertUnwindSafe(foreign)) {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) | Err(_) => Err(()),
    }
}
