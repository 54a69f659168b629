//! The whole table: from a thousand to a million deliveries, three latencies of FCM, with and without errors.
//!
//! Out: one Markdown row a cell, as soon as it is measured, so that a run that is broken off has told something.

use super::{SendPlan, SendReport, report::measure_on, server::Template};
use crate::BenchError;

const DELIVERIES: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const LATENCIES_MS: [u64; 3] = [0, 50, 200];
const ERRORS_PERCENT: [u32; 2] = [0, 5];
/// From here on one round has to do.
const ONE_ROUND: u64 = 1_000_000;

/// The first two lines of the table.
pub const HEAD: &str = "\
| deliveries | FCM takes | errors | rounds | per second | bare | ratio | CPU ms/1,000 | bare | ratio | accepted in ms | at FCM after ms, p50, p99 | attempts | failed (dead) | lost, stuck, wrong | twice (without reason) | peak MB |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

/// Measures every cell of at most `largest` deliveries, each on a store that is filled once for its size, and hands each
/// report to `tell`. Of what `plan` says, rounds and TLS count.
///
/// # Errors
/// Where a program is missing or does not do its part.
pub async fn measure(
    plan: SendPlan,
    largest: u64,
    mut tell: impl FnMut(&SendReport),
) -> Result<bool, BenchError> {
    let mut holds = true;
    for deliveries in DELIVERIES.into_iter().filter(|deliveries| *deliveries <= largest) {
        let template = Template::fill(deliveries).await?;
        let rounds = if deliveries >= ONE_ROUND { 1 } else { plan.rounds };
        for latency_ms in LATENCIES_MS {
            for errors_percent in ERRORS_PERCENT {
                let cell = SendPlan { deliveries, latency_ms, errors_percent, rounds, ..plan };
                let report = measure_on(cell, &template).await?;
                holds &= report.holds;
                tell(&report);
            }
        }
    }
    Ok(holds)
}

/// A report as a row of the table.
#[must_use]
pub fn row(report: &SendReport) -> String {
    format!(
        "| {} | {} ms | {} % | {} | {:.0} | {:.0} | {:.2} | {:.1} | {:.1} | {:.2} | {:.1} | {:.0}, {:.0} | {} | {} | {} | {} ({}) | {} |",
        report.deliveries,
        report.latency_ms,
        report.errors_percent,
        report.rounds,
        report.rate,
        report.bare_rate,
        report.rate_ratio,
        report.cpu_ms_per_1000,
        report.bare_cpu_ms_per_1000,
        report.cpu_ratio,
        report.accept_ms,
        report.bulk_p50_ms,
        report.bulk_p99_ms,
        report.attempts,
        report.failed,
        report.lost + report.stuck + report.wrong_ends + report.wrong_addresses,
        report.duplicates,
        report.duplicates_unexplained,
        report.rss_bytes / 1_000_000,
    )
}
