//! The loop: claim, send, settle.

use std::{collections::HashMap, sync::Arc, time::Duration};

use pushbridge_wire::Timestamp;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::{
    attempt::{Attempted, Credentials, Pause},
    blocks::{BlockWaits, Turn},
    governor::Governor,
    in_flight::InFlight,
};
use crate::{
    app::App,
    outbox::{DeviceCaps, Outcome, Settled, Settlement, WorkerId},
    store::{AppNo, ClaimBatch, ClaimRequest, FcmProject, StoreError},
};

/// What no wake-up told is found after that long.
const POLL: Duration = Duration::from_secs(1);

/// Outcomes of one commit, where so many are to be had: what the store's writer measured, more gain next to nothing.
const OUTCOMES: usize = 200;
/// How long the first of them waits for the others. Ours: little beside FCM's own tens of milliseconds.
const LINGER: Duration = Duration::from_millis(8);

/// A worker with its attempts in flight.
pub(super) struct Dispatcher {
    app: Arc<App>,
    owner: WorkerId,
    attempts: InFlight,
    unsettled: Vec<Settlement>,
    /// The store did not take the last outcomes.
    blocked: bool,
    governor: Governor,
    device_caps: DeviceCaps,
    /// The project of each app, as of the last claim.
    projects: HashMap<AppNo, FcmProject>,
    /// Places asked for so far.
    turn: usize,
}

impl Dispatcher {
    pub(super) fn new(app: Arc<App>) -> Self {
        let owner = WorkerId::new(std::process::id(), app.clock.now());
        let fcm = &app.config.fcm;
        let governor = Governor::new(fcm.messages_per_minute);
        let device_caps = DeviceCaps::new(fcm.device_messages_per_minute, fcm.device_messages_per_hour);
        Self {
            app,
            owner,
            attempts: InFlight::default(),
            unsettled: Vec::new(),
            blocked: false,
            governor,
            device_caps,
            projects: HashMap::new(),
            turn: 0,
        }
    }

    /// Until `shutdown` is cancelled and what was in flight is settled, as [`start`](super::start) promises.
    pub(super) async fn run(mut self, shutdown: CancellationToken) {
        let app = self.app.clone();
        while !shutdown.is_cancelled() {
            // Armed before the query: what is accepted while it runs is not slept over.
            let woken = app.wake.until_deliveries_due();
            tokio::pin!(woken);
            let next = self.exchange().await;
            let idle = self.free_places() > 0 || self.blocked;
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = &mut woken, if idle => {}
                () = sleep(self.nap(next)), if idle => {}
                Some(ended) = self.attempts.next() => {
                    self.collect(ended);
                    tokio::select! {
                        () = shutdown.cancelled() => break,
                        () = woken => {}
                        () = self.collect_more() => {}
                    }
                }
            }
        }
        self.drain().await;
    }

    /// Settles what ended and claims as much as there are free places, at once: both share one commit. Says when
    /// something will be due.
    pub(super) async fn exchange(&mut self) -> Option<Timestamp> {
        let places = self.free_places();
        let now = self.app.clock.now();
        let request = self.claim_request(places, now);
        let (app, batch) = (self.app.clone(), std::mem::take(&mut self.unsettled));
        let claim = async {
            if places == 0 { Ok(ClaimBatch::default()) } else { app.store.claim_due(request).await }
        };
        let exchange = async { tokio::join!(settle(&app, batch), claim) };
        let (left, claimed) = self.attempts.beside(exchange).await;
        self.blocked = !left.is_empty();
        self.unsettled = left;
        self.turn = self.turn.wrapping_add(places);
        let batch = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "cannot claim deliveries; trying again");
            ClaimBatch::default()
        });
        if batch.taken_back > 0 {
            tracing::warn!(deliveries = batch.taken_back, "leases ended without an outcome; sending again");
            self.app.wake.leases_settled();
        }
        self.projects.extend(batch.projects);
        for claim in batch.claims {
            if let Some(project) = self.projects.get(&claim.app) {
                self.governor.spend(project, 1, now);
            }
            let begun = self.app.blocks.tried(claim.app, now);
            self.attempts.begin(self.app.clone(), claim, begun);
        }
        [batch.next, self.governor.next(now), self.app.blocks.first_end(now)].into_iter().flatten().min()
    }

    fn claim_request(&mut self, places: usize, now: Timestamp) -> ClaimRequest {
        let (blocked, probed) = self.app.blocks.at(now);
        ClaimRequest {
            owner: self.owner.clone(),
            now,
            lease_until: now.plus(self.app.config.dispatch.lease.0),
            places,
            turn: self.turn,
            paused: blocked,
            probed,
            allowances: self.governor.allowances(now),
            device_caps: self.device_caps.clone(),
        }
    }

    /// Places for further attempts. None while the store cannot record what was sent already.
    fn free_places(&self) -> usize {
        if self.blocked {
            0
        } else {
            self.app.config.dispatch.max_in_flight.saturating_sub(self.attempts.len())
        }
    }

    fn nap(&self, next: Option<Timestamp>) -> Duration {
        next.map_or(POLL, |next| next.since(self.app.clock.now()).min(POLL))
    }

    /// Takes the outcome of an attempt that ended, and of every other that has ended by now.
    fn collect(&mut self, ended: Attempted) {
        self.take(ended);
        self.collect_ended();
    }

    fn collect_ended(&mut self) {
        while let Some(ended) = self.attempts.ended_by_now() {
            self.take(ended);
        }
    }

    fn take(&mut self, Attempted { app, begun, mut settlement, pause, credentials }: Attempted) {
        self.learn(app, begun, credentials, &mut settlement);
        self.unsettled.push(settlement);
        if let Some(pause) = pause {
            self.pause(pause);
        }
    }

    /// Waits a little for further outcomes: a commit costs nearly the same for one as for many. A quarter of what is
    /// under way is enough, so that few do not wait.
    async fn collect_more(&mut self) {
        let end = sleep(LINGER);
        tokio::pin!(end);
        while self.unsettled.len() < OUTCOMES.min(self.attempts.len() / 4) {
            tokio::select! {
                () = &mut end => return,
                ended = self.attempts.next() => match ended {
                    Some(ended) => self.collect(ended),
                    None => return,
                },
            }
        }
    }

    /// Opens or closes the breaker of an app by what an attempt showed.
    fn learn(&self, app: AppNo, begun: Turn, credentials: Credentials, settlement: &mut Settlement) {
        match credentials {
            Credentials::Unknown => {}
            Credentials::Accepted => {
                if let Some(since) = self.app.blocks.accepted(app, begun) {
                    tracing::info!(app.no = app.0, %since, "the app can send again");
                }
            }
            Credentials::Refused { reason, wait } => {
                let waits = BlockWaits { first: wait, cap: self.app.config.dispatch.retry_cap.0 };
                let now = self.app.clock.now();
                let (ends, news) = self.app.blocks.refused(app, begun, (reason, waits), now);
                if news {
                    tracing::error!(
                        app.no = app.0,
                        reason,
                        "the app cannot send: its deliveries wait. Check firebase_project and service account, then PATCH /v1/admin/apps/…"
                    );
                }
                // What the back end is told is when it is really tried again.
                if let Outcome::Held { until, .. } = &mut settlement.outcome {
                    *until = ends.max(*until);
                }
            }
        }
    }

    /// Waits for the end of one attempt.
    #[cfg(test)]
    pub(super) async fn collect_one(&mut self) {
        let ended = self.attempts.next().await.unwrap();
        self.collect(ended);
    }

    /// Waits for `work` while the attempts go on.
    #[cfg(test)]
    pub(super) async fn beside<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.attempts.beside(work).await
    }

    fn pause(&mut self, Pause { app, wait }: Pause) {
        let now = self.app.clock.now();
        let until = now.plus(wait);
        tracing::warn!(app.no = app.0, seconds = wait.as_secs(), "FCM throttles the app's project");
        // The quota is the project's, whichever app used it up.
        if let Some(project) = self.projects.get(&app) {
            self.governor.pause(project, until, now);
        }
    }

    async fn drain(mut self) {
        let deadline = sleep(self.app.config.server.drain.0);
        tokio::pin!(deadline);
        loop {
            let batch = std::mem::take(&mut self.unsettled);
            self.unsettled = self.attempts.beside(settle(&self.app, batch)).await;
            tokio::select! {
                ended = self.attempts.next() => match ended {
                    Some(ended) => self.collect(ended),
                    None => break,
                },
                () = &mut deadline => {
                    self.collect_ended();
                    tracing::warn!(attempts = self.attempts.len(), "attempts were cut off; they are made again after the next start");
                    break;
                }
            }
        }
        drop(self.attempts);
        let left = settle(&self.app, self.unsettled).await;
        if !left.is_empty() {
            tracing::warn!(deliveries = left.len(), "outcomes could not be recorded; these are sent again");
        }
    }
}

/// Records outcomes and says so to whoever waits for the wire. Returns those to be tried again.
async fn settle(app: &App, batch: Vec<Settlement>) -> Vec<Settlement> {
    if batch.is_empty() {
        return batch;
    }
    let batch: Arc<[Settlement]> = batch.into();
    match app.store.settle(batch.clone(), app.clock.now()).await {
        Ok(settled) => {
            app.wake.leases_settled();
            let lost = settled.iter().filter(|settled| **settled == Settled::LeaseLost).count();
            if lost > 0 {
                tracing::warn!(deliveries = lost, "outcomes came after their lease; these are sent again");
            }
            Vec::new()
        }
        Err(error @ (StoreError::Overloaded | StoreError::Unavailable(_) | StoreError::Closed)) => {
            tracing::warn!(%error, deliveries = batch.len(), "cannot record outcomes; trying again");
            batch.to_vec()
        }
        Err(error) => {
            tracing::error!(%error, deliveries = batch.len(), "an outcome cannot be recorded");
            settle_one_by_one(app, &batch).await;
            Vec::new()
        }
    }
}

/// After a defect: one bad row must not undo the others. The bad one is sent again after its lease.
async fn settle_one_by_one(app: &App, batch: &[Settlement]) {
    for settlement in batch {
        let delivery = settlement.lease.delivery.0;
        if let Err(error) = app.store.settle([settlement.clone()], app.clock.now()).await {
            tracing::error!(delivery.id = delivery, %error, "its outcome is not recorded");
        }
    }
    app.wake.leases_settled();
}
