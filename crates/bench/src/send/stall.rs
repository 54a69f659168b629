//! One in a hundred requests is refused for some seconds: what the others lose by it.
//!
//! In: what they are refused with. Out: the rate of the phones that were never refused, beside that of a run without, in
//! turn. The server waits as it always does, so the refused ones come later, and must come.

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    SendPlan,
    fcm::{Fcm, Seen},
    report::median,
    round::{body, round_settings},
    server::{Server, Template},
    tally::{Evidence, Tally, count},
};
use crate::BenchError;

const PERCENT: u32 = 1;
const RETRY_AFTER_S: u32 = 5;

/// What one in a hundred is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// 503 UNAVAILABLE with `Retry-After: 5`.
    Unavailable,
    /// 429 for the device with `Retry-After: 5`.
    DeviceQuota,
}

/// What was seen: medians of the rounds.
#[derive(Clone, Debug, Serialize)]
pub struct StallReport {
    /// With what.
    pub refusal: Refusal,
    /// Deliveries of a round.
    pub deliveries: u64,
    /// FCM's latency.
    pub latency_ms: u64,
    /// Rounds of each.
    pub rounds: usize,
    /// Deliveries a second with nothing refused.
    pub rate_without: f64,
    /// Deliveries a second of those phones that were not refused, beside the others.
    pub rate_of_rest: f64,
    /// The second over the first; the aim is 0.9 at least.
    pub ratio: f64,
    /// Requests that were refused, over all rounds.
    pub refused: u64,
    /// Deliveries that ended sent, over all rounds with refusals: all of them.
    pub sent: u64,
    /// Over all rounds.
    pub lost: u64,
    /// Over all rounds.
    pub stuck: u64,
    /// Over all rounds.
    pub duplicates: u64,
    /// Whether every delivery of every round was sent, once. The ratio is printed, not judged.
    pub holds: bool,
}

/// Measures.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(plan: SendPlan, refusal: Refusal) -> Result<StallReport, BenchError> {
    let template = Template::fill(plan.deliveries).await?;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds.max(1) {
        without.push(round(plan, &template, None).await?);
        with.push(round(plan, &template, Some(refusal)).await?);
    }
    let rate_without = median(without.iter().map(|round| round.rate));
    let rate_of_rest = median(with.iter().map(|round| round.rate));
    let total = |figure: fn(&Tally) -> u64| with.iter().map(|round| figure(&round.tally)).sum();
    Ok(StallReport {
        refusal,
        deliveries: plan.deliveries,
        latency_ms: plan.latency_ms,
        rounds: with.len(),
        rate_without,
        rate_of_rest,
        ratio: rate_of_rest / rate_without,
        refused: total(|tally| tally.answered_503 + tally.answered_429),
        sent: total(|tally| tally.sent),
        lost: total(|tally| tally.lost),
        stuck: total(|tally| tally.stuck),
        duplicates: total(|tally| tally.duplicates),
        holds: with.iter().chain(&without).all(|round| round.tally.holds()),
    })
}

struct Round {
    rate: f64,
    tally: Tally,
}

async fn round(plan: SendPlan, template: &Template, refusal: Option<Refusal>) -> Result<Round, BenchError> {
    let fcm = Fcm::start(template.phones, plan.tls).await?;
    let dir = template.copy(&fcm).await?;
    if let Some(refusal) = refusal {
        fcm.fault(&rule(refusal, plan.latency_ms)).await?;
    }
    if plan.latency_ms > 0 {
        fcm.fault(&json!({"latency_ms": plan.latency_ms})).await?;
    }
    let server = Server::start(dir.path(), &round_settings(&fcm, 0)?).await?;
    let reader = fcm.read_log();
    let id = server.api.accept(&body(&json!({"everyone": true}), "bulk")).await?;
    server.api.wait_until_over(&[id]).await?;
    let log = reader.finish().await?;
    server.kill().await?;
    fcm.end().await?;
    let evidence = Evidence {
        dir: dir.path(),
        phones: plan.deliveries,
        log: &log,
        dead: &[],
        at_kills: &Default::default(),
        cuts: false,
    };
    Ok(Round { rate: rate_of_rest(&log, plan.deliveries), tally: count(&evidence)? })
}

fn rule(refusal: Refusal, latency_ms: u64) -> Value {
    let mut rule =
        json!({"percent": PERCENT, "retry_after": RETRY_AFTER_S.to_string(), "latency_ms": latency_ms});
    match refusal {
        Refusal::Unavailable => rule["error_code"] = json!("UNAVAILABLE"),
        Refusal::DeviceQuota => {
            rule["error_code"] = json!("QUOTA_EXCEEDED");
            rule["message"] = json!("Device message rate exceeded.");
        }
    }
    rule
}

/// Phones that were never refused, by the time from the first request of all to their last.
fn rate_of_rest(log: &[Seen], phones: u64) -> f64 {
    let mut refused = vec![false; usize::try_from(phones).unwrap_or_default()];
    for seen in log.iter().filter(|seen| !seen.accepted) {
        if let Some(refused) = refused.get_mut(seen.number as usize) {
            *refused = true;
        }
    }
    let rest = log.iter().filter(|seen| refused.get(seen.number as usize) == Some(&false));
    let last_us = rest.clone().map(|seen| seen.ended_us).max().unwrap_or_default();
    let first_us = log.iter().map(|seen| seen.started_us).min().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let (count, seconds) = (rest.count() as f64, (last_us - first_us) as f64 / 1e6);
    count / seconds
}
