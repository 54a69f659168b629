//! The phone core: what a report of the platform costs before it is durable, and what a repeated one sends.
//!
//! In: how many reports. Out: a [`CoreReport`]. The store is on the disk of the folder for temporary files, and each
//! report of a changed value is one commit there; bare SQLite commits beside it in the same run. The requests are counted
//! where they leave the core, on their way to the real server.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use pushbridge_core::{
    CredentialReply, CredentialsProvider, Platform, PlatformEffect, Ports, PushConfig, PushCore,
    PushListener, PushStatus, RegistrationKind, SyncOutcome, SyncTrigger,
    clock::SystemClock,
    entropy::SystemEntropy,
    sync::{ApiRequest, HttpOptions, HttpTransport, TlsRoots, Transport, TransportFuture},
};
use rusqlite::Connection;
use serde::Serialize;

use crate::{
    BenchError,
    backend::{APP, Backend},
    percentile::percentile,
};

/// Repeated reports of a delivered address, each followed by a sync.
const REPEATS: u64 = 100;
/// Longest time for one sync; generous, since a busy machine is no finding.
const PATIENCE: Duration = Duration::from_secs(30);

/// What was seen. Times in microseconds.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct CoreReport {
    /// Reports of a changed value.
    pub reports: u64,
    /// Median of one.
    pub p50_us: u64,
    /// 99th percentile of one.
    pub p99_us: u64,
    /// The longest.
    pub max_us: u64,
    /// Requests that a hundred reports of a delivered address, each with a sync, sent to the server.
    pub repeated_requests: u64,
    /// As many reports of the value that the core has already: median, 99th percentile, longest.
    #[serde(skip)]
    pub same_value_us: (u64, u64, u64),
    /// As many commits of one row by bare SQLite on the same disk: median, 99th percentile, longest.
    #[serde(skip)]
    pub raw_commit_us: (u64, u64, u64),
}

/// Measures `reports` changed values, then lets a delivered address be reported again and again.
///
/// # Errors
/// Where core, server or emulator do not do their part.
pub async fn measure(reports: u64) -> Result<CoreReport, BenchError> {
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    let backend = Backend::start(&dir.path().join("server")).await?;
    let sent = Arc::new(AtomicU64::new(0));
    let (p50_us, p99_us, max_us);
    let same_value_us;
    {
        let core = open(&backend, &dir.path().join("timed"), &sent)?;
        (p50_us, p99_us, max_us) = figures(&mut changed_values(&core, reports)?);
        same_value_us = figures(&mut same_value(&core, reports)?);
        core.shutdown(PATIENCE).await;
    }
    let raw_commit_us = figures(&mut raw_commits(dir.path(), reports).map_err(BenchError::of)?);
    let core = open(&backend, &dir.path().join("repeating"), &sent)?;
    let repeated_requests = repeat(&core, &backend, &sent).await?;
    core.shutdown(PATIENCE).await;
    backend.stop().await;
    Ok(CoreReport { reports, p50_us, p99_us, max_us, repeated_requests, same_value_us, raw_commit_us })
}

fn open(backend: &Backend, store: &Path, sent: &Arc<AtomicU64>) -> Result<Arc<PushCore>, BenchError> {
    let base_url = backend.url("");
    let store = store.to_str().ok_or_else(|| BenchError::of("the folder's name is not UTF-8"))?;
    let mut config = PushConfig::new(&base_url, APP, store, Platform::Android);
    config.https_only = false;
    let http = HttpOptions {
        base_url,
        tls: TlsRoots::Bundled,
        proxy: None,
        https_only: false,
        request_timeout: config.request_timeout,
    };
    let transport = Counting { sent: sent.clone(), http: HttpTransport::new(&http).map_err(BenchError::of)? };
    let ports = Ports {
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
        transport: Arc::new(transport),
    };
    PushCore::open_with(config, ports, Arc::new(Quiet), Arc::new(Quiet)).map_err(BenchError::of)
}

/// Carries what the core sends, and counts it.
struct Counting {
    sent: Arc<AtomicU64>,
    http: HttpTransport,
}

impl Transport for Counting {
    fn send(&self, request: ApiRequest) -> TransportFuture<'_> {
        self.sent.fetch_add(1, Ordering::SeqCst);
        self.http.send(request)
    }
}

/// An app that nobody is logged in to.
struct Quiet;

impl PushListener for Quiet {
    fn on_effect(&self, _effect: PlatformEffect) {}
    fn on_status(&self, _status: PushStatus) {}
}

impl CredentialsProvider for Quiet {
    fn request(&self, _user_id: String, _force_refresh: bool, reply: Arc<CredentialReply>) {
        reply.none();
    }
}

/// Times each report; `is_change` is what every one of them has to be.
fn timed(
    core: &PushCore,
    values: impl Iterator<Item = String>,
    is_change: bool,
) -> Result<Vec<Duration>, BenchError> {
    let mut times = Vec::new();
    for value in values {
        let start = moment();
        let accepted = core.on_registration(RegistrationKind::FcmToken, value, None);
        times.push(start.elapsed());
        if accepted.map_err(BenchError::of)?.changed != is_change {
            return Err(BenchError(format!("a report should have said changed: {is_change}")));
        }
    }
    Ok(times)
}

fn changed_values(core: &PushCore, reports: u64) -> Result<Vec<Duration>, BenchError> {
    timed(core, (1..=reports).map(token), true)
}

/// After [`changed_values`]: the last value over and over.
fn same_value(core: &PushCore, reports: u64) -> Result<Vec<Duration>, BenchError> {
    timed(core, (1..=reports).map(|_| token(reports)), false)
}

/// As long as FCM's own.
fn token(number: u64) -> String {
    format!("{number:016x}:APA91b{}", "x".repeat(134))
}

/// Delivers a device's address, reports it a hundred times more, and counts what that sent.
async fn repeat(core: &PushCore, backend: &Backend, sent: &AtomicU64) -> Result<u64, BenchError> {
    let device = backend.emulator.control().add_device(pushbridge_fcm_emulator::Platform::Android);
    let value = device.fcm_token.expose();
    report_and_sync(core, value).await?;
    let delivered = sent.load(Ordering::SeqCst);
    if delivered == 0 || core.snapshot().map_err(BenchError::of)?.address_state.as_deref() != Some("live") {
        return Err(BenchError::of("the address was not delivered"));
    }
    for _ in 0..REPEATS {
        report_and_sync(core, value).await?;
    }
    let repeated = sent.load(Ordering::SeqCst) - delivered;
    // A count that does not see a change would see no repetition either.
    report_and_sync(core, &token(0)).await?;
    if sent.load(Ordering::SeqCst) == delivered + repeated {
        return Err(BenchError::of("a changed address was not sent"));
    }
    Ok(repeated)
}

async fn report_and_sync(core: &PushCore, value: &str) -> Result<(), BenchError> {
    core.on_registration(RegistrationKind::FcmToken, value.to_owned(), None).map_err(BenchError::of)?;
    match core.sync_now(PATIENCE, SyncTrigger::Start).await.map_err(BenchError::of)? {
        SyncOutcome::UpToDate | SyncOutcome::Delivered { .. } => Ok(()),
        other => Err(BenchError(format!("a sync ended with {other:?}"))),
    }
}

/// What SQLite needs to make one row durable, and nothing else.
fn raw_commits(dir: &Path, commits: u64) -> rusqlite::Result<Vec<Duration>> {
    let connection = Connection::open(dir.join("raw.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE raw (name TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID")?;
    let mut times = Vec::new();
    for number in 0..commits {
        let start = moment();
        connection
            .prepare_cached("INSERT OR REPLACE INTO raw VALUES ('desired', ?1)")?
            .execute([token(number)])?;
        times.push(start.elapsed());
    }
    Ok(times)
}

/// A moment of the machine's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn moment() -> Instant {
    Instant::now()
}

fn figures(times: &mut [Duration]) -> (u64, u64, u64) {
    let mut us = |share| u64::try_from(percentile(times, share).as_micros()).unwrap_or(u64::MAX);
    (us(0.5), us(0.99), us(1.0))
}
