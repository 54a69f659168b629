//! The urgent lane while bulk takes all that the quota leaves: the quota is half of what the server can send here.
//!
//! In: phones of the bulk, pace and length of the urgent sends. Out: how late the urgent ones reach FCM. First the most
//! that the server can do is measured; then bulk waits in heaps, and urgent messages come one by one at a steady pace.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde::Serialize;
use serde_json::json;
use tokio::task::JoinSet;

use super::{
    SendPlan,
    fcm::{Fcm, Seen},
    round::{body, lateness, serve},
    server::{Api, Server, Template, settings},
};
use crate::{BenchError, percentile::percentile, registry::moment};

/// Users of one bulk message.
const LIST: u64 = 10_000;
/// The governor lets a cold project grow for so long; the bulk's rate is looked at afterwards, where there is time left.
const RAMP: Duration = Duration::from_secs(60);

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct UrgentPlan {
    /// Phones of the bulk, and deliveries of the round that finds the most.
    pub deliveries: u64,
    /// FCM's latency.
    pub latency_ms: u64,
    /// How long the urgent sends go on.
    pub seconds: u64,
    /// Urgent sends a second.
    pub pace: u64,
    /// Over TLS.
    pub tls: bool,
}

/// What was seen.
#[derive(Clone, Debug, Default, Serialize)]
pub struct UrgentReport {
    /// FCM's latency.
    pub latency_ms: u64,
    /// Deliveries a second without a quota.
    pub max_rate: f64,
    /// The quota for everything together, in deliveries a second: half of that.
    pub quota: f64,
    /// Bulk deliveries a second that FCM took: once the project was warm, or over all, where the run was too short.
    pub bulk_rate: f64,
    /// Urgent sends, each to a phone of its own.
    pub urgent_sends: u64,
    /// From the request to its 202, in milliseconds: median and 99th percentile of the urgent ones.
    pub accept_p50_ms: f64,
    /// 99th percentile.
    pub accept_p99_ms: f64,
    /// From the request to FCM's taking it, FCM's latency taken off, in milliseconds.
    pub urgent_p50_ms: f64,
    /// 99th percentile; the aim is below 100.
    pub urgent_p99_ms: f64,
    /// The same of the bulk: as late as its heap is high.
    pub bulk_p50_ms: f64,
    /// 99th percentile.
    pub bulk_p99_ms: f64,
    /// Urgent ones that FCM never took.
    pub lost: u64,
    /// Urgent ones that FCM took more than once.
    pub duplicates: u64,
}

impl UrgentReport {
    /// Whether each urgent one came, once. How late is printed, not judged.
    #[must_use]
    pub fn holds(&self) -> bool {
        (self.lost, self.duplicates) == (0, 0)
    }
}

/// Measures.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(plan: UrgentPlan) -> Result<UrgentReport, BenchError> {
    let urgent = plan.seconds * plan.pace;
    let template = Template::fill(plan.deliveries + urgent).await?;
    let most = SendPlan {
        deliveries: template.phones,
        latency_ms: plan.latency_ms,
        errors_percent: 0,
        rounds: 1,
        tls: plan.tls,
    };
    let max_rate = serve(most, &template).await?.rate;
    govern(plan, &template, max_rate).await
}

async fn govern(plan: UrgentPlan, template: &Template, max_rate: f64) -> Result<UrgentReport, BenchError> {
    let quota = max_rate / 2.0;
    let fcm = Fcm::start(template.phones, plan.tls).await?;
    let dir = template.copy(&fcm).await?;
    let zero = fcm.zero().await?;
    if plan.latency_ms > 0 {
        fcm.fault(&json!({"latency_ms": plan.latency_ms})).await?;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below")]
    let per_minute = (quota * 60.0).max(1.0) as u32;
    let server = Server::start(dir.path(), &settings(&fcm, per_minute)?).await?;
    let reader = fcm.read_log();
    let start = moment();
    let heap = heap_up(&server.api, plan, quota).await?;
    let sent = send_urgent(&server.api, plan).await?;
    let end = moment();
    for id in &heap.ids {
        server.api.cancel(id).await?;
    }
    server.api.wait_until_over(&sent.ids).await?;
    let log = reader.finish().await?;
    server.kill().await?;
    fcm.end().await?;
    Ok(report(plan, (max_rate, quota), &log, zero, &heap, sent, start..end))
}

/// The bulk.
struct Heap {
    ids: Vec<String>,
    /// When it was handed in, by the first message of each phone.
    begun: HashMap<u32, Instant>,
}

/// Hands in more than can be sent while the urgent ones go.
async fn heap_up(api: &Api, plan: UrgentPlan, quota: f64) -> Result<Heap, BenchError> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "far below"
    )]
    let wanted = (quota * plan.seconds as f64 * 1.2) as u64;
    let mut heap = Heap { ids: Vec::new(), begun: HashMap::new() };
    let (mut handed_in, mut from) = (0, 0);
    while handed_in < wanted {
        let to = (from + LIST).min(plan.deliveries);
        let users: Vec<String> = (from..to).map(|user| format!("u{user}")).collect();
        let begun = moment();
        heap.ids.push(api.accept(&body(&json!({"users": users}), "bulk")).await?);
        for number in from..to {
            heap.begun.entry(u32::try_from(number).unwrap_or(u32::MAX)).or_insert(begun);
        }
        handed_in += to - from;
        from = if to == plan.deliveries { 0 } else { to };
    }
    Ok(heap)
}

/// The urgent ones.
struct Sent {
    ids: Vec<String>,
    begun: HashMap<u32, Instant>,
    accepts: Vec<Duration>,
}

/// At a steady pace, whether the one before was answered or not.
async fn send_urgent(api: &Api, plan: UrgentPlan) -> Result<Sent, BenchError> {
    let mut beat =
        tokio::time::interval(Duration::from_secs(1) / u32::try_from(plan.pace).unwrap_or(1).max(1));
    let mut calls = JoinSet::new();
    for number in plan.deliveries..plan.deliveries + plan.seconds * plan.pace {
        beat.tick().await;
        let api = api.clone();
        calls.spawn(async move {
            let begun = moment();
            let id = api.accept(&body(&json!({"user": format!("u{number}")}), "urgent")).await?;
            Ok::<_, BenchError>((id, number, begun, begun.elapsed()))
        });
    }
    let mut sent = Sent { ids: Vec::new(), begun: HashMap::new(), accepts: Vec::new() };
    while let Some(call) = calls.join_next().await {
        let (id, number, begun, accept) = call.map_err(BenchError::of)??;
        sent.ids.push(id);
        sent.begun.insert(u32::try_from(number).unwrap_or(u32::MAX), begun);
        sent.accepts.push(accept);
    }
    Ok(sent)
}

fn report(
    plan: UrgentPlan,
    (max_rate, quota): (f64, f64),
    log: &[Seen],
    zero: Instant,
    heap: &Heap,
    mut sent: Sent,
    time: std::ops::Range<Instant>,
) -> UrgentReport {
    let mut taken: HashMap<u32, u64> = sent.begun.keys().map(|number| (*number, 0)).collect();
    for seen in log.iter().filter(|seen| seen.accepted) {
        if let Some(times) = taken.get_mut(&seen.number) {
            *times += 1;
        }
    }
    let urgent = lateness(log, zero, plan.latency_ms, |number| sent.begun.get(&number).copied());
    let bulk = lateness(log, zero, plan.latency_ms, |number| heap.begun.get(&number).copied());
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    UrgentReport {
        latency_ms: plan.latency_ms,
        max_rate,
        quota,
        bulk_rate: bulk_rate(log, zero, heap, time),
        urgent_sends: sent.ids.len() as u64,
        accept_p50_ms: ms(percentile(&mut sent.accepts, 0.5)),
        accept_p99_ms: ms(percentile(&mut sent.accepts, 0.99)),
        urgent_p50_ms: urgent.0,
        urgent_p99_ms: urgent.1,
        bulk_p50_ms: bulk.0,
        bulk_p99_ms: bulk.1,
        lost: taken.values().filter(|times| **times == 0).count() as u64,
        duplicates: taken.values().map(|times| times.saturating_sub(1)).sum(),
    }
}

fn bulk_rate(log: &[Seen], zero: Instant, heap: &Heap, time: std::ops::Range<Instant>) -> f64 {
    let warm = time.start + RAMP;
    let from = if warm < time.end { warm } else { time.start };
    let of_bulk = log.iter().filter(|seen| {
        let at = zero + Duration::from_micros(seen.ended_us);
        seen.accepted && heap.begun.contains_key(&seen.number) && at >= from && at < time.end
    });
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let taken = of_bulk.count() as f64;
    taken / (time.end - from).as_secs_f64()
}
