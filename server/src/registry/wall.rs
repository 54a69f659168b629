//! The logout wall: an answer waits until nothing is on the wire to the phone that was left.
//!
//! The unbind is committed first, so no new attempt can start (the claim checks the binding in its own transaction);
//! what is on the wire is what the durable leases say.

use pushbridge_wire::Wall;
use tokio::time::timeout;

use crate::{
    app::App,
    store::{AppNo, InstallationNo, StoreError},
};

/// Waits, at most `dispatch.wall_wait`, for attempts to any value that `installation` holds or held, except those of
/// its epoch `present`.
///
/// # Errors
/// Where the store does not answer: then nothing may be said about the wire.
pub async fn wait_for_wire(
    app: &App,
    no: AppNo,
    installation: InstallationNo,
    present: Option<u64>,
) -> Result<Wall, StoreError> {
    let mut settled = app.wake.watch_settled();
    let wait = async {
        loop {
            // Marked before the query: a lease that ends while it runs makes `changed` return at once.
            settled.mark_unchanged();
            if !app.store.on_the_wire(no, installation, present, app.clock.now()).await? {
                return Ok(Wall::Closed);
            }
            if settled.changed().await.is_err() {
                return Ok(Wall::Open);
            }
        }
    };
    timeout(app.config.dispatch.wall_wait.0, wait).await.unwrap_or(Ok(Wall::Open))
}
