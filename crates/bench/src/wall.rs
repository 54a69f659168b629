//! The logout wall under a storm: phones log out and in as others while messages for all of them are sent.
//!
//! Every message names its user, and the emulator says when it accepted it. An unbind that was answered `closed` promises
//! that nothing for that user reaches that phone any more until he logs in there again, on one monotonic clock (I4).

use std::{
    collections::HashMap,
    ops::Range,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pushbridge_fcm_emulator::{Device, DeviceChange, DeviceId, FaultSpec, Platform};
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
    /// Messages accepted by FCM for a user whose logout from that phone had been answered `closed`.
    pub violations: u64,
    /// Messages that the back end sent.
    pub messages: u64,
    /// Messages that arrived somewhere.
    pub arrived: u64,
}

#[derive(Default)]
struct Seen {
    absences: Mutex<Vec<Absence>>,
    closed: AtomicU64,
    open: AtomicU64,
    messages: AtomicU64,
}

/// From an answer `closed` until the next login of that user on that phone began. Microseconds of the emulator's clock.
struct Absence {
    device: DeviceId,
    user: String,
    time_us: Range<u64>,
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
    // Retries: an attempt that was on the wire at the logout and failed must not be made again.
    let failing = FaultSpec { percent: Some(50.0), ..FaultSpec::status(503) }.latency(storm.latency);
    backend.emulator.control().add_fault(failing).map_err(BenchError::of)?;
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
        let user = format!("u{}", turn % USERS);
        let body = json!({"to": {"user": user}, "message": {"data": {"user": user}}});
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
    let mut gone: HashMap<String, u64> = HashMap::new();
    for turn in 0..turns {
        let login = format!("p{number}-t{turn}");
        let user = format!("u{}", (number + turn) % USERS);
        revision += 1;
        let token = token_of(&backend, &device)?;
        let put = desired(revision, &token, Some((&user, &login)));
        if let Some(since_us) = gone.remove(&user) {
            end_absence(&seen, &device, user.clone(), since_us..now_us(&backend));
        }
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
        if is_closed(&answer)? {
            gone.insert(user, now_us(&backend));
            seen.closed.fetch_add(1, Ordering::Relaxed);
        } else {
            seen.open.fetch_add(1, Ordering::Relaxed);
        }
        if turn % 3 == 2 {
            backend.emulator.control().change(&device.id, DeviceChange::Rotate).map_err(BenchError::of)?;
        }
    }
    for (user, since_us) in gone {
        end_absence(&seen, &device, user, since_us..u64::MAX);
    }
    Ok(())
}

fn now_us(backend: &Backend) -> u64 {
    u64::try_from(backend.clock.elapsed().as_micros()).unwrap_or(u64::MAX)
}

fn end_absence(seen: &Seen, device: &Device, user: String, time_us: Range<u64>) {
    let mut absences = seen.absences.lock().unwrap_or_else(PoisonError::into_inner);
    absences.push(Absence { device: device.id.clone(), user, time_us });
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

fn is_closed(answer: &Value) -> Result<bool, BenchError> {
    match answer["wall"].as_str() {
        Some("closed") => Ok(true),
        Some("open") => Ok(false),
        _ => Err(BenchError("an answer without a wall".to_owned())),
    }
}

/// Waits until nothing is in flight towards the emulator any more.
async fn drain(backend: &Backend) -> Result<(), BenchError> {
    backend.emulator.control().wait_for_in_flight(0, Duration::from_secs(30)).await.map_err(BenchError::of)
}

fn count(backend: &Backend, seen: &Seen) -> Result<WallReport, BenchError> {
    let absences = seen.absences.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut arrived, mut violations) = (0, 0);
    for device in backend.emulator.control().devices() {
        for message in backend.emulator.control().inbox(&device.id, 0).map_err(BenchError::of)? {
            arrived += 1;
            let user = message.message["data"]["user"].as_str().unwrap_or_default();
            let was_gone = |absence: &Absence| {
                absence.device == device.id
                    && absence.user == user
                    && absence.time_us.contains(&message.at_us)
            };
            violations += u64::from(absences.iter().any(was_gone));
        }
    }
    let (closed, open) = (seen.closed.load(Ordering::Relaxed), seen.open.load(Ordering::Relaxed));
    let messages = seen.messages.load(Ordering::Relaxed);
    Ok(WallReport { logouts: closed + open, closed, open, violations, messages, arrived })
}
