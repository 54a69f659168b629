//! The logout wall: an answer waits until nothing is on the wire to the phone that was left.
//!
//! The unbind is committed first, so no new attempt can start (the claim checks the binding in its own transaction);
//! what is on the wire is what the durable leases say.

use pushbridge_wire::{UserId, Wall};
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
    wait(app, || app.store.on_the_wire(no, installation, present, app.clock.now())).await
}

/// Waits, at most `dispatch.wall_wait`, for attempts of messages for `user`, except those of bindings that go on.
///
/// # Errors
/// Where the store does not answer: then nothing may be said about the wire.
pub async fn wait_for_user(app: &App, no: AppNo, user: &UserId) -> Result<Wall, StoreError> {
    wait(app, || app.store.on_the_wire_to_user(no, user.clone(), app.clock.now())).await
}

async fn wait<F>(app: &App, on_the_wire: impl Fn() -> F) -> Result<Wall, StoreError>
where
    F: Future<Output = Result<bool, StoreError>>,
{
    let mut settled = app.wake.watch_settled();
    let closed = async {
        loop {
            // Marked before the query: a lease that ends while it runs makes `changed` return at once.
            settled.mark_unchanged();
            if !on_the_wire().await? {
                return Ok(Wall::Closed);
            }
            if settled.changed().await.is_err() {
                return Ok(Wall::Open);
            }
        }
    };
    timeout(app.config.dispatch.wall_wait.0, closed).await.unwrap_or(Ok(Wall::Open))
}
