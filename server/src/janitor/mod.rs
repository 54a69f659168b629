//! The janitor: looks after what nobody reports any more.
//!
//! In: time. Out: stale marks, retired addresses of phones not heard of for very long, idempotency keys forgotten after
//! their day. Little at a time, each turn one short transaction; what it retires counts in the
//! [breaker](crate::feedback::BreakerRule). It does nothing in a turn that follows a jump of the clock: a wrong clock
//! must not make every phone look dead.

use std::sync::Arc;

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// Takes a turn every `retention.janitor_every` until `shutdown` is cancelled.
pub async fn run(app: Arc<App>, shutdown: CancellationToken) {
    let every = app.config.retention.janitor_every.0;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(every) => take_turn(&app).await,
        }
    }
}

/// One turn.
pub async fn take_turn(app: &App) {
    let retention = &app.config.retention;
    let now = app.clock.now();
    match app.store.janitor_turn(retention.clone(), now).await {
        Ok(turn) if turn.clock_jumped => tracing::warn!("the clock jumped: the janitor waits a turn"),
        Ok(turn) if turn.stale + turn.retired > 0 => {
            tracing::info!(stale = turn.stale, retired = turn.retired, "phones were not heard of for long");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the janitor could not work; trying again next turn"),
    }
}

#[cfg(test)]
mod tests;
