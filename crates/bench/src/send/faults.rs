//! The mix of errors, and which phones are dead.
//!
//! Of a hundred errors 30 are dead addresses (404), 30 are 429 for the device with `Retry-After: 1`, 38 are 503, and 2 cut
//! the connection after the message was taken. A cut ends up to a hundred calls of its connection, so these two are
//! most of what has to be sent again.

use serde_json::json;

use super::fcm::Fcm;
use crate::BenchError;

/// Makes that share of the phones and sends fail. Gives the dead phones, spread over all of the first `phones`.
pub(super) async fn script_errors(
    fcm: &Fcm,
    phones: u64,
    latency_ms: u64,
    percent: u32,
) -> Result<Vec<usize>, BenchError> {
    let mut dead = Vec::new();
    if percent > 0 {
        let share = f64::from(percent) / 100.0;
        for rule in [
            json!({"percent": share * 30.0, "error_code": "QUOTA_EXCEEDED", "retry_after": "1",
                "message": "Device message rate exceeded.", "latency_ms": latency_ms}),
            json!({"percent": share * 38.0, "error_code": "UNAVAILABLE", "latency_ms": latency_ms}),
            json!({"percent": share * 2.0, "action": "cut_after", "latency_ms": latency_ms}),
        ] {
            fcm.fault(&rule).await?;
        }
        let every = usize::try_from(10_000 / (u64::from(percent) * 30)).unwrap_or(1).max(1);
        let phones = usize::try_from(phones).unwrap_or(usize::MAX);
        dead = (every / 2..phones).step_by(every).collect();
        for number in &dead {
            fcm.uninstall(*number).await?;
        }
    }
    // The first rule that matches counts, so what is left is only late.
    if latency_ms > 0 {
        fcm.fault(&json!({"latency_ms": latency_ms})).await?;
    }
    Ok(dead)
}
