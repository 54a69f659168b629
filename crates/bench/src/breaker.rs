//! A wave of dead verdicts: FCM calls every address of an app dead, for a reason that is not theirs.
//!
//! In: installations, and what went wrong. Out: how many addresses are in use afterwards, and how often somebody was
//! woken. Next: the operator mends the cause and drops what is held.

use std::{
    path::Path,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use clap::ValueEnum;
use pushbridge_fcm_emulator::{FaultAction, FaultSpec, FcmErrorCode, Platform};
use pushbridge_wire::InstallationSecret;
use rusqlite::{Connection, OpenFlags};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tracing::{Event, Level, Metadata, Subscriber, field::Field, span};

use crate::{
    BenchError,
    backend::{APP, Backend},
    registry::{installation, moment},
};

/// Phones that register at once.
const CLIENTS: u64 = 64;

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The service account belongs to another project: `SENDER_ID_MISMATCH`.
    WrongProject,
    /// A database of another project was restored, say: `UNREGISTERED` for every address.
    Unregistered,
    /// A wrong endpoint or a proxy: 404 without FCM's error code.
    BareNotFound,
    /// The key was withdrawn: 401 for every message.
    WrongKey,
}

/// What was seen.
#[derive(Clone, Debug, Serialize)]
pub struct BreakerReport {
    /// Why every attempt failed.
    pub cause: Cause,
    /// Addresses in use before.
    pub installations: u64,
    /// Attempts that FCM answered so.
    pub attempts: usize,
    /// Addresses in use after.
    pub live: u64,
    /// Verdicts that are held.
    pub held: u64,
    /// Deliveries that failed for good.
    pub failed: u64,
    /// Deliveries that were sent once the cause was mended.
    pub sent: u64,
    /// Alarms that retiring is held, or that the app cannot send.
    pub alarms: u64,
    /// Addresses in use after the held verdicts were dropped.
    pub live_after_drop: u64,
    /// Until all that, in milliseconds.
    pub took_ms: u64,
}

impl BreakerReport {
    /// No address lost and one alarm. Where the verdicts were about addresses they are held; where they were about the
    /// project, every delivery waited and was sent.
    #[must_use]
    pub fn holds(&self) -> bool {
        let all = self.installations;
        let ended = match self.cause {
            Cause::WrongProject | Cause::Unregistered => (self.held, self.failed, self.sent) == (all, all, 0),
            Cause::BareNotFound | Cause::WrongKey => (self.held, self.failed, self.sent) == (0, 0, all),
        };
        ended && self.live == all && self.live_after_drop == all && self.alarms == 1
    }
}

/// Sends to everyone while `cause` holds, until every delivery had its attempt or waits; then the cause is mended.
///
/// # Errors
/// Where server, store or emulator do not do their part.
pub async fn measure(installations: u64, cause: Cause) -> Result<BreakerReport, BenchError> {
    listen_for_alarms();
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    let backend = Arc::new(Backend::start(dir.path()).await?);
    fill(&backend, installations).await?;
    backend.emulator.control().add_fault(fault(cause)).map_err(BenchError::of)?;
    let (start, alarms) = (moment(), ALARMS.load(Ordering::SeqCst));
    let everyone = json!({"to": {"everyone": true}, "message": {"data": {"a": "1"}}});
    let accepted = backend.post(&format!("/v1/apps/{APP}/messages"), &everyone).await?;
    let id = accepted["message_id"].as_str().ok_or_else(|| BenchError::of("no message id"))?;
    until_attempted(&backend, id, installations).await?;
    let (live, held) = look(dir.path())?;
    if held > 0 {
        backend.post(&format!("/v1/admin/apps/{APP}/retiring"), &json!({"release": "drop"})).await?;
    }
    backend.emulator.control().clear_faults();
    backend.set_right().await?;
    let counts = until_done(&backend, id).await?;
    let report = BreakerReport {
        cause,
        installations,
        attempts: backend.emulator.control().stats().requests,
        live,
        held,
        failed: counts["failed"].as_u64().unwrap_or_default(),
        sent: counts["sent"].as_u64().unwrap_or_default(),
        alarms: ALARMS.load(Ordering::SeqCst) - alarms,
        live_after_drop: look(dir.path())?.0,
        took_ms: u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    if let Some(backend) = Arc::into_inner(backend) {
        backend.stop().await;
    }
    Ok(report)
}

/// Phones of the emulator, each with an installation: it looks for the address before it looks for a fault.
async fn fill(backend: &Arc<Backend>, installations: u64) -> Result<(), BenchError> {
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let backend = backend.clone();
        clients.spawn(async move {
            let secret = InstallationSecret::from_random([0; 32]);
            for number in (client..installations).step_by(CLIENTS as usize) {
                let device = backend.emulator.control().add_device(Platform::Android);
                let token = device.fcm_token.expose();
                let put = json!({"revision": 1, "platform": "android",
                    "address": {"kind": "fcm_token", "value": token}});
                backend.put(&installation(number).to_string(), secret.expose(), &put).await?;
            }
            Ok::<_, BenchError>(())
        });
    }
    while let Some(filled) = clients.join_next().await {
        filled.map_err(BenchError::of)??;
    }
    Ok(())
}

fn fault(cause: Cause) -> FaultSpec {
    match cause {
        Cause::WrongProject => FaultSpec::code(FcmErrorCode::SenderIdMismatch),
        Cause::Unregistered => FaultSpec::code(FcmErrorCode::Unregistered),
        Cause::BareNotFound => FaultSpec { status: Some(404), ..FaultSpec::action(FaultAction::Html) },
        Cause::WrongKey => FaultSpec::status(401),
    }
}

/// Until every delivery has ended, or the app's sending is blocked and its deliveries wait for somebody to mend it.
async fn until_attempted(backend: &Backend, id: &str, all: u64) -> Result<(), BenchError> {
    loop {
        let status = backend.get(&format!("/v1/apps/{APP}/messages/{id}")).await?;
        if status["state"] == "done" && status["deliveries"] == all {
            return Ok(());
        }
        let app = backend.get(&format!("/v1/admin/apps/{APP}")).await?;
        if status["state"] != "expanding" && !app["sending_blocked"].is_null() {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// The counts of a message whose deliveries have all ended.
async fn until_done(backend: &Backend, id: &str) -> Result<Value, BenchError> {
    loop {
        let mut status = backend.get(&format!("/v1/apps/{APP}/messages/{id}")).await?;
        if status["state"] == "done" {
            return Ok(status["counts"].take());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Addresses in use, and verdicts that are held.
fn look(dir: &Path) -> Result<(u64, u64), BenchError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let store = Connection::open_with_flags(dir.join("pushbridge.db"), flags).map_err(BenchError::of)?;
    let sql = "SELECT (SELECT count(*) FROM installations WHERE address_state = 'live'),
                      (SELECT count(*) FROM dead_verdicts WHERE held = 1)";
    store.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).map_err(BenchError::of)
}

static ALARMS: AtomicU64 = AtomicU64::new(0);

fn listen_for_alarms() {
    static ONCE: Once = Once::new();
    // Where somebody else listens already there is nothing to count, and the report says so.
    ONCE.call_once(|| drop(tracing::subscriber::set_global_default(AlarmCounter)));
}

/// Counts what an operator would be woken by.
struct AlarmCounter;

impl Subscriber for AlarmCounter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR && metadata.is_event()
    }
    fn event(&self, event: &Event<'_>) {
        event.record(&mut |field: &Field, value: &dyn std::fmt::Debug| {
            let text = format!("{value:?}");
            let is_alarm =
                ["retiring is held", "the app cannot send"].iter().any(|alarm| text.starts_with(alarm));
            ALARMS.fetch_add(u64::from(field.name() == "message" && is_alarm), Ordering::SeqCst);
        });
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}
