//! A phone that is told the same address again keeps quiet.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pushbridge_bench::core::measure;

/// I10: against the real server, a hundred reports of a delivered address, each with a sync, send nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_delivered_address_reported_again_sends_nothing() {
    let report = measure(20).await.unwrap();
    assert_eq!(report.repeated_requests, 0, "{report:?}");
    assert_eq!(report.reports, 20, "{report:?}");
}
