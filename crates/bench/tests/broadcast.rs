//! The benches of the sending half in small: with the real server, real HTTP and the real janitor.

use pushbridge_bench::{broadcast, retention};

#[tokio::test]
async fn a_broadcast_over_http_reaches_everyone_once() {
    let report = broadcast::measure(2_500).await.unwrap();
    assert_eq!(report.deliveries, 2_500, "{report:?}");
}

#[tokio::test]
async fn what_is_kept_levels_off() {
    let report = retention::simulate(4, 1_000, 2).await.unwrap();
    assert_eq!(report.rows, [1_000, 1_000, 1_000, 1_000], "{report:?}");
}
