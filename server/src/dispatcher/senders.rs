//! FCM clients by app, made when first needed.

use std::{
    collections::HashMap,
    fmt,
    path::PathBuf,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use pushbridge_fcm::{
    ClientSettings, FcmClient, ProjectId, SendError, ServiceAccount, ServiceAccountError, SetupError, Target,
    TokenSettings, TokenSource,
};
use pushbridge_wire::AppId;
use tokio::sync::OnceCell;

use crate::{
    config::Config,
    store::{AppNo, NewApp, Store, StoreError},
};

/// The result of one call: FCM's name of the message, or why there is none.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<String, SendError>> + Send + 'a>>;

/// Sends one message to FCM.
pub trait FcmSender: Send + Sync {
    /// Sends `body`, the JSON of a request to `target`.
    fn send<'a>(&'a self, target: &'a Target, body: Bytes) -> SendFuture<'a>;
}

impl FcmSender for FcmClient {
    fn send<'a>(&'a self, target: &'a Target, body: Bytes) -> SendFuture<'a> {
        Box::pin(async move { Ok(self.send_body(target, body).await?.into()) })
    }
}

/// Sends for one app.
pub struct Sender {
    /// The app's id, which every message carries.
    pub app: AppId,
    /// Its Firebase project.
    pub project: String,
    /// The way to FCM.
    pub fcm: Box<dyn FcmSender>,
}

/// Why an app's messages cannot be sent at all. Names no key.
#[derive(Debug, thiserror::Error)]
pub enum SenderError {
    /// The app is gone.
    #[error("the app does not exist any more")]
    NoApp,
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The service account cannot be used.
    #[error(transparent)]
    ServiceAccount(#[from] ServiceAccountError),
    /// Project, endpoint or certificates cannot be used.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The file of certificates cannot be read.
    #[error("fcm.ca_file {path}: {source}")]
    CaFile {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The process is ending.
    #[error("interrupted")]
    Interrupted,
}

/// FCM clients by app. Each holds its connections and its access token.
pub struct Senders {
    recipe: Recipe,
    /// A cell per app: whoever comes while its sender is being made waits for that one.
    cells: Mutex<HashMap<AppNo, Arc<OnceCell<Arc<Sender>>>>>,
}

/// What all clients have in common.
#[derive(Clone)]
struct Recipe {
    endpoint: String,
    ca_file: Option<PathBuf>,
    connections: usize,
    request_timeout: Duration,
}

impl Senders {
    /// None yet.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let recipe = Recipe {
            endpoint: config.fcm.endpoint.clone(),
            ca_file: config.fcm.ca_file.clone(),
            connections: config.fcm.connections,
            request_timeout: config.dispatch.request_timeout.0,
        };
        Self { recipe, cells: Mutex::default() }
    }

    /// The sender of an app, made where there is none.
    ///
    /// # Errors
    /// [`SenderError`]; the next call tries again.
    pub async fn get(&self, store: &Store, app: AppNo) -> Result<Arc<Sender>, SenderError> {
        let cell = self.lock().entry(app).or_default().clone();
        // The row is read after the cell stands in the map: an app that changes meanwhile takes the cell out, and with
        // it the sender of what was.
        let sender = cell.get_or_try_init(async || {
            let row =
                store.list_apps().await?.into_iter().find(|row| row.no == app).ok_or(SenderError::NoApp)?;
            let recipe = self.recipe.clone();
            // Reads certificates and an RSA key: tens of milliseconds.
            let making = tokio::task::spawn_blocking(move || recipe.make(row.app));
            making.await.map_err(|_| SenderError::Interrupted)?.map(Arc::new)
        });
        sender.await.cloned()
    }

    /// Makes a sender of an app that need not be registered: for a check of its credentials.
    ///
    /// # Errors
    /// [`SenderError`].
    pub async fn make_one(&self, app: NewApp) -> Result<Sender, SenderError> {
        let recipe = self.recipe.clone();
        let making = tokio::task::spawn_blocking(move || recipe.make(app));
        making.await.map_err(|_| SenderError::Interrupted)?
    }

    /// Forgets the sender of an app that changed. Calls under way end as they began.
    pub fn forget(&self, app: AppNo) {
        self.lock().remove(&app);
    }

    /// Makes `sender` the one of `app`.
    #[cfg(test)]
    pub(crate) fn set(&self, app: AppNo, sender: Sender) {
        self.lock().insert(app, Arc::new(OnceCell::new_with(Some(Arc::new(sender)))));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AppNo, Arc<OnceCell<Arc<Sender>>>>> {
        self.cells.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recipe {
    fn make(&self, app: NewApp) -> Result<Sender, SenderError> {
        let account = ServiceAccount::from_json(&app.service_account)?;
        let tokens = TokenSource::new(account, TokenSettings::default());
        let project = ProjectId::try_from(app.firebase_project.as_str())?;
        let endpoint = app.fcm_endpoint.as_deref().unwrap_or(&self.endpoint);
        let settings = ClientSettings {
            connections: self.connections,
            request_timeout: self.request_timeout,
            ca_pem: self.read_ca()?,
            ..ClientSettings::default()
        };
        let client = FcmClient::new(project, endpoint, tokens, &settings)?;
        Ok(Sender { app: app.id, project: app.firebase_project, fcm: Box::new(client) })
    }

    fn read_ca(&self) -> Result<Option<Vec<u8>>, SenderError> {
        let Some(path) = &self.ca_file else { return Ok(None) };
        let read = std::fs::read(path);
        read.map(Some).map_err(|source| SenderError::CaFile { path: path.display().to_string(), source })
    }
}

impl fmt::Debug for Senders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Senders").field("apps", &self.lock().len()).finish_non_exhaustive()
    }
}
