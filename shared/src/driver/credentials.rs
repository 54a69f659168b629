//! Asks the app who can prove that its user is logged in.
//!
//! In: a user. Out: a proof or none, within a time-out of the core's own. The provider is foreign code: it may block,
//! panic, answer twice or never.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use pushbridge_wire::UserId;

use crate::{
    api::{CredentialReply, CredentialsProvider},
    sync::UserProof,
};

/// One provider, asked one question at a time.
pub(super) struct Credentials {
    provider: Arc<dyn CredentialsProvider>,
    timeout: Duration,
    is_asking: Arc<AtomicBool>,
}

impl Credentials {
    pub(super) fn new(provider: Arc<dyn CredentialsProvider>, timeout: Duration) -> Self {
        Self { provider, timeout, is_asking: Arc::default() }
    }

    /// The proof for `user`, if the provider gives one within `at_most`.
    pub(super) async fn ask(
        &self,
        user: &UserId,
        force_refresh: bool,
        at_most: Duration,
    ) -> Option<UserProof> {
        // A provider that still blocks in its last call would take one thread after the other.
        if self.is_asking.swap(true, Ordering::SeqCst) {
            return None;
        }
        let busy = Asking(Arc::clone(&self.is_asking));
        let (reply, answer) = CredentialReply::new();
        let (provider, user) = (Arc::clone(&self.provider), user.as_str().to_owned());
        // Nobody waits for the call to return, only for its answer; `busy` ends with it.
        tokio::task::spawn_blocking(move || {
            let _busy = busy;
            provider.request(user, force_refresh, reply);
        });
        let answer = tokio::time::timeout(self.timeout.min(at_most), answer).await;
        UserProof::parse(&answer.ok()?.ok()??)
    }
}

/// Ends with the provider's call, even if that panics.
struct Asking(Arc<AtomicBool>);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
