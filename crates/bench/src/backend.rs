//! The real server and the real emulator in this process, and a client of the server's API.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
    time::Duration,
};

use pushbridge_fcm_emulator::{Clock as EmulatorClock, FcmEmulator, Options};
use pushbridge_server::{Clock, Server, StartError, bootstrap_key_file, config::Config};
use pushbridge_wire::{AppRequest, IdentityConfig, IdentityMode, IsoDuration, PolicyConfig, PolicyMode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::BenchError;

pub(crate) const APP: &str = "bench";

/// Everything that runs.
pub(crate) struct Backend {
    pub(crate) emulator: FcmEmulator,
    /// The emulator's clock, to compare moments on one monotonic scale.
    pub(crate) clock: EmulatorClock,
    http: reqwest::Client,
    address: SocketAddr,
    key: String,
    shutdown: CancellationToken,
    tasks: JoinSet<Result<(), StartError>>,
}

impl Backend {
    /// Starts both on a store in `dir`, which gets an app that believes its phones where it has none.
    pub(crate) async fn start(dir: &Path) -> Result<Self, BenchError> {
        let clock = EmulatorClock::real();
        let options = Options { clock: clock.clone(), inbox_limit: usize::MAX, ..Options::default() };
        let emulator = FcmEmulator::start(options).await.map_err(BenchError::of)?;
        let mut config = Config::defaults().map_err(BenchError::of)?;
        config.server.data_dir = dir.to_owned();
        // A storm sends more to one phone than FCM would take for it.
        config.fcm.device_messages_per_minute = 0;
        config.fcm.device_messages_per_hour = 0;
        // FCM's own waits would make a storm of retries last for hours.
        config.dispatch.retry_first = IsoDuration(Duration::from_millis(30));
        config.dispatch.retry_cap = IsoDuration(Duration::from_millis(200));
        let key_file = bootstrap_key_file(&config);
        let server = Server::open(config, Clock::System).await.map_err(BenchError::of)?;
        let listener = TcpListener::bind("127.0.0.1:0").map_err(BenchError::of)?;
        let address = listener.local_addr().map_err(BenchError::of)?;
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(server.serve(listener, shutdown.clone()));
        let key = std::fs::read_to_string(key_file).map_err(BenchError::of)?.trim().to_owned();
        let http = reqwest::Client::builder().no_proxy().build().map_err(BenchError::of)?;
        let backend = Self { emulator, clock, http, address, key, shutdown, tasks };
        let app = format!("/v1/admin/apps/{APP}");
        if backend.get(&app).await.is_err() {
            backend.register().await?;
        } else {
            // The store is older than this emulator.
            backend.set_right().await?;
        }
        Ok(backend)
    }

    /// Tells the app its service account and endpoint again, as an operator does who has mended them.
    pub(crate) async fn set_right(&self) -> Result<(), BenchError> {
        let account: Value =
            serde_json::from_str(self.emulator.service_account_json()).map_err(BenchError::of)?;
        let update = json!({"service_account": account, "fcm_endpoint": self.emulator.url()});
        let url = self.url(&format!("/v1/admin/apps/{APP}"));
        self.answer(self.http.patch(url).bearer_auth(&self.key).json(&update)).await?;
        Ok(())
    }

    async fn register(&self) -> Result<(), BenchError> {
        let app = AppRequest {
            id: APP.parse().map_err(BenchError::of)?,
            firebase_project: self.emulator.project().to_owned(),
            service_account: serde_json::from_str(self.emulator.service_account_json())
                .map_err(BenchError::of)?,
            fcm_endpoint: Some(self.emulator.url().to_owned()),
            policy: PolicyConfig { mode: PolicyMode::Multi, max_devices: None },
            identity: Some(IdentityConfig { mode: IdentityMode::Trusted, keys: Vec::new() }),
        };
        self.post("/v1/admin/apps", &serde_json::to_value(app).map_err(BenchError::of)?).await?;
        Ok(())
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, BenchError> {
        self.answer(self.http.get(self.url(path)).bearer_auth(&self.key)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        self.answer(self.http.post(self.url(path)).bearer_auth(&self.key).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<Value, BenchError> {
        self.answer(self.http.delete(self.url(path)).bearer_auth(&self.key)).await
    }

    /// A PUT of a phone, proven by `secret`.
    pub(crate) async fn put(
        &self,
        installation: &str,
        secret: &str,
        body: &Value,
    ) -> Result<Value, BenchError> {
        let path = format!("/v1/apps/{APP}/installations/{installation}");
        self.answer(self.http.put(self.url(&path)).bearer_auth(secret).json(body)).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Value, BenchError> {
        let response = request.send().await.map_err(|error| BenchError::of(error.without_url()))?;
        let status = response.status();
        let body: Value = response.json().await.map_err(|error| BenchError::of(error.without_url()))?;
        if status.is_success() { Ok(body) } else { Err(BenchError(format!("{status}: {}", body["detail"]))) }
    }

    pub(crate) async fn stop(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.emulator.shutdown().await;
    }
}
