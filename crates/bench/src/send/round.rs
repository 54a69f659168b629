//! One round of the server: a store with a phone for each delivery, one message to everyone, until the last outcome.

use std::time::{Duration, Instant};

use pushbridge_wire::Timestamp;
use serde_json::{Value, json};

use super::{
    SendPlan,
    faults::script_errors,
    fcm::{Fcm, Seen},
    server::{Server, Settings, Template, WITHOUT_QUOTA, settings, short_waits},
    tally::{Evidence, Tally, count},
};
use crate::{BenchError, percentile::percentile, registry::moment};

/// What one round came to.
#[derive(Clone, Debug)]
pub(super) struct ServerRound {
    pub(super) rate: f64,
    pub(super) cpu_ms_per_1000: f64,
    pub(super) fcm_cpu_ms_per_1000: f64,
    pub(super) accept_ms: f64,
    /// From the request to FCM's taking it, without FCM's latency.
    pub(super) late_ms: (f64, f64),
    pub(super) rss_bytes: u64,
    pub(super) tally: Tally,
}

/// The message that a round sends.
pub(super) fn body(to: &Value, lane: &str) -> Value {
    json!({"to": to, "lane": lane, "message": {
        "notification": {"title": "Hello", "body": "World of pushes"}, "data": {"order": "42"}}})
}

/// A server on a copy of `template` that sends to `fcm` as fast as it can.
pub(super) fn round_settings(fcm: &Fcm, errors_percent: u32) -> Result<Settings, BenchError> {
    let mut settings = settings(fcm, WITHOUT_QUOTA)?;
    if errors_percent > 0 {
        settings.extend(short_waits());
    }
    Ok(settings)
}

pub(super) async fn serve(plan: SendPlan, template: &Template) -> Result<ServerRound, BenchError> {
    let fcm = Fcm::start(template.phones, plan.tls).await?;
    let dir = template.copy(&fcm).await?;
    let zero = fcm.zero().await?;
    let dead = script_errors(&fcm, plan.deliveries, plan.latency_ms, plan.errors_percent).await?;
    let server = Server::start(dir.path(), &round_settings(&fcm, plan.errors_percent)?).await?;
    let reader = fcm.read_log();
    let (before, fcm_before) = (server.usage()?, fcm.usage()?);
    let (begun, begun_at) = (moment(), pushbridge_server::Clock::System.now());
    let id = server.api.accept(&body(&json!({"everyone": true}), "bulk")).await?;
    let accept_ms = begun.elapsed().as_secs_f64() * 1_000.0;
    server.api.wait_until_over(std::slice::from_ref(&id)).await?;
    let (after, fcm_after) = (server.usage()?, fcm.usage()?);
    let took = took(&server.api.status(&id).await?, begun_at);
    let log = reader.finish().await?;
    server.kill().await?;
    fcm.end().await?;
    let evidence = Evidence {
        dir: dir.path(),
        phones: plan.deliveries,
        log: &log,
        dead: &dead,
        at_kills: &Default::default(),
        cuts: plan.errors_percent > 0,
    };
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let per_1000 = |us: u64| us as f64 / plan.deliveries as f64;
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let rate = plan.deliveries as f64 / took.as_secs_f64();
    Ok(ServerRound {
        rate,
        cpu_ms_per_1000: per_1000(after.cpu_us - before.cpu_us),
        fcm_cpu_ms_per_1000: per_1000(fcm_after.cpu_us - fcm_before.cpu_us),
        accept_ms,
        late_ms: lateness(&log, zero, plan.latency_ms, |_| Some(begun)),
        rss_bytes: after.peak_rss_bytes,
        tally: count(&evidence)?,
    })
}

/// From `begun` to the message's end; to now where it has none.
fn took(status: &Value, begun: Timestamp) -> Duration {
    let finished = serde_json::from_value::<Timestamp>(status["finished_at"].clone());
    finished.unwrap_or_else(|_| pushbridge_server::Clock::System.now()).since(begun)
}

/// Median and 99th percentile of what lay between the moment that `begun` says for a phone and FCM's first taking its
/// delivery, beyond FCM's own latency. In milliseconds.
pub(super) fn lateness(
    log: &[Seen],
    zero: Instant,
    latency_ms: u64,
    begun: impl Fn(u32) -> Option<Instant>,
) -> (f64, f64) {
    let mut taken: Vec<&Seen> = log.iter().filter(|seen| seen.accepted).collect();
    taken.sort_unstable_by_key(|seen| (seen.number, seen.ended_us));
    taken.dedup_by_key(|seen| seen.number);
    let latency = Duration::from_millis(latency_ms);
    let late = taken.into_iter().filter_map(|seen| {
        let at = zero + Duration::from_micros(seen.ended_us);
        Some(at.saturating_duration_since(begun(seen.number)?).saturating_sub(latency))
    });
    let mut late: Vec<Duration> = late.collect();
    let ms = |time: Duration| time.as_secs_f64() * 1_000.0;
    (ms(percentile(&mut late, 0.5)), ms(percentile(&mut late, 0.99)))
}
