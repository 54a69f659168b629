//! The server's program on a store that was filled once, and its API.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    fcm::{Fcm, answer},
    programs::{Program, Usage},
};
use crate::{
    BenchError,
    backend::APP,
    registry::{fill_with, moment},
};

/// Environment of the server: keys of its configuration.
pub(super) type Settings = Vec<(String, String)>;

/// How often a status is asked for.
const LOOK: Duration = Duration::from_millis(50);
/// Nothing has ended for so long: what is open is stuck. Longer than any lease and any wait between attempts.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);

/// A store with the app and an installation for each phone of an emulator. Each round works on a copy.
pub(super) struct Template {
    dir: TempDir,
    pub(super) phones: u64,
}

impl Template {
    /// Fills one. Installation `n` is bound to the user `u{n}`.
    pub(super) async fn fill(phones: u64) -> Result<Self, BenchError> {
        let fcm = Fcm::start(phones, false).await?;
        let dir = tempfile::tempdir().map_err(BenchError::of)?;
        let server = Server::start(dir.path(), &Settings::new()).await?;
        let app = json!({"id": APP, "firebase_project": "demo", "service_account": fcm.service_account()?,
            "policy": {"mode": "multi"}, "identity": {"mode": "trusted", "keys": []}});
        server.api.post("/v1/admin/apps", &app).await?;
        // The store has one owner at a time.
        server.kill().await?;
        fill_with(dir.path(), fcm.tokens.clone()).await?;
        fcm.end().await?;
        Ok(Self { dir, phones })
    }

    /// A copy of it, whose app sends to `fcm`.
    pub(super) async fn copy(&self, fcm: &Fcm) -> Result<TempDir, BenchError> {
        let dir = tempfile::tempdir().map_err(BenchError::of)?;
        for entry in std::fs::read_dir(self.dir.path()).map_err(BenchError::of)? {
            let entry = entry.map_err(BenchError::of)?;
            std::fs::copy(entry.path(), dir.path().join(entry.file_name())).map_err(BenchError::of)?;
        }
        let server = Server::start(dir.path(), &Settings::new()).await?;
        let update = json!({"service_account": fcm.service_account()?, "fcm_endpoint": fcm.url()?});
        server.api.patch(&format!("/v1/admin/apps/{APP}"), &update).await?;
        server.kill().await?;
        Ok(dir)
    }
}

/// More than this machine can send: what is measured is the sender, not its quota.
pub(super) const WITHOUT_QUOTA: u32 = 4_000_000_000;

/// Settings for sends to `fcm`.
pub(super) fn settings(fcm: &Fcm, messages_per_minute: u32) -> Result<Settings, BenchError> {
    let mut settings = vec![
        setting("FCM__MESSAGES_PER_MINUTE", &messages_per_minute),
        setting("FCM__DEVICE_MESSAGES_PER_MINUTE", &0),
        setting("FCM__DEVICE_MESSAGES_PER_HOUR", &0),
    ];
    if let Some(ca) = fcm.ca()? {
        settings.push(setting("FCM__CA_FILE", &ca));
    }
    Ok(settings)
}

/// Where errors are scripted: FCM's own waits would make a round last for minutes.
pub(super) fn short_waits() -> Settings {
    vec![setting("DISPATCH__RETRY_FIRST", &"PT0.2S"), setting("DISPATCH__RETRY_CAP", &"PT2S")]
}

pub(super) fn setting(key: &str, value: &dyn std::fmt::Display) -> (String, String) {
    (format!("PUSHBRIDGE__{key}"), value.to_string())
}

/// The server's program.
pub(super) struct Server {
    program: Program,
    pub(super) api: Api,
}

/// The way to it.
#[derive(Clone)]
pub(super) struct Api {
    http: reqwest::Client,
    url: String,
    key: String,
}

impl Server {
    /// Starts its program, which is not ready yet.
    pub(super) fn launch(dir: &Path, settings: &Settings) -> Result<Program, BenchError> {
        let dir = dir.display().to_string();
        Program::launch("pushbridge", &["serve", "--data", &dir, "--listen", "127.0.0.1:0"], settings)
    }

    pub(super) async fn start(dir: &Path, settings: &Settings) -> Result<Self, BenchError> {
        let mut program = Self::launch(dir, settings)?;
        program.wait_ready().await?;
        Ok(Self { api: Api::of(&program)?, program })
    }

    pub(super) fn usage(&self) -> Result<Usage, BenchError> {
        self.program.usage()
    }

    pub(super) async fn kill(self) -> Result<(), BenchError> {
        self.program.kill().await
    }
}

impl Api {
    /// That of a program that is ready.
    pub(super) fn of(program: &Program) -> Result<Self, BenchError> {
        let key = std::fs::read_to_string(program.text("bootstrap_key_file")?).map_err(BenchError::of)?;
        // An answer that does not come is given up, not waited for: the server may be dead.
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(30));
        let http = http.build().map_err(BenchError::of)?;
        Ok(Self { http, url: program.text("url")?.to_owned(), key: key.trim().to_owned() })
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        answer(self.http.post(format!("{}{path}", self.url)).bearer_auth(&self.key).json(body)).await
    }

    async fn patch(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        answer(self.http.patch(format!("{}{path}", self.url)).bearer_auth(&self.key).json(body)).await
    }

    /// A message of the app, with its key of idempotency.
    pub(super) fn message(&self, key: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}/v1/apps/{APP}/messages", self.url);
        self.http.post(url).bearer_auth(&self.key).header("idempotency-key", key).json(body)
    }

    /// Accepts a message and gives its id.
    pub(super) async fn accept(&self, body: &Value) -> Result<String, BenchError> {
        let accepted = self.post(&format!("/v1/apps/{APP}/messages"), body).await?;
        accepted["message_id"].as_str().map(str::to_owned).ok_or_else(|| BenchError::of("no message id"))
    }

    pub(super) async fn status(&self, id: &str) -> Result<Value, BenchError> {
        let url = format!("{}/v1/apps/{APP}/messages/{id}", self.url);
        answer(self.http.get(url).bearer_auth(&self.key)).await
    }

    pub(super) async fn cancel(&self, id: &str) -> Result<(), BenchError> {
        let url = format!("{}/v1/apps/{APP}/messages/{id}", self.url);
        answer::<Value>(self.http.delete(url).bearer_auth(&self.key)).await.map(drop)
    }

    /// Waits until all these messages are over, or nothing ends any more.
    pub(super) async fn wait_until_over(&self, ids: &[String]) -> Result<(), BenchError> {
        let (mut ended, mut last_end) = (0, moment());
        let mut over = 0;
        while over < ids.len() {
            tokio::time::sleep(LOOK).await;
            // One after the other: what comes later in the list is looked at when it is its turn.
            let status = self.status(&ids[over]).await?;
            if status["state"] == "done" {
                over += 1;
                last_end = moment();
                continue;
            }
            let counts = &status["counts"];
            let now_ended = ["sent", "failed", "expired", "cancelled"].map(|end| counts[end].as_u64());
            let now_ended: u64 = now_ended.into_iter().flatten().sum();
            if now_ended != ended {
                (ended, last_end) = (now_ended, moment());
            }
            if last_end.elapsed() > PATIENCE {
                return Ok(());
            }
        }
        Ok(())
    }
}
