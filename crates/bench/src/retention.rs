//! Days of messages, each sent to its end, with the janitor's turns between, on a clock that is moved by hand.

use std::{path::Path, time::Duration};

use pushbridge_server::{
    Clock, Server,
    config::Config,
    feedback::Finding,
    intake::{accept_message, expand_chunk},
    janitor::take_turn,
    outbox::{DeviceCaps, Outcome, Settlement, WorkerId},
    store::{Allowances, AppRow, ClaimRequest},
};
use pushbridge_wire::{IsoDuration, MessageRequest};
use serde::Serialize;

use crate::{
    BenchError,
    backend::{APP, Backend},
    registry::{fill, moment},
};

/// Messages a day; each goes to everyone.
const MESSAGES_A_DAY: u64 = 10;
const DAY: Duration = Duration::from_secs(86_400);
const CLAIMED_AT_ONCE: usize = 500;

/// What was seen, day by day.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RetentionReport {
    /// Deliveries a day.
    pub deliveries_a_day: u64,
    /// Days that a message was kept.
    pub keep_days: u64,
    /// Size of the database's file at the end of each day, in megabytes.
    pub file_mb: Vec<u64>,
    /// Pages of it that wait to be used again, in megabytes.
    pub free_mb: Vec<u64>,
    /// How long the janitor's turn of that day took, in milliseconds.
    pub janitor_ms: Vec<u64>,
    /// Deliveries that stand in the store at the end of each day.
    pub rows: Vec<u64>,
}

/// Simulates `days` with `deliveries` each.
///
/// # Errors
/// Where server or store do not do their part.
pub async fn simulate(days: u32, deliveries: u64, keep: u64) -> Result<RetentionReport, BenchError> {
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    Backend::start(dir.path()).await?.stop().await;
    fill(dir.path(), deliveries / MESSAGES_A_DAY).await?;
    let mut config = Config::defaults().map_err(BenchError::of)?;
    config.server.data_dir = dir.path().to_owned();
    config.retention.keep_messages = IsoDuration(DAY * u32::try_from(keep).unwrap_or(u32::MAX));
    let clock = Clock::manual(Clock::System.now().as_ms());
    let server = Server::open(config, clock).await.map_err(BenchError::of)?;
    let app = server.app();
    let id = APP.parse().map_err(BenchError::of)?;
    let row =
        app.store.find_app(id).await.map_err(BenchError::of)?.ok_or_else(|| BenchError::of("no app"))?;
    let mut report =
        RetentionReport { deliveries_a_day: deliveries, keep_days: keep, ..RetentionReport::default() };
    for _ in 0..days {
        for _ in 0..MESSAGES_A_DAY {
            broadcast(app, &row).await?;
        }
        app.clock.advance(DAY);
        let start = moment();
        take_turn(app).await;
        report.janitor_ms.push(u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX));
        look(dir.path(), &mut report).map_err(BenchError::of)?;
    }
    Ok(report)
}

async fn broadcast(app: &pushbridge_server::App, row: &AppRow) -> Result<(), BenchError> {
    let request =
        r#"{"to":{"everyone":true},"message":{"notification":{"title":"hello","body":"to everyone"}}}"#;
    let request: MessageRequest = serde_json::from_str(request).map_err(BenchError::of)?;
    accept_message(app, row, None, request).await.map_err(BenchError::of)?;
    while expand_chunk(app).await.is_some() {}
    let owner = WorkerId::new(std::process::id(), app.clock.now());
    loop {
        let now = app.clock.now();
        let request = ClaimRequest {
            owner: owner.clone(),
            now,
            lease_until: now.plus(DAY),
            places: CLAIMED_AT_ONCE,
            turn: 0,
            probed: Default::default(),
            allowances: Allowances::unlimited(),
            device_caps: DeviceCaps::new(0, 0),
            paused: Default::default(),
        };
        let claims = app.store.claim_due(request).await.map_err(BenchError::of)?.claims;
        if claims.is_empty() {
            return Ok(());
        }
        let fcm_name = "projects/bench/messages/0:1500415314455276%31bd1c9631bd1c96".to_owned();
        let settle = |claim: pushbridge_server::outbox::Claim| Settlement {
            lease: claim.lease,
            outcome: Outcome::Sent { fcm_name: fcm_name.clone() },
            finding: Finding::Alive,
        };
        app.store
            .settle(claims.into_iter().map(settle).collect::<Vec<_>>(), now)
            .await
            .map_err(BenchError::of)?;
    }
}

/// Looks at the file from outside, as an operator would.
fn look(dir: &Path, report: &mut RetentionReport) -> rusqlite::Result<()> {
    let connection = rusqlite::Connection::open_with_flags(
        dir.join("pushbridge.db"),
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?;
    let ask = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0));
    let page = ask("PRAGMA page_size")?;
    report.file_mb.push(ask("PRAGMA page_count")? * page / 1_000_000);
    report.free_mb.push(ask("PRAGMA freelist_count")? * page / 1_000_000);
    report.rows.push(ask("SELECT count(*) FROM deliveries")?);
    Ok(())
}
