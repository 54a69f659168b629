//! Whether the process lives, and whether it can work.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};

use crate::app::App;

/// 200 while the process answers.
pub async fn live() -> &'static str {
    "ok\n"
}

/// 200 while the store answers, 503 otherwise.
pub async fn ready(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    match app.store.ping().await {
        Ok(()) => (StatusCode::OK, "ready\n"),
        Err(cause) => {
            tracing::warn!(%cause, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}
