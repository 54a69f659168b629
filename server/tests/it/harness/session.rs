//! The app's session with its back end: what the core asks when the server wants to know who is logged in.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pushbridge_core::{CredentialReply, CredentialsProvider};
use tokio_util::task::TaskTracker;

use super::Shop;

/// What the app remembers of its person.
#[derive(Clone, Default)]
pub(crate) struct Login {
    pub(crate) user: String,
    /// At hand, perhaps issued long ago.
    pub(crate) proof: Option<String>,
    /// Whether the back end still knows the session. One that it ended gets no new proof.
    pub(crate) alive: bool,
}

/// A session, shared by the phone and its core.
pub(crate) struct Session {
    shop: Shop,
    login: Mutex<Option<Login>>,
    tasks: TaskTracker,
    runtime: tokio::runtime::Handle,
}

impl Session {
    pub(crate) fn new(shop: Shop) -> Arc<Self> {
        let runtime = tokio::runtime::Handle::current();
        Arc::new(Self { shop, login: Mutex::default(), tasks: TaskTracker::new(), runtime })
    }

    pub(crate) fn login(&self) -> MutexGuard<'_, Option<Login>> {
        self.login.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person logs in: the back end gives a proof at once.
    pub(crate) async fn begin(&self, user: &str) {
        let proof = Some(self.shop.user_token(user).await);
        *self.login() = Some(Login { user: user.to_owned(), proof, alive: true });
    }

    pub(crate) fn end(&self) {
        *self.login() = None;
    }

    /// What was at hand is gone, as after an update of the app.
    pub(crate) fn lose_proof(&self) {
        if let Some(login) = &mut *self.login() {
            login.proof = None;
        }
    }
}

/// The core's view of it. Holds no cycle: a session knows no core.
pub(crate) struct Provider(pub(crate) Arc<Session>);

impl CredentialsProvider for Provider {
    fn request(&self, user_id: String, force_refresh: bool, reply: Arc<CredentialReply>) {
        let known = self.0.login().clone().filter(|login| login.user == user_id);
        let Some(login) = known else { return reply.none() };
        if !force_refresh {
            return match login.proof {
                Some(proof) => reply.provide(proof),
                None => reply.none(),
            };
        }
        if !login.alive {
            return reply.none();
        }
        let session = self.0.clone();
        let ask = async move {
            let proof = session.shop.user_token(&user_id).await;
            if let Some(login) = &mut *session.login() {
                login.proof = Some(proof.clone());
            }
            reply.provide(proof);
        };
        self.0.tasks.spawn_on(ask, &self.0.runtime);
    }
}
