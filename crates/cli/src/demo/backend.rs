//! The back end of the story: registers the apps, signs users in, sends.

use std::{sync::Arc, time::Duration};

use pushbridge_core::{CredentialReply, CredentialsProvider};
use pushbridge_wire::{
    AppRequest, AppResponse, DeliveryPage, IdentityConfig, IdentityMode, KeyRequest, KeyResponse,
    MessageAccepted, MessageState, MessageStatus, PolicyConfig, PolicyMode, Scope, UserTokenRequest,
    UserTokenResponse,
};
use serde_json::{Value, json};
use tokio_util::task::TaskTracker;

use super::report::Difference;
use crate::{client::Client, failure::Failure};

/// One app's back end.
pub(super) struct Backend {
    client: Client,
    app: String,
}

/// A message that has ended.
pub(super) struct Sent {
    pub(super) status: MessageStatus,
    pub(super) reasons: Vec<String>,
    pub(super) attempts: u32,
}

/// How long a message may take to end. Generous: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

impl Backend {
    /// Registers the app and makes a key for its back end.
    pub(super) async fn register(
        url: &str,
        operator: &Client,
        app: &str,
        mode: PolicyMode,
        (project, service_account, fcm_endpoint): (&str, &Value, &str),
    ) -> Result<(Self, String), Failure> {
        let request = AppRequest {
            id: app.parse().map_err(|error| Failure::usage(format!("{error}")))?,
            firebase_project: project.to_owned(),
            service_account: service_account.clone(),
            fcm_endpoint: Some(fcm_endpoint.to_owned()),
            policy: PolicyConfig { mode, max_devices: None },
            identity: Some(IdentityConfig { mode: IdentityMode::Jwt, keys: Vec::new() }),
        };
        let _: AppResponse = operator.post("/v1/admin/apps", &request).await?;
        let scopes = KeyRequest { scopes: vec![Scope::Send, Scope::Read, Scope::Manage] };
        let made: KeyResponse = operator.post(&format!("/v1/admin/apps/{app}/keys"), &scopes).await?;
        let key = made.key.unwrap_or_default();
        Ok((Self { client: Client::with_key(url, &key)?, app: app.to_owned() }, key))
    }

    /// Sends `message` to a user and waits until every delivery has ended.
    pub(super) async fn send(&self, user: &str, message: Value) -> Result<Sent, Difference> {
        let path = format!("/v1/apps/{}/messages", self.app);
        let body = json!({"to": {"user": user}, "message": message});
        let accepted: MessageAccepted = self.client.post(&path, &body).await?;
        let path = format!("{path}/{}", accepted.message_id);
        let status = tokio::time::timeout(PATIENCE, self.until_done(&path)).await.map_err(|_| {
            Difference(format!("message {} did not end within a minute", accepted.message_id))
        })??;
        let page: DeliveryPage = self.client.get(&format!("{path}/deliveries")).await?;
        let attempts = page.deliveries.iter().map(|delivery| delivery.attempts).sum();
        let reasons = page.deliveries.into_iter().filter_map(|delivery| delivery.reason).collect();
        Ok(Sent { status, reasons, attempts })
    }

    async fn until_done(&self, path: &str) -> Result<MessageStatus, Difference> {
        loop {
            let status: MessageStatus = self.client.get(path).await?;
            if status.state == MessageState::Done {
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// Answers the core's question who is logged in, as an app's session with its back end would.
pub(super) struct Session {
    client: Arc<Client>,
    app: String,
    tasks: TaskTracker,
    runtime: tokio::runtime::Handle,
}

impl Session {
    pub(super) fn new(url: &str, key: &str, app: &str) -> Result<Self, Failure> {
        let client = Arc::new(Client::with_key(url, key)?);
        let runtime = tokio::runtime::Handle::current();
        Ok(Self { client, app: app.to_owned(), tasks: TaskTracker::new(), runtime })
    }
}

impl CredentialsProvider for Session {
    fn request(&self, user_id: String, _force_refresh: bool, reply: Arc<CredentialReply>) {
        let (client, path) = (self.client.clone(), format!("/v1/apps/{}/user-tokens", self.app));
        let ask = async move {
            let Ok(user) = user_id.parse() else { return reply.none() };
            match client.post::<UserTokenResponse>(&path, &UserTokenRequest { user, ttl: None }).await {
                Ok(made) => reply.provide(made.token),
                Err(_) => reply.none(),
            }
        };
        self.tasks.spawn_on(ask, &self.runtime);
    }
}
