//! The wall holds under a storm.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use pushbridge_bench::wall::{Storm, rage};

/// I4: a thousand logouts amid sends: nothing for a person arrives after that person's logout was answered `closed`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_message_passes_a_closed_wall() {
    let storm = Storm { logouts: 1_000, phones: 16, latency: Duration::from_millis(10) };
    let report = rage(storm).await.unwrap();
    assert_eq!(report.violations, 0, "{report:?}");
    assert_eq!(report.logouts, 1_000, "{report:?}");
    assert!(report.closed > 900, "the wall must close as a rule: {report:?}");
    // How many there are depends on the machine; a busy one has sent a thousand.
    assert!(report.arrived > 200, "a storm without messages proves nothing: {report:?}");
}
