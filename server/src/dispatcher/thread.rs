//! The thread that sends.
//!
//! Claims, attempts and the connections to FCM share one thread with a runtime of its own. On two, each wakes the other for
//! nearly every frame (ADR 5). Requests of phones and back ends are answered
//! beside it, whatever is sent.

use std::{io, sync::Arc, thread};

use tokio::{runtime::Builder, sync::oneshot};
use tokio_util::sync::CancellationToken;

use super::run::Dispatcher;
use crate::app::App;

/// Sends what is due until `shutdown` is cancelled; then waits for what is in flight, at most `server.drain`, settles
/// it and ends. What did not end by then is sent again after its lease. The future ends when all of that is over and
/// nothing of `app` is held any more; dropped before, it makes the thread leave everything as it is.
///
/// # Errors
/// The system gives no thread, or none of what its runtime needs.
pub fn start(
    app: Arc<App>,
    shutdown: CancellationToken,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let abandoned = CancellationToken::new();
    let (ended, end) = oneshot::channel();
    let guard = abandoned.clone().drop_guard();
    let send = move || {
        runtime.block_on(abandoned.run_until_cancelled(Dispatcher::new(app).run(shutdown)));
        // Its tasks too are gone before anybody is told.
        drop(runtime);
        // Nobody asks where the future was dropped.
        let _ = ended.send(());
    };
    thread::Builder::new().name("sender".to_owned()).spawn(send)?;
    Ok(async move {
        let _guard = guard;
        // Without a word it panicked, which was logged where it happened.
        let _ = end.await;
    })
}
