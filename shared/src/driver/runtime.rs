//! The one runtime of the process.
//!
//! Foreign executors poll the exported futures, so those only await channels; the work is here. One worker: a sync
//! is one request at a time. The runtime is never dropped, since dropping one inside another panics.

use std::{
    io,
    sync::{Mutex, OnceLock},
};

use tokio::runtime::{Builder, Handle, Runtime};

use super::lock::lock;

/// Name look-ups, one credentials provider that blocks, and SQLite.
const BLOCKING_THREADS: usize = 4;
const STACK_BYTES: usize = 1024 * 1024;

static RUNTIME: OnceLock<Runtime> = OnceLock::new();
static MAKING: Mutex<()> = Mutex::new(());

/// Handle of the runtime, which is made at the first call.
pub(super) fn handle() -> io::Result<Handle> {
    let _only_one_makes_it = lock(&MAKING);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime.handle().clone());
    }
    let runtime = Builder::new_multi_thread()
        .worker_threads(1)
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_stack_size(STACK_BYTES)
        .thread_name("pushbridge-core")
        .enable_all()
        .build()?;
    Ok(RUNTIME.get_or_init(|| runtime).handle().clone())
}
