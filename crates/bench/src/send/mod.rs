//! Sending: the real server beside the bare loop of the h2 crate, against the same emulator, in turn.
//!
//! In: how many deliveries, FCM's latency, how many rounds. Out: rates, CPU for 1,000 deliveries, their ratio, losses and
//! duplicates. Each program is a process of its own, so that its CPU is its own; all share this machine's cores.

mod bare;
mod programs;
mod round;

use serde::Serialize;
use serde_json::json;

pub use bare::{BareRound, rush_file};
use programs::Program;
use round::{Fcm, ServerRound};

use crate::BenchError;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct SendPlan {
    /// Deliveries of a round, each to a phone of its own.
    pub deliveries: u64,
    /// How long FCM takes to answer.
    pub latency_ms: u64,
    /// Of 100 sends, so many are answered with an error: 404, 429 for the device, 503, or a cut connection.
    pub errors_percent: u32,
    /// Rounds of each side, in turn.
    pub rounds: usize,
}

/// What was seen: medians of the rounds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SendReport {
    /// Deliveries of a round.
    pub deliveries: u64,
    /// FCM's latency.
    pub latency_ms: u64,
    /// Rounds of each side.
    pub rounds: usize,
    /// Deliveries a second, from the request's 202 to the last outcome on disk.
    pub rate: f64,
    /// Sends a second of the bare loop.
    pub bare_rate: f64,
    /// The server's rate over that of the bare loop.
    pub rate_ratio: f64,
    /// CPU of the server for 1,000 deliveries, in milliseconds: expansion, claims, sends and settlements.
    pub cpu_ms_per_1000: f64,
    /// The same of the bare loop.
    pub bare_cpu_ms_per_1000: f64,
    /// The one over the other.
    pub cpu_ratio: f64,
    /// Deliveries, over all rounds, that were to be taken and never were.
    pub lost: u64,
    /// Messages that FCM took more than once, over all rounds.
    pub duplicates: u64,
    /// Deliveries that ended failed, over all rounds: with errors, those that were answered 404.
    pub failed: u64,
    /// The most memory that the server had.
    pub rss_bytes: u64,
}

/// Measures.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(plan: SendPlan) -> Result<SendReport, BenchError> {
    let (mut served, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.max(1) {
        served.push(round::serve(plan).await?);
        bare.push(bare_round(plan).await?);
    }
    Ok(report(plan, &served, &bare))
}

/// The loop as a process of its own, against an emulator of its own.
async fn bare_round(plan: SendPlan) -> Result<BareRound, BenchError> {
    let fcm = Fcm::start(plan.deliveries).await?;
    fcm.fault(&json!({"latency_ms": plan.latency_ms})).await?;
    let file = fcm.dir.path().join("tokens");
    std::fs::write(&file, fcm.tokens.join("\n")).map_err(BenchError::of)?;
    let file = file.display().to_string();
    let deliveries = plan.deliveries.to_string();
    let name = "pushbridge-bench";
    let program =
        Program::start(name, &["send-bare", fcm.url()?, file.as_str(), deliveries.as_str()], &[]).await?;
    let round = serde_json::from_value(program.ready.clone()).map_err(BenchError::of)?;
    fcm.end().await?;
    Ok(round)
}

fn report(plan: SendPlan, served: &[ServerRound], bare: &[BareRound]) -> SendReport {
    let rate = median(served.iter().map(|round| round.rate));
    let bare_rate = median(bare.iter().map(|round| round.rate));
    let cpu = median(served.iter().map(|round| round.cpu_ms_per_1000));
    let bare_cpu = median(bare.iter().map(|round| round.cpu_ms_per_1000));
    SendReport {
        deliveries: plan.deliveries,
        latency_ms: plan.latency_ms,
        rounds: served.len(),
        rate,
        bare_rate,
        rate_ratio: rate / bare_rate,
        cpu_ms_per_1000: cpu,
        bare_cpu_ms_per_1000: bare_cpu,
        cpu_ratio: cpu / bare_cpu,
        lost: served.iter().map(|round| round.lost).sum(),
        duplicates: served.iter().map(|round| round.duplicates).sum(),
        failed: served.iter().map(|round| round.failed).sum(),
        rss_bytes: served.iter().map(|round| round.rss_bytes).max().unwrap_or_default(),
    }
}

fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
