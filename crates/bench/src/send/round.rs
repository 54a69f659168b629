//! One round of the server: a store with a phone for each delivery, one message to everyone, until the last outcome.

use std::{collections::HashMap, time::Duration};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{SendPlan, programs::Program};
use crate::{
    BenchError,
    backend::APP,
    registry::{fill_with, moment},
};

const DEVICES_A_CALL: u64 = 100_000;
/// How often the log of the emulator is read: it keeps the last 100,000 requests.
const LOOK: Duration = Duration::from_millis(500);

/// The emulator's program with a device for each delivery.
pub(super) struct Fcm {
    program: Program,
    http: reqwest::Client,
    pub(super) dir: TempDir,
    pub(super) tokens: Vec<String>,
}

/// What one round came to.
#[derive(Clone, Copy, Debug)]
pub(super) struct ServerRound {
    pub(super) rate: f64,
    pub(super) cpu_ms_per_1000: f64,
    pub(super) lost: u64,
    pub(super) duplicates: u64,
    pub(super) failed: u64,
    pub(super) rss_bytes: u64,
}

impl Fcm {
    pub(super) async fn start(devices: u64) -> Result<Self, BenchError> {
        let dir = tempfile::tempdir().map_err(BenchError::of)?;
        let path = dir.path().display().to_string();
        let program = Program::start("pushbridge-fcm-emulator", &["--dir", path.as_str()], &[]).await?;
        let http = reqwest::Client::builder().no_proxy().build().map_err(BenchError::of)?;
        let mut fcm = Self { program, http, dir, tokens: Vec::new() };
        let mut left = devices;
        while left > 0 {
            let count = left.min(DEVICES_A_CALL);
            let made = fcm.control("/devices", &json!({"platform": "android", "count": count})).await?;
            let made = made["devices"].as_array().ok_or_else(|| BenchError::of("no devices"))?;
            fcm.tokens.extend(made.iter().filter_map(|one| one["fcm_token"].as_str()).map(str::to_owned));
            left -= count;
        }
        Ok(fcm)
    }

    pub(super) fn url(&self) -> Result<&str, BenchError> {
        self.program.text("url")
    }

    pub(super) async fn fault(&self, rule: &Value) -> Result<(), BenchError> {
        self.control("/faults", rule).await.map(drop)
    }

    async fn control(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        let url = format!("{}{path}", self.program.text("control")?);
        answer(self.http.post(url).json(body)).await
    }

    /// Counts what was taken, by device, from the request after `seen` on.
    async fn read_log(&self, seen: &mut u64, taken: &mut HashMap<String, u64>) -> Result<(), BenchError> {
        loop {
            let url = format!("{}/requests?after={seen}", self.program.text("control")?);
            let page = answer(self.http.get(url)).await?;
            let requests = page["requests"].as_array().ok_or_else(|| BenchError::of("no requests"))?;
            let Some(last) = requests.last() else { return Ok(()) };
            if requests[0]["seq"].as_u64() != Some(*seen + 1) {
                return Err(BenchError::of("the log was read too late: requests were forgotten"));
            }
            for request in requests.iter().filter(|request| request["accepted"] == true) {
                *taken.entry(request["device"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
            *seen = last["seq"].as_u64().unwrap_or(*seen);
        }
    }

    pub(super) async fn end(self) -> Result<(), BenchError> {
        self.program.kill().await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, BenchError> {
    let response = request.send().await.map_err(|error| BenchError::of(error.without_url()))?;
    let status = response.status();
    let text = response.text().await.map_err(|error| BenchError::of(error.without_url()))?;
    if !status.is_success() {
        return Err(BenchError(format!("{status}: {text}")));
    }
    serde_json::from_str(&text).map_err(BenchError::of)
}

/// The server's program and its API.
struct Server {
    program: Program,
    http: reqwest::Client,
    key: String,
}

impl Server {
    async fn start(dir: &str) -> Result<Self, BenchError> {
        let arguments = ["serve", "--data", dir, "--listen", "127.0.0.1:0"];
        // More than this machine can send: what is measured is the sender, not its quota.
        let variables = [("PUSHBRIDGE__FCM__MESSAGES_PER_MINUTE", "4000000000")];
        let program = Program::start("pushbridge", &arguments, &variables).await?;
        let key = std::fs::read_to_string(program.text("bootstrap_key_file")?).map_err(BenchError::of)?;
        let http = reqwest::Client::builder().no_proxy().build().map_err(BenchError::of)?;
        Ok(Self { program, http, key: key.trim().to_owned() })
    }

    async fn post(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        let url = format!("{}{path}", self.program.text("url")?);
        answer(self.http.post(url).bearer_auth(&self.key).json(body)).await
    }

    async fn get(&self, path: &str) -> Result<Value, BenchError> {
        let url = format!("{}{path}", self.program.text("url")?);
        answer(self.http.get(url).bearer_auth(&self.key)).await
    }
}

pub(super) async fn serve(plan: SendPlan) -> Result<ServerRound, BenchError> {
    let fcm = Fcm::start(plan.deliveries).await?;
    let data = tempfile::tempdir().map_err(BenchError::of)?;
    let dir = data.path().display().to_string();
    let server = Server::start(&dir).await?;
    register(&server, &fcm).await?;
    // The store has one owner at a time.
    server.program.kill().await?;
    fill_with(data.path(), fcm.tokens.clone()).await?;
    let server = Server::start(&dir).await?;
    set_faults(&fcm, plan).await?;
    let round = drain(&server, &fcm, plan).await?;
    server.program.kill().await?;
    fcm.end().await?;
    Ok(round)
}

async fn register(server: &Server, fcm: &Fcm) -> Result<(), BenchError> {
    let account = std::fs::read_to_string(fcm.program.text("service_account")?).map_err(BenchError::of)?;
    let account: Value = serde_json::from_str(&account).map_err(BenchError::of)?;
    let app = json!({"id": APP, "firebase_project": "demo", "service_account": account,
        "fcm_endpoint": fcm.url()?, "policy": {"mode": "multi"}, "identity": {"mode": "trusted", "keys": []}});
    server.post("/v1/admin/apps", &app).await.map(drop)
}

/// The first rule that matches counts, so errors stand before the plain latency, each a quarter of their share.
async fn set_faults(fcm: &Fcm, plan: SendPlan) -> Result<(), BenchError> {
    let latency = plan.latency_ms;
    let share = f64::from(plan.errors_percent) / 4.0;
    if plan.errors_percent > 0 {
        for rule in [
            json!({"percent": share, "error_code": "UNREGISTERED", "latency_ms": latency}),
            json!({"percent": share, "status": 429, "error_code": "QUOTA_EXCEEDED", "retry_after": "1", "latency_ms": latency}),
            json!({"percent": share, "error_code": "UNAVAILABLE", "latency_ms": latency}),
            json!({"percent": share, "action": "cut_after", "latency_ms": latency}),
        ] {
            fcm.fault(&rule).await?;
        }
    }
    fcm.fault(&json!({"latency_ms": latency})).await
}

async fn drain(server: &Server, fcm: &Fcm, plan: SendPlan) -> Result<ServerRound, BenchError> {
    let everyone = json!({"to": {"everyone": true}, "lane": "bulk", "message": {
        "notification": {"title": "Hello", "body": "World of pushes"}, "data": {"order": "42"}}});
    let before = server.program.usage()?;
    let start = moment();
    let accepted = server.post(&format!("/v1/apps/{APP}/messages"), &everyone).await?;
    let id = accepted["message_id"].as_str().ok_or_else(|| BenchError::of("no message id"))?;
    let (mut seen, mut taken) = (0, HashMap::new());
    let status = loop {
        tokio::time::sleep(LOOK.min(Duration::from_micros(plan.deliveries * 5))).await;
        fcm.read_log(&mut seen, &mut taken).await?;
        let status = server.get(&format!("/v1/apps/{APP}/messages/{id}")).await?;
        if status["state"] == "done" {
            break status;
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    fcm.read_log(&mut seen, &mut taken).await?;
    let after = server.program.usage()?;
    let failed = status["counts"]["failed"].as_u64().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let (count, cpu_ms) = (plan.deliveries as f64, (after.cpu_ms - before.cpu_ms) as f64);
    Ok(ServerRound {
        rate: count / seconds,
        cpu_ms_per_1000: cpu_ms * 1_000.0 / count,
        lost: (plan.deliveries - failed).saturating_sub(taken.len() as u64),
        duplicates: taken.values().map(|times| times - 1).sum(),
        failed,
        rss_bytes: after.peak_rss_bytes,
    })
}
