//! A wave of dead verdicts retires nothing.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use pushbridge_bench::breaker::{Cause, measure};

/// I8: whatever makes FCM refuse a thousand addresses at once, none is lost, and somebody is woken once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wave_of_dead_verdicts_loses_no_address_and_wakes_once() {
    for cause in [Cause::WrongProject, Cause::Unregistered, Cause::BareNotFound, Cause::WrongKey] {
        let report = measure(1_000, cause).await.unwrap();
        assert!(report.holds(), "{report:?}");
        assert!(report.attempts > 0, "{report:?}");
    }
}
