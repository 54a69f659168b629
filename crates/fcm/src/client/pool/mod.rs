//! HTTP/2 connections to one endpoint, opened as demand grows and closed as it falls.
//!
//! In: a call that wants a [`Place`]. Out: a stream on a connection, held for it, or why there is no connection.
//! Next: [`exchange`](super::exchange) makes the call on it. A place is had before the call's time-out starts.
//!
//! | promise | held by |
//! |---|---|
//! | no call waits for a stream within the transport | `no_more_calls_are_made_at_once_than_the_peer_allows` |
//! | a further connection only on demand, idle ones go | `connections_are_filled_one_after_the_other`, `an_idle_connection_goes_and_the_last_one_stays` |
//! | an endpoint that is down gets no storm | `after_a_failure_one_connection_is_tried_at_a_time`, `an_endpoint_that_is_down_is_dialled_once_for_all_who_wait` |
//! | a dead connection is found without a message | `a_connection_that_answers_no_ping_is_left` |

mod dial;
mod drive;
mod state;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Uri;
use hyper_util::client::proxy::matcher::Matcher;
use rustls::ClientConfig;
use tokio::{
    sync::oneshot,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::task::TaskTracker;

pub use dial::ConnectError;

use self::{
    dial::{Dialer, Opened},
    drive::drive,
    state::{ConnectionNo, State},
};
use super::{ClientSettings, SetupError};

type Calls = SendRequest<Bytes>;
type Told = Result<Place, Arc<ConnectError>>;

/// How a connection is watched.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeepAlive {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
}

pub(super) struct Pool {
    shared: Arc<Shared>,
}

struct Shared {
    dialer: Dialer,
    connect_timeout: Duration,
    keep_alive: KeepAlive,
    now: Mutex<Now>,
    tasks: TaskTracker,
}

struct Now {
    state: State<Calls>,
    /// First come, first served.
    queue: VecDeque<oneshot::Sender<Told>>,
}

/// A stream on a connection, given back when dropped.
pub(super) struct Place {
    /// `None` once it need not be given back.
    shared: Option<Arc<Shared>>,
    no: ConnectionNo,
    pub(super) calls: Calls,
}

impl Pool {
    pub(super) fn new(
        destination: &Uri,
        tls: Option<ClientConfig>,
        proxies: Option<&Matcher>,
        settings: &ClientSettings,
    ) -> Result<Self, SetupError> {
        let (connections, streams) = (settings.connections, settings.streams_per_connection);
        if connections == 0 || streams == 0 {
            return Err(SetupError::NoConnections);
        }
        let dialer = Dialer::new(destination, tls, proxies)?;
        let now = Now { state: State::new(connections, streams), queue: VecDeque::new() };
        let keep_alive =
            KeepAlive { interval: settings.keep_alive_interval, timeout: settings.keep_alive_timeout };
        let connect_timeout = settings.connect_timeout;
        let shared =
            Shared { dialer, connect_timeout, keep_alive, now: Mutex::new(now), tasks: TaskTracker::new() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Waits for a place. Fails only when no connection is there and none could be made.
    pub(super) async fn place(&self) -> Told {
        let told = {
            let mut now = self.shared.lock();
            if now.queue.is_empty()
                && let Some((no, calls)) = now.state.take()
            {
                return Ok(Place { shared: Some(Arc::clone(&self.shared)), no, calls });
            }
            let (tell, told) = oneshot::channel();
            now.queue.push_back(tell);
            self.shared.dial(&mut now);
            told
        };
        // Whoever takes a waiting call out of the queue tells it; else the runtime is shutting down.
        told.await.unwrap_or_else(|_| Err(Arc::new(ConnectError::TimedOut)))
    }

    pub(super) fn capacity(&self) -> usize {
        self.shared.lock().state.capacity()
    }
}

impl Shared {
    fn dial(self: &Arc<Self>, now: &mut Now) {
        let (count, not_before) = now.state.dial(now.queue.len());
        for _ in 0..count {
            self.tasks.spawn(Arc::clone(self).open(not_before));
        }
    }

    async fn open(self: Arc<Self>, not_before: Option<Instant>) {
        if let Some(not_before) = not_before {
            sleep_until(not_before).await;
            let mut now = self.lock();
            now.queue.retain(|waiting| !waiting.is_closed());
            if now.queue.is_empty() {
                return now.state.given_up();
            }
        }
        let opened = timeout(self.connect_timeout, self.dialer.open()).await;
        match opened.unwrap_or(Err(ConnectError::TimedOut)) {
            Ok(opened) => self.opened(opened),
            Err(error) => self.failed(error),
        }
    }

    fn opened(self: &Arc<Self>, opened: Opened) {
        let mut now = self.lock();
        let streams = opened.connection.max_concurrent_send_streams();
        let no = now.state.opened(opened.calls.clone(), streams);
        self.tasks.spawn(drive(opened, no, Arc::downgrade(self), self.keep_alive));
        self.serve(&mut now);
    }

    /// Who waits fails only if there is nothing to wait for; a further attempt is made for whoever comes then.
    fn failed(self: &Arc<Self>, error: ConnectError) {
        let mut now = self.lock();
        tracing::debug!(%error, "no connection to FCM");
        if !now.state.failed(Instant::now()) {
            return self.dial(&mut now);
        }
        let error = Arc::new(error);
        for waiting in std::mem::take(&mut now.queue) {
            // One that has gone away needs no answer.
            drop(waiting.send(Err(Arc::clone(&error))));
        }
    }

    /// Gives free places to those who wait.
    fn serve(self: &Arc<Self>, now: &mut Now) {
        while !now.queue.is_empty()
            && let Some((no, calls)) = now.state.take()
        {
            let Some(waiting) = now.queue.pop_front() else { return };
            let place = Place { shared: Some(Arc::clone(self)), no, calls };
            if let Err(Ok(mut unwanted)) = waiting.send(Ok(place)) {
                // Here, since it would lock what is locked.
                unwanted.shared = None;
                now.state.give_back(no);
            }
        }
        if !now.queue.is_empty() {
            self.dial(now);
        }
    }

    fn give_back(self: &Arc<Self>, no: ConnectionNo) {
        let mut now = self.lock();
        now.state.give_back(no);
        self.serve(&mut now);
    }

    fn allow(self: &Arc<Self>, no: ConnectionNo, streams: usize) {
        let mut now = self.lock();
        now.state.allow(no, streams);
        self.serve(&mut now);
    }

    fn leave(self: &Arc<Self>, no: ConnectionNo) {
        let mut now = self.lock();
        now.state.leave(no);
        self.serve(&mut now);
    }

    fn leave_if_idle(&self, no: ConnectionNo) {
        self.lock().state.leave_if_idle(no);
    }

    fn lock(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Lets no further call on this place's connection.
    pub(super) fn leave_connection(&self) {
        self.shared.iter().for_each(|shared| shared.leave(self.no));
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            shared.give_back(self.no);
        }
    }
}
