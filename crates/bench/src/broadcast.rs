//! One message to every installation, over HTTP, while the dispatcher is at work on it; then it is cancelled.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    BenchError,
    backend::{APP, Backend},
    percentile::percentile,
    registry::{fill, moment, rss_bytes},
};

/// What was seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct BroadcastReport {
    /// Installations of the app.
    pub installations: u64,
    /// Deliveries that were made.
    pub deliveries: u64,
    /// From the request to its 202, in microseconds.
    pub accept_us: u64,
    /// From the 202 to the last delivery, in milliseconds.
    pub expand_ms: u64,
    /// Median and 99th percentile of a status while it was expanded, in microseconds.
    pub status_expanding_us: (u64, u64),
    /// The same afterwards, all rows there.
    pub status_full_us: (u64, u64),
    /// The same of accepting another message, for one address, while it was expanded.
    pub accept_beside_us: (u64, u64),
    /// A page of 1,000 deliveries from the middle, in microseconds.
    pub page_us: u64,
    /// From the request to the answer of its cancellation, in microseconds.
    pub cancel_us: u64,
    /// Until every delivery was marked, in milliseconds.
    pub cancelled_ms: u64,
    /// Memory of this process with server, emulator and client.
    pub rss_bytes: u64,
}

/// Fills a store and sends to everyone in it.
///
/// # Errors
/// Where server or store do not do their part.
pub async fn measure(installations: u64) -> Result<BroadcastReport, BenchError> {
    let dir = tempfile::tempdir().map_err(BenchError::of)?;
    Backend::start(dir.path()).await?.stop().await;
    fill(dir.path(), installations).await?;
    let backend = Backend::start(dir.path()).await?;
    let mut report = BroadcastReport { installations, ..BroadcastReport::default() };
    let id = accept(&backend, &mut report).await?;
    expand(&backend, &id, &mut report).await?;
    look(&backend, &id, &mut report).await?;
    cancel(&backend, &id, &mut report).await?;
    report.rss_bytes = rss_bytes();
    backend.stop().await;
    Ok(report)
}

fn messages(rest: &str) -> String {
    format!("/v1/apps/{APP}/messages{rest}")
}

fn us(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

fn middle_and_tail(times: &mut [Duration]) -> (u64, u64) {
    (us(percentile(times, 0.5)), us(percentile(times, 0.99)))
}

async fn accept(backend: &Backend, report: &mut BroadcastReport) -> Result<String, BenchError> {
    let everyone = json!({"to": {"everyone": true}, "message": {"data": {"a": "1"}}, "lane": "bulk"});
    let start = moment();
    let accepted = backend.post(&messages(""), &everyone).await?;
    report.accept_us = us(start.elapsed());
    accepted["message_id"].as_str().map(|id| format!("/{id}")).ok_or_else(|| BenchError::of("no message id"))
}

async fn expand(backend: &Backend, id: &str, report: &mut BroadcastReport) -> Result<(), BenchError> {
    let other = json!({"to": {"address": {"kind": "fcm_token", "value": "nobody"}}, "message": {"data": {}},
        "send_at": pushbridge_server::Clock::System.now().plus(Duration::from_secs(86_400))});
    let (mut statuses, mut accepts) = (Vec::new(), Vec::new());
    let start = moment();
    loop {
        let (status, time) = timed_status(backend, id).await?;
        statuses.push(time);
        if status["state"] != "expanding" {
            report.deliveries = status["deliveries"].as_u64().unwrap_or_default();
            break;
        }
        let asked = moment();
        backend.post(&messages(""), &other).await?;
        accepts.push(asked.elapsed());
    }
    report.expand_ms = us(start.elapsed()) / 1_000;
    report.status_expanding_us = middle_and_tail(&mut statuses);
    report.accept_beside_us = middle_and_tail(&mut accepts);
    Ok(())
}

async fn timed_status(backend: &Backend, id: &str) -> Result<(Value, Duration), BenchError> {
    let start = moment();
    let status = backend.get(&messages(id)).await?;
    Ok((status, start.elapsed()))
}

async fn look(backend: &Backend, id: &str, report: &mut BroadcastReport) -> Result<(), BenchError> {
    let mut statuses = Vec::new();
    for _ in 0..200 {
        statuses.push(timed_status(backend, id).await?.1);
    }
    report.status_full_us = middle_and_tail(&mut statuses);
    let start = moment();
    backend.get(&messages(&format!("{id}/deliveries?limit=1000&cursor={}", report.deliveries / 2))).await?;
    report.page_us = us(start.elapsed());
    Ok(())
}

async fn cancel(backend: &Backend, id: &str, report: &mut BroadcastReport) -> Result<(), BenchError> {
    let start = moment();
    let mut status = backend.delete(&messages(id)).await?;
    report.cancel_us = us(start.elapsed());
    while status["counts"]["pending"] != 0 {
        status = timed_status(backend, id).await?.0;
    }
    report.cancelled_ms = us(start.elapsed()) / 1_000;
    Ok(())
}
