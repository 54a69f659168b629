//! Asks the app who can prove that its user is logged in.
//!
//! In: a user. Out: a proof or none, within a time-out of the core's own. The provider is foreign code: it may block,
//! panic, answer twice or never.

use std::{sync::Arc, time::Duration};

use pushbridge_wire::UserId;
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::{
    api::{CredentialReply, CredentialsProvider},
    sync::UserProof,
};

/// One provider, asked one question at a time.
pub(super) struct Credentials {
    provider: Arc<dyn CredentialsProvider>,
    timeout: Duration,
    /// A provider that blocks in every call would otherwise take one thread after the other.
    one_call: Arc<Semaphore>,
}

impl Credentials {
    pub(super) fn new(provider: Arc<dyn CredentialsProvider>, timeout: Duration) -> Self {
        Self { provider, timeout, one_call: Arc::new(Semaphore::new(1)) }
    }

    /// The proof for `user`, if the provider gives one within `at_most`.
    pub(super) async fn ask(
        &self,
        user: &UserId,
        force_refresh: bool,
        at_most: Duration,
    ) -> Option<UserProof> {
        let answer = timeout(self.timeout.min(at_most), self.call(user, force_refresh)).await;
        UserProof::parse(&answer.ok()??)
    }

    async fn call(&self, user: &UserId, force_refresh: bool) -> Option<String> {
        let permit = Arc::clone(&self.one_call).acquire_owned().await.ok()?;
        let (reply, answer) = CredentialReply::new();
        let (provider, user) = (Arc::clone(&self.provider), user.as_str().to_owned());
        // Nobody waits for the call to return, only for its answer.
        spawn_blocking(move || {
            let _until_it_returns_or_panics = permit;
            provider.request(user, force_refresh, reply);
        });
        answer.await.ok()?
    }
}
