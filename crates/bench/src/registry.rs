//! The registry with many installations, beside the same registry when it was empty and beside bare SQLite.

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use pushbridge_server::{
    registry::{Nonce, UserProof},
    store::{AppNo, PutAnswer, PutRequest, Store, StoreOptions},
};
use pushbridge_wire::{
    Address, AddressKind, InstallationId, InstallationRequest, InstallationSecret, Platform, Tags,
};
use rusqlite::Connection;
use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    BenchError,
    backend::{APP, Backend},
    percentile::percentile,
};

/// Requests measured for a percentile.
const PROBES: u64 = 2_000;
/// Clients at once.
const CLIENTS: u64 = 64;
/// Writers that fill a store: as many as go into one commit.
const FILLERS: u64 = 256;
/// Rows that bare SQLite writes in one commit.
const ROWS_A_COMMIT: u64 = 200;

/// What was seen. Times in microseconds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RegistryReport {
    /// Installations in the full store.
    pub installations: u64,
    /// Size of its file.
    pub file_bytes: u64,
    /// PUTs per second over HTTP at 64 clients, full store.
    pub puts_per_second: u64,
    /// Rows per second of bare SQLite on the same disk, 200 a commit, a row and its index entries.
    pub raw_rows_per_second: u64,
    /// Median and 99th percentile of a PUT: empty store.
    pub put_empty_us: (u64, u64),
    /// The same: full store.
    pub put_full_us: (u64, u64),
    /// Median and 99th percentile of `explain`: empty store.
    pub explain_empty_us: (u64, u64),
    /// The same: full store.
    pub explain_full_us: (u64, u64),
    /// Memory of this process with server and clients, full store.
    pub rss_bytes: u64,
}

/// A moment of the machine's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
pub(crate) fn moment() -> Instant {
    Instant::now()
}

/// Measures an empty store, fills it with `installations`, and measures again.
///
/// # Errors
/// Where server or store do not do their part.
pub async fn measure(installations: u64) -> Result<RegistryReport, BenchError> {
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    let mut report = RegistryReport { installations, ..RegistryReport::default() };
    let backend = Arc::new(Backend::start(dir.path()).await?);
    report.put_empty_us = probe_puts(&backend, installations).await?;
    report.explain_empty_us = probe_explain(&backend, 1).await?;
    stop(backend).await;
    fill(dir.path(), installations).await?;
    report.file_bytes = std::fs::metadata(dir.path().join("pushbridge.db")).map_err(BenchError::of)?.len();
    let backend = Arc::new(Backend::start(dir.path()).await?);
    report.put_full_us = probe_puts(&backend, installations * 2).await?;
    report.explain_full_us = probe_explain(&backend, installations).await?;
    report.puts_per_second = rush(&backend, installations * 3).await?;
    report.rss_bytes = rss_bytes();
    stop(backend).await;
    report.raw_rows_per_second = raw_rows(dir.path()).map_err(BenchError::of)?;
    Ok(report)
}

pub(crate) async fn stop(backend: Arc<Backend>) {
    if let Some(backend) = Arc::into_inner(backend) {
        backend.stop().await;
    }
}

/// An id of its own for each number: `from_random` sets six bits of bytes 6 and 8, so these alone would not tell apart
/// 2⁶⁴ numbers, which is why they stand twice.
pub(crate) fn installation(number: u64) -> InstallationId {
    let mut bytes = [0; 16];
    // Spread, as random ids are: neighbours in time must not be neighbours in the index.
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    bytes[8..].copy_from_slice(&number.to_be_bytes());
    InstallationId::from_random(bytes)
}

fn token(number: u64) -> String {
    format!("{number:016x}:APA91b{}", "x".repeat(134))
}

pub(crate) async fn fill(dir: &Path, installations: u64) -> Result<(), BenchError> {
    fill_with(dir, (0..installations).map(token).collect()).await
}

/// Writes an installation for each token.
pub(crate) async fn fill_with(dir: &Path, tokens: Vec<String>) -> Result<(), BenchError> {
    let tokens: Arc<[String]> = tokens.into();
    let store = Store::open(&StoreOptions { dir: dir.to_owned(), readers: 1 }).map_err(BenchError::of)?;
    let app = APP.parse().map_err(BenchError::of)?;
    let app = store.find_app(app).await.map_err(BenchError::of)?.ok_or_else(|| BenchError::of("no app"))?.no;
    let mut fillers = JoinSet::new();
    for filler in 0..FILLERS {
        let (store, tokens) = (store.clone(), tokens.clone());
        fillers.spawn(async move {
            for (number, token) in (0..).zip(tokens.iter()).filter(|(number, _)| number % FILLERS == filler) {
                let answer =
                    store.put_installation(first_put(app, number, token)?).await.map_err(BenchError::of)?;
                if !matches!(answer, PutAnswer::Decided { .. }) {
                    return Err(BenchError::of("a PUT was refused"));
                }
            }
            Ok(())
        });
    }
    while let Some(filled) = fillers.join_next().await {
        filled.map_err(BenchError::of)??;
    }
    store.close();
    Ok(())
}

fn first_put(app: AppNo, number: u64, token: &str) -> Result<PutRequest, BenchError> {
    let value = token.to_owned().try_into().map_err(BenchError::of)?;
    Ok(PutRequest {
        app,
        id: installation(number),
        secret_hash: InstallationSecret::from_random([0; 32]).hash(),
        request: InstallationRequest {
            revision: 1.try_into().map_err(BenchError::of)?,
            platform: Platform::Android,
            address: Some(Address { kind: AddressKind::FcmToken, value }),
            user: Some(format!("u{number}").parse().map_err(BenchError::of)?),
            login_id: Some(format!("l{number}").parse().map_err(BenchError::of)?),
            permission: None,
            app_version: Some("2.1.0".to_owned()),
            os_version: Some("16".to_owned()),
            locale: Some("ru-RU".to_owned()),
            timezone: Some("Europe/Moscow".to_owned()),
            tags: Tags::default(),
        },
        proof: UserProof::Trusted,
        nonce: Nonce::from_random([0; 24]),
        challenge_life: Duration::from_secs(600),
        now: pushbridge_server::Clock::System.now(),
    })
}

async fn put_new(backend: &Backend, number: u64) -> Result<(), BenchError> {
    let secret = InstallationSecret::from_random([0; 32]);
    let body = json!({
        "revision": 1, "platform": "android", "address": {"kind": "fcm_token", "value": token(number)},
        "user": format!("u{number}"), "login_id": format!("l{number}"), "locale": "ru-RU",
    });
    backend.put(&installation(number).to_string(), secret.expose(), &body).await.map(drop)
}

async fn probe_puts(backend: &Backend, from: u64) -> Result<(u64, u64), BenchError> {
    let mut times = Vec::new();
    for number in from..from + PROBES {
        let start = moment();
        put_new(backend, number).await?;
        times.push(start.elapsed());
    }
    Ok(middle_and_tail(&mut times))
}

async fn probe_explain(backend: &Backend, users: u64) -> Result<(u64, u64), BenchError> {
    let mut times = Vec::new();
    for number in 0..PROBES {
        let user = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % users;
        let start = moment();
        backend.get(&format!("/v1/apps/{APP}/users/u{user}/explain")).await?;
        times.push(start.elapsed());
    }
    Ok(middle_and_tail(&mut times))
}

fn middle_and_tail(times: &mut [Duration]) -> (u64, u64) {
    let us = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    (us(percentile(times, 0.5)), us(percentile(times, 0.99)))
}

async fn rush(backend: &Arc<Backend>, from: u64) -> Result<u64, BenchError> {
    const EACH: u64 = 300;
    let start = moment();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let backend = backend.clone();
        clients.spawn(async move {
            for turn in 0..EACH {
                put_new(&backend, from + client * EACH + turn).await?;
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(ended) = clients.join_next().await {
        ended.map_err(BenchError::of)??;
    }
    Ok(rate(CLIENTS * EACH, start.elapsed()))
}

/// What SQLite does with rows of the same size and as many index entries, and nothing else.
fn raw_rows(dir: &Path) -> rusqlite::Result<u64> {
    const COMMITS: u64 = 100;
    let mut connection = Connection::open(dir.join("raw.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch(
        "CREATE TABLE raw (no INTEGER PRIMARY KEY, id BLOB UNIQUE, key BLOB, user TEXT, seen INTEGER, rest TEXT);
         CREATE INDEX raw_key ON raw (key); CREATE INDEX raw_user ON raw (user); CREATE INDEX raw_seen ON raw (seen);",
    )?;
    let start = moment();
    for commit in 0..COMMITS {
        let transaction = connection.transaction()?;
        for row in 0..ROWS_A_COMMIT {
            let number = commit * ROWS_A_COMMIT + row;
            let id = *installation(number).as_bytes();
            let rest = token(number).repeat(2);
            let mut insert =
                transaction.prepare_cached("INSERT INTO raw VALUES (NULL, ?1, ?2, ?3, ?4, ?5)")?;
            insert.execute((id, &id[..8], format!("u{number}"), number, rest))?;
        }
        transaction.commit()?;
    }
    Ok(rate(COMMITS * ROWS_A_COMMIT, start.elapsed()))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a rate to look at"
)]
fn rate(count: u64, time: Duration) -> u64 {
    (count as f64 / time.as_secs_f64()) as u64
}

/// Resident memory of this process; zero where the system does not say.
pub(crate) fn rss_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
