//! The hand that moves the emulator. In: calls of a test ([`Control`]) or of `/emulator/v1`. Out: devices, inboxes, the
//! log, counters. Next: nothing; both ways end in the same methods.

mod api;
mod device_routes;
mod handle;
mod problem;
mod projects;
mod routes;
mod stream;
mod wait;

pub use handle::{Control, ControlError};
pub(crate) use projects::project_routes;
pub(crate) use routes::routes;
pub use wait::WaitError;
