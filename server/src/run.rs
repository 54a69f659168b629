//! The whole server as one call: the program and the tests start the same thing.

use std::{net::TcpListener, path::Path, sync::Arc};

use hyper_util::rt::TokioTimer;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use pushbridge_wire::{AppRequest, IdentityMode, PolicyConfig, Scope};

use crate::{
    api::admin::{new_app, warn_of_trust},
    app::{App, fresh_incarnation},
    clock::{Clock, NoRandomness},
    config::{AppConfig, Config},
    dispatcher, intake, janitor,
    keys::{ApiKey, BOOTSTRAP_KEY_ID},
    router::routes,
    store::{KeyRow, Restored, StoreError, restore, snapshot},
};

/// Why the server cannot start. Says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no random bytes.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// A file cannot be used.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// An app of the configuration file is wrong.
    #[error("app {app} in the configuration: {problem}")]
    App {
        /// Which app.
        app: String,
        /// What is wrong and what to do.
        problem: String,
    },
    /// The address cannot be served.
    #[error("cannot serve: {0}")]
    Serve(#[source] std::io::Error),
    /// The process is ending.
    #[error("interrupted while starting")]
    Interrupted,
}

/// A server that is ready to serve: its store is open, its keys and apps are there.
pub struct Server {
    app: Arc<App>,
}

impl Server {
    /// Opens the store, writes the bootstrap key where there is none, and takes the apps of the configuration.
    ///
    /// # Errors
    /// [`StartError`], which says what to do.
    pub async fn open(config: Config, clock: Clock) -> Result<Self, StartError> {
        let app = App::open(config, clock).await?;
        save_bootstrap_key(&app).await?;
        for configured in &app.config.apps {
            take_configured(&app, configured).await?;
        }
        for row in app.store.list_apps().await? {
            if row.app.identity_mode == IdentityMode::Trusted {
                warn_of_trust(row.app.id.as_str());
            }
        }
        Ok(Self { app })
    }

    /// What handlers and workers share, to watch or wake a running server from the same process. Hold it weakly: the
    /// store is closed at the end of [`serve`](Self::serve) only by its last owner.
    #[must_use]
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Serves `listener` and sends what is due until `shutdown` is cancelled; then ends what runs and closes the store.
    ///
    /// # Errors
    /// [`StartError::Serve`] where the listener cannot be used.
    pub async fn serve(self, listener: TcpListener, shutdown: CancellationToken) -> Result<(), StartError> {
        let app = self.app;
        listener.set_nonblocking(true).map_err(StartError::Serve)?;
        let mut workers = JoinSet::new();
        // The dispatcher ends after the last request was answered: its answer may wait for the wire.
        let stop_sending = CancellationToken::new();
        workers.spawn(dispatcher::start(app.clone(), stop_sending.clone()).map_err(StartError::Serve)?);
        workers.spawn(intake::run(app.clone(), stop_sending.clone()));
        workers.spawn(janitor::run(app.clone(), stop_sending.clone()));
        let served = serve_http(&app, listener, shutdown).await;
        stop_sending.cancel();
        while workers.join_next().await.is_some() {}
        if let Some(app) = Arc::into_inner(app) {
            let closing = tokio::task::spawn_blocking(move || app.store.close());
            // A panic of the writer was logged where it happened.
            let _ = closing.await;
        }
        served
    }
}

async fn serve_http(
    app: &Arc<App>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), StartError> {
    let handle = axum_server::Handle::new();
    let header_timeout = app.config.server.header_timeout.0;
    let mut server = axum_server::from_tcp(listener)
        .map_err(StartError::Serve)?
        // The builder's own time-outs begin when it knows the version of HTTP, which a silent client never tells.
        .first_request_timeout(header_timeout)
        .handle(handle.clone());
    let builder = server.http_builder();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(header_timeout);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(256).keep_alive_interval(header_timeout);
    let drain = app.config.server.drain.0;
    let mut signal = JoinSet::new();
    signal.spawn(async move {
        shutdown.cancelled().await;
        handle.graceful_shutdown(Some(drain));
    });
    server.serve(routes(app.clone()).into_make_service()).await.map_err(StartError::Serve)
}

/// The operator's first key: made once, kept in a file that only its owner reads, never printed.
async fn save_bootstrap_key(app: &App) -> Result<(), StartError> {
    let path = bootstrap_key_file(&app.config);
    let file = |source| StartError::File { path: path.display().to_string(), source };
    let key = match std::fs::read_to_string(&path) {
        Ok(text) => ApiKey::parse(text.trim()).ok_or_else(|| {
            file(std::io::Error::other("is not a key: remove the file, and the next start writes a new one"))
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = ApiKey::generate_named(BOOTSTRAP_KEY_ID)?;
            write_secret(&path, &format!("{}\n", key.expose())).map_err(file)?;
            key
        }
        Err(error) => return Err(file(error)),
    };
    let row = KeyRow {
        key_id: BOOTSTRAP_KEY_ID.to_owned(),
        app: None,
        scopes: vec![Scope::Admin],
        hash: key.hash(),
        created: app.clock.now(),
    };
    Ok(app.store.save_key(row).await?)
}

/// Puts `snapshot` in the place of the store of `config`, which no server may be using.
///
/// # Errors
/// [`StartError::Store`], which says what to do. The store of before is untouched then.
pub fn restore_snapshot(config: &Config, snapshot: &Path, clock: &Clock) -> Result<Restored, StartError> {
    Ok(restore(&config.server.data_dir, snapshot, &fresh_incarnation()?, clock.now())?)
}

/// Copies the store of `config` to a new file. A server may be using it.
///
/// # Errors
/// [`StartError::Store`], which says what to do.
pub fn take_snapshot(config: &Config, to: &Path) -> Result<(), StartError> {
    Ok(snapshot(&config.server.data_dir, to)?)
}

/// Where the bootstrap key is.
#[must_use]
pub fn bootstrap_key_file(config: &Config) -> std::path::PathBuf {
    config.server.data_dir.join("bootstrap.key")
}

fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

async fn take_configured(app: &App, configured: &AppConfig) -> Result<(), StartError> {
    let wrong = |problem: String| StartError::App { app: configured.id.to_string(), problem };
    let new = configured_app(configured).map_err(wrong)?;
    let now = app.clock.now();
    if !app.store.replace_app(new.clone(), "configuration", now).await? {
        app.store.create_app(new, now).await?;
    }
    Ok(())
}

/// An app of the file, checked as if it had come through the API.
///
/// # Errors
/// What is wrong and where.
pub fn configured_app(configured: &AppConfig) -> Result<crate::store::NewApp, String> {
    let path = configured.service_account_file.display();
    let text = std::fs::read_to_string(&configured.service_account_file)
        .map_err(|error| format!("service_account_file {path}: {error}"))?;
    let service_account =
        serde_json::from_str(&text).map_err(|_| format!("service_account_file {path} is not JSON"))?;
    let request = AppRequest {
        id: configured.id.clone(),
        firebase_project: configured.firebase_project.clone(),
        service_account,
        fcm_endpoint: configured.fcm_endpoint.clone(),
        policy: PolicyConfig { mode: configured.policy, max_devices: configured.max_devices },
        identity: configured.identity.clone(),
    };
    new_app(request).map_err(|refused| {
        let problem = refused.to_string();
        // The file is what the operator can mend.
        match problem.strip_prefix("service_account: ") {
            Some(problem) => format!("service_account_file {path}: {problem}"),
            None => problem,
        }
    })
}
