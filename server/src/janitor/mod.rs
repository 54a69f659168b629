//! The janitor: looks after what nobody reports any more.
//!
//! In: time. Out: stale marks, retired addresses of phones not heard of for very long, and the end of what was kept long
//! enough: finished messages, events, idempotency keys. Little at a time: phones in one short transaction a turn, what
//! is forgotten in as many short ones as it takes, with others' writes between. What is retired counts in the
//! [breaker](crate::feedback::BreakerRule). It does nothing in a turn that follows a jump of the clock: a wrong clock
//! must not make every phone look dead, nor every message old.

use std::sync::Arc;

use pushbridge_wire::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::{app::App, store::Forgotten};

/// Takes a turn every `retention.janitor_every` until `shutdown` is cancelled.
pub async fn run(app: Arc<App>, shutdown: CancellationToken) {
    let every = app.config.retention.janitor_every.0;
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(every) => {}
        }
        // A turn that has much to forget is cut off between two transactions.
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = take_turn(&app) => {}
        }
    }
}

/// One turn.
pub async fn take_turn(app: &App) {
    let now = app.clock.now();
    match app.store.janitor_turn(app.config.retention.clone(), now).await {
        Ok(turn) if turn.clock_jumped => tracing::warn!("the clock jumped: the janitor waits a turn"),
        Ok(turn) => {
            if turn.stale + turn.retired > 0 {
                tracing::info!(
                    stale = turn.stale,
                    retired = turn.retired,
                    "phones were not heard of for long"
                );
            }
            forget(app, now).await;
        }
        Err(error) => tracing::warn!(%error, "the janitor could not work; trying again next turn"),
    }
}

/// Forgets what was kept long enough, until nothing of it is left or the store fails.
async fn forget(app: &App, now: Timestamp) {
    let mut total = Forgotten::default();
    loop {
        match app.store.forget_chunk(app.config.retention.clone(), now).await {
            Ok(chunk) if chunk == Forgotten::default() => break,
            Ok(chunk) => total += chunk,
            Err(error) => {
                tracing::warn!(%error, "the janitor could not forget; trying again next turn");
                break;
            }
        }
    }
    let Forgotten { messages, deliveries, events, .. } = total;
    if messages + deliveries + events > 0 {
        tracing::info!(messages, deliveries, events, "forgotten after their time");
    }
}

#[cfg(test)]
mod tests;
