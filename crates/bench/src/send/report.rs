//! Rounds of the server and of the bare loop in turn, and their medians.

use serde::Serialize;
use serde_json::json;

use super::{
    BareRound, SendPlan,
    fcm::Fcm,
    programs::Program,
    round::{ServerRound, serve},
    server::Template,
};
use crate::BenchError;

/// What was seen: medians of the rounds.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SendReport {
    /// Deliveries of a round.
    pub deliveries: u64,
    /// FCM's latency.
    pub latency_ms: u64,
    /// Of 100 sends, so many failed.
    pub errors_percent: u32,
    /// Rounds of each side.
    pub rounds: usize,
    /// Whether over TLS.
    pub tls: bool,
    /// Deliveries a second, from the request to the last outcome on disk.
    pub rate: f64,
    /// Sends a second of the bare loop, which meets no errors.
    pub bare_rate: f64,
    /// The server's rate over that of the bare loop.
    pub rate_ratio: f64,
    /// CPU of the server for 1,000 deliveries, in milliseconds: expansion, claims, sends and settlements.
    pub cpu_ms_per_1000: f64,
    /// The same of the bare loop.
    pub bare_cpu_ms_per_1000: f64,
    /// The server's CPU over that of the bare loop.
    pub cpu_ratio: f64,
    /// CPU of the emulator for 1,000 deliveries of the server, reading its log included: what shares the cores.
    pub fcm_cpu_ms_per_1000: f64,
    /// From the request to its 202, in milliseconds; the worst of the rounds.
    pub accept_ms: f64,
    /// From the request to FCM's taking the delivery, FCM's latency taken off, in milliseconds: median over the
    /// deliveries. One message to everyone is as late as the drain is long.
    pub bulk_p50_ms: f64,
    /// The same, 99th percentile.
    pub bulk_p99_ms: f64,
    /// Deliveries that FCM never took or of which nothing is known, over all rounds.
    pub lost: u64,
    /// Deliveries without an end, over all rounds.
    pub stuck: u64,
    /// Deliveries that FCM took more than once, over all rounds.
    pub duplicates: u64,
    /// Those of them for which there is no reason: a cut connection is one.
    pub duplicates_unexplained: u64,
    /// Deliveries that ended failed, over all rounds: those to dead addresses.
    pub failed: u64,
    /// Deliveries that ended otherwise than they must, over all rounds.
    pub wrong_ends: u64,
    /// Addresses that ended otherwise than they must, over all rounds.
    pub wrong_addresses: u64,
    /// Requests that FCM got in the server's rounds; the next four are those that were refused or not answered.
    pub attempts: u64,
    /// 404.
    pub answered_404: u64,
    /// 429.
    pub answered_429: u64,
    /// 503.
    pub answered_503: u64,
    /// Not answered.
    pub unanswered: u64,
    /// The most memory that the server had.
    pub rss_bytes: u64,
    /// Whether everything ended as it must.
    pub holds: bool,
}

/// Measures.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(plan: SendPlan) -> Result<SendReport, BenchError> {
    measure_on(plan, &Template::fill(plan.deliveries).await?).await
}

/// Measures on copies of a store that was filled before.
pub(super) async fn measure_on(plan: SendPlan, template: &Template) -> Result<SendReport, BenchError> {
    let (mut served, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.max(1) {
        served.push(serve(plan, template).await?);
        bare.push(bare_round(plan).await?);
    }
    Ok(report(plan, &served, &bare))
}

/// The loop as a process of its own, against an emulator of its own.
pub(super) async fn bare_round(plan: SendPlan) -> Result<BareRound, BenchError> {
    let (fcm, tokens) = start_fcm(plan).await?;
    let round = rush(&fcm, &tokens, plan.deliveries).await?;
    fcm.end().await?;
    Ok(round)
}

/// The bare loop, as a program, against `fcm`.
pub(super) async fn rush(fcm: &Fcm, tokens: &str, deliveries: u64) -> Result<BareRound, BenchError> {
    let deliveries = deliveries.to_string();
    let mut arguments = vec!["send-bare", fcm.url()?, tokens, &deliveries];
    if let Some(ca) = fcm.ca()? {
        arguments.extend(["--ca", ca]);
    }
    let program = Program::start("pushbridge-bench", &arguments, &[]).await?;
    serde_json::from_value(program.ready.clone()).map_err(BenchError::of)
}

/// An emulator for the bare loop or the bare client, and the file of its phones' tokens.
pub(super) async fn start_fcm(plan: SendPlan) -> Result<(Fcm, String), BenchError> {
    let fcm = Fcm::start(plan.deliveries, plan.tls).await?;
    if plan.latency_ms > 0 {
        fcm.fault(&json!({"latency_ms": plan.latency_ms})).await?;
    }
    let file = fcm.dir.path().join("tokens");
    std::fs::write(&file, fcm.tokens.join("\n")).map_err(BenchError::of)?;
    Ok((fcm, file.display().to_string()))
}

fn report(plan: SendPlan, served: &[ServerRound], bare: &[BareRound]) -> SendReport {
    let of_served = |figure: fn(&ServerRound) -> f64| median(served.iter().map(figure));
    let total = |figure: fn(&ServerRound) -> u64| served.iter().map(figure).sum();
    let (rate, cpu) = (of_served(|round| round.rate), of_served(|round| round.cpu_ms_per_1000));
    let bare_rate = median(bare.iter().map(|round| round.rate));
    let bare_cpu = median(bare.iter().map(|round| round.cpu_ms_per_1000));
    SendReport {
        deliveries: plan.deliveries,
        latency_ms: plan.latency_ms,
        errors_percent: plan.errors_percent,
        rounds: served.len(),
        tls: plan.tls,
        rate,
        bare_rate,
        rate_ratio: rate / bare_rate,
        cpu_ms_per_1000: cpu,
        bare_cpu_ms_per_1000: bare_cpu,
        cpu_ratio: cpu / bare_cpu,
        fcm_cpu_ms_per_1000: of_served(|round| round.fcm_cpu_ms_per_1000),
        accept_ms: served.iter().map(|round| round.accept_ms).fold(0.0, f64::max),
        bulk_p50_ms: of_served(|round| round.late_ms.0),
        bulk_p99_ms: of_served(|round| round.late_ms.1),
        lost: total(|round| round.tally.lost),
        stuck: total(|round| round.tally.stuck),
        duplicates: total(|round| round.tally.duplicates),
        duplicates_unexplained: total(|round| round.tally.duplicates_unexplained),
        failed: total(|round| round.tally.failed),
        wrong_ends: total(|round| round.tally.wrong_ends),
        wrong_addresses: total(|round| round.tally.wrong_addresses),
        attempts: total(|round| round.tally.attempts),
        answered_404: total(|round| round.tally.answered_404),
        answered_429: total(|round| round.tally.answered_429),
        answered_503: total(|round| round.tally.answered_503),
        unanswered: total(|round| round.tally.unanswered),
        rss_bytes: served.iter().map(|round| round.rss_bytes).max().unwrap_or_default(),
        holds: served.iter().all(|round| round.tally.holds()),
    }
}

pub(super) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
