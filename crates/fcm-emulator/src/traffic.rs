//! Counts what comes in. In: requests to `messages:send` as they begin and end. Out: [`Stats`], and one record in the
//! journal per request. Next: control. Control requests and token requests are not counted.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::http::StatusCode;
use serde::Serialize;
use tokio::sync::Notify;

use crate::journal::Ended;
use crate::locks::lock;
use crate::names::{DeviceId, ProjectId};
use crate::world::World;

/// What `messages:send` has seen since the start or the last reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Requests begun.
    pub requests: usize,
    /// Connections that carried at least one of them.
    pub connections: usize,
    /// The most requests that were being handled at one moment.
    pub max_in_flight: usize,
    /// The most requests that were being handled at one moment on one connection.
    pub max_streams: usize,
}

#[derive(Default)]
pub(crate) struct Traffic {
    /// Grows with every reset, so that connections that stay open are counted anew.
    resets: AtomicUsize,
    requests: AtomicUsize,
    connections: AtomicUsize,
    in_flight: AtomicUsize,
    max_in_flight: AtomicUsize,
    max_streams: AtomicUsize,
    /// Woken when a request begins; arm it before looking.
    pub(crate) arrivals: Notify,
}

/// One connection's shares, one for each project that it carried a send of; nearly always one.
#[derive(Default)]
pub(crate) struct ConnectionTraffic(Mutex<Vec<(ProjectId, Arc<Share>)>>);

impl ConnectionTraffic {
    fn share_of(&self, project: &ProjectId) -> Arc<Share> {
        let mut shares = lock(&self.0);
        if let Some((_, share)) = shares.iter().find(|(of, _)| of == project) {
            return Arc::clone(share);
        }
        let share = Arc::<Share>::default();
        shares.push((project.clone(), Arc::clone(&share)));
        share
    }
}

/// One connection's share in the traffic of one project.
#[derive(Default)]
struct Share {
    /// One more than the number of resets when it was last counted.
    counted_at: AtomicUsize,
    in_flight: AtomicUsize,
}

impl Traffic {
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            requests: self.requests.load(Ordering::Relaxed),
            connections: self.connections.load(Ordering::Relaxed),
            max_in_flight: self.max_in_flight.load(Ordering::Relaxed),
            max_streams: self.max_streams.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Relaxed)
    }

    pub(crate) fn reset(&self) {
        self.resets.fetch_add(1, Ordering::Relaxed);
        for counter in [&self.requests, &self.connections, &self.max_in_flight, &self.max_streams] {
            counter.store(0, Ordering::Relaxed);
        }
    }

    fn begin(&self, share: &Share) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let resets = self.resets.load(Ordering::Relaxed) + 1;
        if share.counted_at.swap(resets, Ordering::Relaxed) != resets {
            self.connections.fetch_add(1, Ordering::Relaxed);
        }
        let in_flight = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.max_in_flight.fetch_max(in_flight, Ordering::Relaxed);
        let streams = share.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.max_streams.fetch_max(streams, Ordering::Relaxed);
        self.arrivals.notify_waiters();
    }
}

/// One request from its headers to its end. Dropped without [`answered`](Self::answered), because the connection went
/// away, it is recorded as having no status.
pub(crate) struct Attempt {
    world: Arc<World>,
    share: Arc<Share>,
    started_us: u64,
    device: Option<DeviceId>,
    accepted: bool,
    recorded: bool,
}

impl Attempt {
    pub(crate) fn begin(world: Arc<World>, connection: &ConnectionTraffic) -> Self {
        let share = connection.share_of(&world.project);
        world.traffic.begin(&share);
        let started_us = world.clock.now_us();
        Self { world, share, started_us, device: None, accepted: false, recorded: false }
    }

    pub(crate) fn is_for(&mut self, device: DeviceId) {
        self.device = Some(device);
    }

    pub(crate) fn accepted(&mut self) {
        self.accepted = true;
    }

    /// Records the end. The record is there before the client can see the answer.
    pub(crate) fn answered(mut self, status: StatusCode) {
        self.record(Some(status));
    }

    /// Records an end without an answer, before the connection is cut.
    pub(crate) fn cut(mut self) {
        self.record(None);
    }

    fn record(&mut self, status: Option<StatusCode>) {
        self.recorded = true;
        let device = self.device.as_ref().map(tracing::field::display);
        let status = status.map(|status| status.as_u16());
        tracing::debug!(device.id = device, status, accepted = self.accepted, "a send has ended");
        self.world.traffic.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.share.in_flight.fetch_sub(1, Ordering::Relaxed);
        let ended = Ended {
            started_us: self.started_us,
            ended_us: self.world.clock.now_us(),
            device: self.device.take(),
            status,
            accepted: self.accepted,
        };
        self.world.journal.record(ended, &self.world.events);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.recorded {
            self.record(None);
        }
    }
}
