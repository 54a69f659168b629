//! The task of one connection: moves its frames, watches that the peer is alive, and tells the pool.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Weak,
    task::Poll,
};

use h2::{Ping, PingPong};
use tokio::time::{sleep, timeout};

use super::{KeepAlive, Shared, dial::Opened, state::ConnectionNo};

/// Runs until the connection ends: closed by the peer, dead, or left by the pool and its last call answered.
pub(super) async fn drive(opened: Opened, no: ConnectionNo, pool: Weak<Shared>, timing: KeepAlive) {
    let Opened { calls, mut connection } = opened;
    // The pool has its own; a connection ends once nobody is left who could make a call.
    drop(calls);
    let pings = connection.ping_pong();
    let mut allowed = connection.max_concurrent_send_streams();
    let mut connection = pin!(connection);
    let mut watch = pin!(watch(pings, no, pool.clone(), timing));
    poll_fn(|context| {
        if connection.as_mut().poll(context).is_ready() || watch.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        let now_allowed = connection.max_concurrent_send_streams();
        if now_allowed != allowed {
            allowed = now_allowed;
            pool.upgrade().inspect(|pool| pool.allow(no, allowed));
        }
        Poll::Pending
    })
    .await;
    // Before the connection is dropped: its calls then find out, and must not be given a place on it again.
    pool.upgrade().inspect(|pool| pool.leave(no));
}

/// Ends when the peer does not answer a ping in time.
async fn watch(pings: Option<PingPong>, no: ConnectionNo, pool: Weak<Shared>, timing: KeepAlive) {
    let Some(mut pings) = pings else { return std::future::pending().await };
    loop {
        sleep(timing.interval).await;
        if !matches!(timeout(timing.timeout, pings.ping(Ping::opaque())).await, Ok(Ok(_))) {
            return;
        }
        pool.upgrade().inspect(|pool| pool.leave_if_idle(no));
    }
}
