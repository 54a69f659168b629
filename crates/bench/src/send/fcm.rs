//! The emulator's program: phones, faults, and the log of all that came to it.
//!
//! In: how many phones. Out: their tokens, the same ones at every start, so that a store can be filled once; the moment
//! of each request, on the bench's own clock. Next: `tally` compares the log with the store.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::programs::{Program, Usage};
use crate::{BenchError, registry::moment};

const DEVICES_A_CALL: u64 = 100_000;
/// How often the log is read: the emulator keeps the last 100,000 requests.
const LOOK: Duration = Duration::from_millis(500);
/// Requests by which the two clocks are compared.
const CLOCK_PROBES: usize = 9;

/// The emulator's program.
pub(super) struct Fcm {
    program: Program,
    control: Control,
    secure: bool,
    pub(super) dir: TempDir,
    /// By the number of the phone.
    pub(super) tokens: Vec<String>,
    ids: Vec<String>,
    numbers: Arc<HashMap<String, u32>>,
}

/// The way to its control.
#[derive(Clone)]
struct Control {
    http: reqwest::Client,
    url: String,
}

#[derive(Deserialize)]
struct Made {
    devices: Vec<MadeDevice>,
}

#[derive(Deserialize)]
struct MadeDevice {
    id: String,
    fcm_token: String,
}

#[derive(Deserialize)]
struct LogPage {
    requests: Vec<LogLine>,
}

#[derive(Deserialize)]
struct LogLine {
    seq: u64,
    started_us: u64,
    ended_us: u64,
    device: Option<String>,
    status: Option<u16>,
    accepted: bool,
}

/// One request that FCM got for a phone. Times in microseconds of the emulator's clock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) number: u32,
    pub(super) started_us: u64,
    pub(super) ended_us: u64,
    /// None where the connection ended without an answer.
    pub(super) status: Option<u16>,
    pub(super) accepted: bool,
}

impl Fcm {
    /// Starts it with `phones` phones. Their tokens are the same at every start.
    pub(super) async fn start(phones: u64, secure: bool) -> Result<Self, BenchError> {
        let dir = tempfile::tempdir().map_err(BenchError::of)?;
        let path = dir.path().display().to_string();
        let mut arguments = vec!["--dir", path.as_str(), "--seed", "1"];
        arguments.extend(secure.then_some("--tls"));
        let program = Program::start("pushbridge-fcm-emulator", &arguments, &[]).await?;
        let http = reqwest::Client::builder().no_proxy().build().map_err(BenchError::of)?;
        let control = Control { http, url: program.text("control")?.to_owned() };
        let (mut tokens, mut ids) = (Vec::new(), Vec::new());
        let mut left = phones;
        while left > 0 {
            let count = left.min(DEVICES_A_CALL);
            let made: Made =
                control.post("/devices", &json!({"platform": "android", "count": count})).await?;
            for device in made.devices {
                tokens.push(device.fcm_token);
                ids.push(device.id);
            }
            left -= count;
        }
        let numbers = Arc::new(ids.iter().cloned().zip(0..).collect());
        Ok(Self { program, control, secure, dir, tokens, ids, numbers })
    }

    /// Where the sends go.
    pub(super) fn url(&self) -> Result<&str, BenchError> {
        self.program.text(if self.secure { "tls_url" } else { "url" })
    }

    /// The file of its certificate authority, where it speaks TLS.
    pub(super) fn ca(&self) -> Result<Option<&str>, BenchError> {
        self.secure.then(|| self.program.text("ca")).transpose()
    }

    pub(super) fn service_account_file(&self) -> Result<&str, BenchError> {
        self.program.text("service_account")
    }

    pub(super) fn service_account(&self) -> Result<Value, BenchError> {
        let text = std::fs::read_to_string(self.service_account_file()?).map_err(BenchError::of)?;
        serde_json::from_str(&text).map_err(BenchError::of)
    }

    pub(super) fn usage(&self) -> Result<Usage, BenchError> {
        self.program.usage()
    }

    pub(super) async fn fault(&self, rule: &Value) -> Result<(), BenchError> {
        self.control.post::<Value>("/faults", rule).await.map(drop)
    }

    /// The app is removed from a phone: its address is dead.
    pub(super) async fn uninstall(&self, number: usize) -> Result<(), BenchError> {
        let id = self.ids.get(number).ok_or_else(|| BenchError::of("no such phone"))?;
        self.control.post::<Value>(&format!("/devices/{id}/uninstall"), &Value::Null).await.map(drop)
    }

    /// The moment that the emulator's clock calls zero: by sends to a phone of their own, the closest of which counts.
    pub(super) async fn zero(&self) -> Result<Instant, BenchError> {
        let probe: MadeDevice = self.control.post("/devices", &json!({"platform": "android"})).await?;
        let send = format!("{}/v1/projects/demo/messages:send", self.program.text("url")?);
        let body = json!({"message": {"token": probe.fcm_token}});
        let mut asked = Vec::new();
        for _ in 0..CLOCK_PROBES {
            let request = self.control.http.post(&send).bearer_auth("owner").json(&body);
            let start = moment();
            answer::<Value>(request).await?;
            asked.push((start, moment()));
        }
        let log = self.control.log_after(0).await?;
        let probes = log.into_iter().filter(|line| line.device.as_deref() == Some(probe.id.as_str()));
        let closest = asked.into_iter().zip(probes).min_by_key(|((start, end), _)| *end - *start);
        let ((start, end), line) = closest.ok_or_else(|| BenchError::of("the emulator has no log"))?;
        let middle = start + (end - start) / 2;
        let answered_us = line.started_us.midpoint(line.ended_us);
        middle.checked_sub(Duration::from_micros(answered_us)).ok_or_else(|| BenchError::of("no such moment"))
    }

    /// Reads the log from now on, until it is finished.
    pub(super) fn read_log(&self) -> LogReader {
        let (control, numbers, stop) = (self.control.clone(), self.numbers.clone(), CancellationToken::new());
        let mut task = JoinSet::new();
        task.spawn(read_log(control, numbers, stop.clone()));
        LogReader { task, stop }
    }

    pub(super) async fn end(self) -> Result<(), BenchError> {
        self.program.kill().await
    }
}

/// Follows the log.
pub(super) struct LogReader {
    task: JoinSet<Result<Vec<Seen>, BenchError>>,
    stop: CancellationToken,
}

impl LogReader {
    /// Everything that has ended by now.
    pub(super) async fn finish(mut self) -> Result<Vec<Seen>, BenchError> {
        self.stop.cancel();
        let read = self.task.join_next().await.ok_or_else(|| BenchError::of("nobody read the log"))?;
        read.map_err(BenchError::of)?
    }
}

async fn read_log(
    control: Control,
    numbers: Arc<HashMap<String, u32>>,
    stop: CancellationToken,
) -> Result<Vec<Seen>, BenchError> {
    let (mut seen, mut last) = (Vec::new(), 0);
    loop {
        let ending = tokio::time::timeout(LOOK, stop.cancelled()).await.is_ok();
        let lines = control.log_after(last).await?;
        if lines.first().is_some_and(|first| first.seq != last + 1) {
            return Err(BenchError::of("the log was read too late: requests were forgotten"));
        }
        last = lines.last().map_or(last, |line| line.seq);
        seen.extend(lines.into_iter().filter_map(|line| {
            let LogLine { started_us, ended_us, status, accepted, device, .. } = line;
            let number = *numbers.get(device?.as_str())?;
            Some(Seen { number, started_us, ended_us, status, accepted })
        }));
        if ending {
            return Ok(seen);
        }
    }
}

impl Control {
    async fn post<T: for<'a> Deserialize<'a>>(&self, path: &str, body: &Value) -> Result<T, BenchError> {
        answer(self.http.post(format!("{}{path}", self.url)).json(body)).await
    }

    async fn log_after(&self, seq: u64) -> Result<Vec<LogLine>, BenchError> {
        let page: LogPage = answer(self.http.get(format!("{}/requests?after={seq}", self.url))).await?;
        Ok(page.requests)
    }
}

/// The JSON of a good answer.
pub(super) async fn answer<T: for<'a> Deserialize<'a>>(
    request: reqwest::RequestBuilder,
) -> Result<T, BenchError> {
    let response = request.send().await.map_err(|error| BenchError::of(error.without_url()))?;
    let status = response.status();
    let bytes = response.bytes().await.map_err(|error| BenchError::of(error.without_url()))?;
    if !status.is_success() {
        return Err(BenchError(format!("{status}: {}", String::from_utf8_lossy(&bytes))));
    }
    serde_json::from_slice(&bytes).map_err(BenchError::of)
}
