//! The logout wall under a storm: phones log out and in as others while messages for all of them are sent.
//!
//! Every message carries the login that it was for, and the emulator says when it accepted it. An unbind that was
//! answered `closed` promises that nothing for that login is accepted later, on one monotonic clock (I4).

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pushbridge_fcm_emulator::{Device, DeviceChange, FaultSpec, Platform};
use pushbridge_wire::{InstallationId, InstallationSecret};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::{
    BenchError,
    backend::{APP, Backend},
};

const USERS: u64 = 4;
const SENDERS: u64 = 4;

/// How big the storm is.
#[derive(Clone, Copy, Debug)]
pub struct Storm {
    /// Logouts in all.
    pub logouts: u64,
    /// Phones that log out and in at the same time.
    pub phones: u64,
    /// How long FCM takes for half of the messages.
    pub latency: Duration,
}

/// What was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WallReport {
    /// Unbinds.
    pub logouts: u64,
    /// Those answered `closed`.
    pub closed: u64,
    /// Those answered `open`.
    pub open: u64,
    /// Messages accepted by FCM for a login whose end had been answered `closed`.
    pub violations: u64,
    /// Messages that the back end sent.
    pub messages: u64,
    /// Messages that arrived somewhere.
    pub arrived: u64,
}

#[derive(Default)]
struct Seen {
    /// Login → when its end was answered `closed`, in microseconds of the emulator's clock.
    closed: Mutex<HashMap<String, u64>>,
    open: AtomicU64,
    messages: AtomicU64,
}

/// Lets it rage, and compares what arrived with what was promised.
///
/// # Errors
/// Where server or emulator do not do their part.
pub async fn rage(storm: Storm) -> Result<WallReport, BenchError> {
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    let backend = Arc::new(Backend::start(dir.path()).await?);
    let slow = FaultSpec { percent: Some(50.0), ..FaultSpec::default() }.latency(storm.latency);
    backend.emulator.control().add_fault(slow).map_err(BenchError::of)?;
    let seen = Arc::new(Seen::default());
    let over = CancellationToken::new();
    let mut senders = JoinSet::new();
    for number in 0..SENDERS {
        senders.spawn(send_until(backend.clone(), seen.clone(), number, over.clone()));
    }
    let mut phones = JoinSet::new();
    for number in 0..storm.phones {
        let turns = storm.logouts / storm.phones + u64::from(number < storm.logouts % storm.phones);
        phones.spawn(live(backend.clone(), seen.clone(), number, turns));
    }
    while let Some(ended) = phones.join_next().await {
        ended.map_err(BenchError::of)??;
    }
    over.cancel();
    while let Some(ended) = senders.join_next().await {
        ended.map_err(BenchError::of)??;
    }
    drain(&backend).await?;
    let report = count(&backend, &seen)?;
    if let Some(backend) = Arc::into_inner(backend) {
        backend.stop().await;
    }
    Ok(report)
}

async fn send_until(
    backend: Arc<Backend>,
    seen: Arc<Seen>,
    number: u64,
    over: CancellationToken,
) -> Result<(), BenchError> {
    let path = format!("/v1/apps/{APP}/messages");
    let mut turn = number;
    while !over.is_cancelled() {
        let body = json!({"to": {"user": format!("u{}", turn % USERS)}, "message": {"data": {"n": turn.to_string()}}});
        backend.post(&path, &body).await?;
        seen.messages.fetch_add(1, Ordering::Relaxed);
        turn += 1;
    }
    Ok(())
}

/// One phone: a person logs in, gets messages, and leaves; sometimes another takes the phone over in the same PUT,
/// sometimes the token is reset.
async fn live(backend: Arc<Backend>, seen: Arc<Seen>, number: u64, turns: u64) -> Result<(), BenchError> {
    let device = backend.emulator.control().add_device(Platform::Android);
    let byte = u8::try_from(number % 256).unwrap_or_default();
    let installation = InstallationId::from_random([byte; 16]).to_string();
    let secret = InstallationSecret::from_random([byte; 32]);
    let mut revision = 0;
    for turn in 0..turns {
        let login = format!("p{number}-t{turn}");
        let user = format!("u{}", (number + turn) % USERS);
        revision += 1;
        let token = token_of(&backend, &device)?;
        let put = desired(revision, &token, Some((&user, &login)));
        backend.put(&installation, secret.expose(), &put).await?;
        // As long as one message takes: some logouts meet an empty wire, most do not.
        tokio::time::sleep(Duration::from_millis(turn % 7)).await;
        revision += 1;
        let next = format!("p{number}-t{turn}-next");
        let leaving = match turn % 3 {
            0 => desired(revision, &token, Some(("other", &next))),
            1 => desired(revision, &token, None),
            _ => json!({"revision": revision, "platform": "android"}),
        };
        let answer = backend.put(&installation, secret.expose(), &leaving).await?;
        let answered_us = u64::try_from(backend.clock.elapsed().as_micros()).unwrap_or(u64::MAX);
        note(&seen, &answer, login, answered_us)?;
        if turn % 3 == 2 {
            backend.emulator.control().change(&device.id, DeviceChange::Rotate).map_err(BenchError::of)?;
        }
    }
    Ok(())
}

fn token_of(backend: &Backend, device: &Device) -> Result<String, BenchError> {
    let device = backend.emulator.control().device(&device.id).map_err(BenchError::of)?;
    Ok(device.fcm_token.expose().to_owned())
}

fn desired(revision: u64, token: &str, login: Option<(&str, &str)>) -> Value {
    let (user, login) = login.unzip();
    json!({
        "revision": revision, "platform": "android", "address": {"kind": "fcm_token", "value": token},
        "user": user, "login_id": login,
    })
}

fn note(seen: &Seen, answer: &Value, login: String, answered_us: u64) -> Result<(), BenchError> {
    match answer["wall"].as_str() {
        Some("closed") => {
            let mut closed = seen.closed.lock().unwrap_or_else(PoisonError::into_inner);
            closed.insert(login, answered_us);
        }
        Some("open") => {
            seen.open.fetch_add(1, Ordering::Relaxed);
        }
        _ => return Err(BenchError("an answer without a wall".to_owned())),
    }
    Ok(())
}

/// Waits until nothing is in flight towards the emulator any more.
async fn drain(backend: &Backend) -> Result<(), BenchError> {
    backend.emulator.control().wait_for_in_flight(0, Duration::from_secs(30)).await.map_err(BenchError::of)
}

fn count(backend: &Backend, seen: &Seen) -> Result<WallReport, BenchError> {
    let closed = seen.closed.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut arrived, mut violations) = (0, 0);
    for device in backend.emulator.control().devices() {
        for message in backend.emulator.control().inbox(&device.id, 0).map_err(BenchError::of)? {
            arrived += 1;
            let login = message.message["data"]["pb_login"].as_str().unwrap_or_default();
            violations +=
                u64::from(closed.get(login).is_some_and(|answered_us| message.at_us > *answered_us));
        }
    }
    let open = seen.open.load(Ordering::Relaxed);
    let closed = u64::try_from(closed.len()).unwrap_or(u64::MAX);
    let messages = seen.messages.load(Ordering::Relaxed);
    Ok(WallReport { logouts: closed + open, closed, open, violations, messages, arrived })
}
