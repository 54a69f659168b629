//! The expander: turns large audiences into deliveries, and cancels large messages, behind the answer to the backend.
//!
//! In: what [`store`](crate::store) has left as work of a message. Out: deliveries, chunk by chunk, each a short
//! transaction of its own that other writes go between. Next: [`dispatcher`](crate::dispatcher), which is woken.

use std::{sync::Arc, time::Duration};

use pushbridge_wire::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::app::App;

/// What no wake-up told is found after that long; so is what a failing store left undone.
const POLL: Duration = Duration::from_secs(1);

/// Works until `shutdown` is cancelled. What is undone then is gone on with at the next start.
pub async fn run(app: Arc<App>, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        // Armed before the query: what is accepted while it runs is not slept over.
        let woken = app.wake.until_work_waits();
        let next = expand_chunk(&app).await;
        let nap = next.map_or(POLL, |next| next.since(app.clock.now()).min(POLL));
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = woken => {}
            () = sleep(nap) => {}
        }
    }
}

/// One chunk, where there is something to do. Says when there is something again.
pub async fn expand_chunk(app: &App) -> Option<Timestamp> {
    match app.store.work_on_messages(app.clock.now()).await {
        Ok(work) => {
            if work.deliveries > 0 {
                app.wake.deliveries_due();
            }
            work.next
        }
        Err(error) => {
            tracing::warn!(%error, "cannot go on with a message; trying again");
            None
        }
    }
}
