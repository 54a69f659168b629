//! Claims: due deliveries become leased, each checked at that very moment.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use pushbridge_wire::Timestamp;
use rusqlite::{CachedStatement, Connection};

use super::{
    allowance::{Allowances, FcmProject},
    check::{DUE_ROW, DueRow, Obstacle, Passed},
    due::{earlier, find_due, next_due, running_apps},
    lease_watch::LeaseWatch,
    message_part::{MessageCache, MessagePart},
};
use crate::{
    outbox::{
        CancelReason, Claim, Content, DeliveryNo, DeliveryState, DeviceCaps, Lease, Transition, WorkerId,
    },
    store::{AppNo, Store, StoreError, progress::EndedCounts},
};

/// How soon a restored binding is looked at again. Ours: a phone that is awake reports within seconds of the `sync`.
const UNCONFIRMED_WAIT: Duration = Duration::from_secs(30);

/// What a worker asks for.
#[derive(Clone, Debug)]
pub struct ClaimRequest {
    /// Who asks.
    pub owner: WorkerId,
    /// The moment.
    pub now: Timestamp,
    /// How long each delivery is his.
    pub lease_until: Timestamp,
    /// How many he can send.
    pub places: usize,
    /// Places asked for before, so that lanes and apps take turns over many small batches.
    pub turn: usize,
    /// Apps that pause.
    pub paused: HashSet<AppNo>,
    /// Apps of which one delivery is wanted, to see whether they can send.
    pub probed: HashSet<AppNo>,
    /// What each project may send.
    pub allowances: Allowances,
    /// What each device may get.
    pub device_caps: DeviceCaps,
}

/// What a worker gets.
#[derive(Debug, Default)]
pub struct ClaimBatch {
    /// To be sent now.
    pub claims: Vec<Claim>,
    /// Deliveries that ended without an attempt.
    pub ended: usize,
    /// Leases of others that had ended and were taken back.
    pub taken_back: usize,
    /// The projects of the apps that were looked at.
    pub projects: HashMap<AppNo, FcmProject>,
    /// When something is due that this batch does not hold; none where nothing waits.
    pub next: Option<Timestamp>,
}

impl Store {
    /// Leases up to `places` due deliveries to `owner`, urgent ones first. A delivery whose lease has ended is due
    /// again, so sending is at least once. What is past its time ends `expired`; what may not go to its target at this
    /// moment ends `cancelled`: the check and the mark "on the wire" are this one transaction.
    pub async fn claim_due(&self, request: ClaimRequest) -> Result<ClaimBatch, StoreError> {
        let watch = Arc::clone(&self.lease_watch);
        let claimed = self.write(move |connection| {
            let mut claimer = Claimer {
                connection,
                request: &request,
                watch: &watch,
                read: connection.prepare_cached(DUE_ROW)?,
                lease: connection.prepare_cached(LEASE)?,
                messages: MessageCache::default(),
                ended: EndedCounts::default(),
            };
            let batch = claimer.claim()?;
            claimer.ended.write(connection, request.now)?;
            Ok(batch)
        });
        let claimed = claimed.await;
        if claimed.is_err() {
            self.lease_watch.forget();
        }
        claimed
    }
}

pub(super) const LEASE: &str = "
UPDATE deliveries
SET state = ?2, lease_owner = ?3, lease_until_ms = ?4, wire_key = ?5, wire_kind = ?6, wire_generation = ?7,
    attempts = attempts + 1, first_attempt_ms = coalesce(first_attempt_ms, ?8), updated_ms = ?8
WHERE delivery = ?1 AND state = 'pending'";

/// What is leased is few, and all of it stands in the index of what is on the wire.
const TAKE_BACK: &str = "
UPDATE deliveries INDEXED BY deliveries_wire
SET state = ?2, due_ms = ?1, first_attempt_ms = NULL, lease_owner = NULL, lease_until_ms = NULL, updated_ms = ?1
WHERE state = 'leased' AND lease_until_ms <= ?1";

const ANY_LEASED: &str = "SELECT 1 FROM deliveries INDEXED BY deliveries_wire WHERE state = 'leased' LIMIT 1";

const EARLIEST: &str =
    "SELECT min(lease_until_ms) FROM deliveries INDEXED BY deliveries_wire WHERE state = 'leased'";

struct Claimer<'a> {
    connection: &'a Connection,
    request: &'a ClaimRequest,
    watch: &'a LeaseWatch,
    // Taken once for all.
    read: CachedStatement<'a>,
    lease: CachedStatement<'a>,
    messages: MessageCache,
    ended: EndedCounts,
}

/// How one due delivery fared.
enum Fate {
    Claimed(Claim),
    Ended,
    Postponed,
}

impl Claimer<'_> {
    fn claim(&mut self) -> Result<ClaimBatch, StoreError> {
        let request = self.request;
        let taken_back = self.take_back()?;
        let apps = running_apps(self.connection, &request.paused)?;
        let projects = apps.iter().map(|app| (app.no, app.project.clone())).collect();
        let apps: Vec<_> = apps.into_iter().filter(|app| request.allowances.of(&app.project) > 0).collect();
        let due = find_due(self.connection, &apps, request)?;
        let mut batch = ClaimBatch { taken_back, projects, ..ClaimBatch::default() };
        for no in due.deliveries {
            let fate = match self.claim_one(no) {
                Err(StoreError::BadRow(column)) => self.end_unreadable(no, column)?,
                Err(StoreError::Sqlite(rusqlite::Error::InvalidColumnType(_, column, _))) => {
                    self.end_unreadable(no, &column)?
                }
                fate => fate?,
            };
            match fate {
                Fate::Claimed(claim) => batch.claims.push(claim),
                Fate::Ended => batch.ended += 1,
                Fate::Postponed => {}
            }
        }
        if !batch.claims.is_empty() {
            self.watch.leased(request.lease_until);
        }
        batch.next = match due.backlog {
            true => Some(request.now),
            false => earlier(self.next_lease_end()?, next_due(self.connection, &apps)?),
        };
        Ok(batch)
    }

    /// Not after the next lease ends; none where nothing is leased.
    fn next_lease_end(&self) -> Result<Option<Timestamp>, StoreError> {
        if !self.connection.prepare_cached(ANY_LEASED)?.exists([])? {
            self.watch.looked(None);
        }
        Ok(self.watch.next())
    }

    /// Makes deliveries due again whose worker did not settle in time: whether they were sent, nobody knows.
    fn take_back(&self) -> Result<usize, StoreError> {
        if !self.watch.is_due(self.request.now) {
            return Ok(0);
        }
        let now = self.request.now.as_ms();
        let state = DeliveryState::Leased.after(Transition::EndLease).ok_or(StoreError::BadRow("state"))?;
        // The hour of attempts begins anew: a server that was down says nothing about FCM.
        let taken_back = self.connection.prepare_cached(TAKE_BACK)?.execute((now, state.as_str()))?;
        let earliest: Option<i64> =
            self.connection.prepare_cached(EARLIEST)?.query_row([], |row| row.get(0))?;
        self.watch.looked(earliest.map(Timestamp::from_ms));
        Ok(taken_back)
    }

    fn claim_one(&mut self, no: DeliveryNo) -> Result<Fate, StoreError> {
        let row = DueRow::load(&mut self.read, no)?;
        if row.expires <= self.request.now {
            return self.end((no, row.message), Transition::Expire, None);
        }
        let message = row.message.map(|message| self.messages.read(self.connection, message)).transpose()?;
        if message.as_ref().is_some_and(|part| part.cancelled) {
            return self.end((no, row.message), Transition::Cancel, Some(CancelReason::MessageCancelled));
        }
        match row.check()? {
            Ok(passed) => match self.full_until(&row, &passed) {
                Some(until) => self.postpone(no, until),
                None => self.lease(row, message, passed).map(Fate::Claimed),
            },
            Err(Obstacle::Ended(reason)) => self.end((no, row.message), Transition::Cancel, Some(reason)),
            // It was promised, and the phone has been told to report.
            Err(Obstacle::Unconfirmed) => self.postpone(no, self.request.now.plus(UNCONFIRMED_WAIT)),
        }
    }

    /// When the device may get another message, if it may not now. The server's own few do not wait.
    fn full_until(&self, row: &DueRow, passed: &Passed) -> Option<Timestamp> {
        let (_, key) = passed.wire.as_ref().filter(|_| row.system_data.is_none())?;
        self.request.device_caps.take(key, self.request.now).err()
    }

    /// Leaves the delivery pending and looks again later.
    fn postpone(&self, no: DeliveryNo, until: Timestamp) -> Result<Fate, StoreError> {
        let mut wait = self.connection.prepare_cached(
            "UPDATE deliveries SET due_ms = min(?2, expires_ms) WHERE delivery = ?1 AND state = 'pending'",
        )?;
        wait.execute((no.0, until.as_ms()))?;
        Ok(Fate::Postponed)
    }

    fn lease(
        &mut self,
        row: DueRow,
        message: Option<MessagePart>,
        passed: Passed,
    ) -> Result<Claim, StoreError> {
        let request = self.request;
        let state = after(Transition::Claim)?;
        let concerns = row.concerns(&passed);
        let content = match (message, row.system_data) {
            (Some(part), _) => {
                let message = self.messages.outgoing(self.connection, row.no, part)?;
                Content::Message { message, login: passed.login }
            }
            (None, Some(data)) => Content::System { data },
            (None, None) => return Err(StoreError::BadRow("message")),
        };
        let (kind, key) = passed.wire.unzip();
        self.lease.execute((
            row.no.0,
            state.as_str(),
            request.owner.as_str(),
            request.lease_until.as_ms(),
            key,
            kind.as_ref().map(pushbridge_wire::AddressKind::as_str),
            passed.generation,
            request.now.as_ms(),
        ))?;
        Ok(Claim {
            lease: Lease {
                delivery: row.no,
                owner: request.owner.clone(),
                attempt: row.attempts + 1,
                until: request.lease_until,
                concerns,
            },
            app: AppNo(row.app),
            target: passed.target,
            content,
            generation: passed.generation,
            first_attempt: row.first_attempt.unwrap_or(request.now),
            expires: row.expires,
        })
    }

    fn end(
        &mut self,
        (no, message): (DeliveryNo, Option<i64>),
        transition: Transition,
        reason: Option<CancelReason>,
    ) -> Result<Fate, StoreError> {
        // Where there is no newer reason, that of the last attempt stays.
        let mut end = self.connection.prepare_cached(
            "UPDATE deliveries SET state = ?2, reason = coalesce(?3, reason), updated_ms = ?4
             WHERE delivery = ?1 AND state = 'pending'",
        )?;
        let (state, reason) = (after(transition)?, reason.map(CancelReason::as_str));
        end.execute((no.0, state.as_str(), reason, self.request.now.as_ms()))?;
        self.ended.add(message, state, 1);
        Ok(Fate::Ended)
    }

    /// One damaged row must not keep all others from being sent.
    fn end_unreadable(&mut self, no: DeliveryNo, column: &str) -> Result<Fate, StoreError> {
        tracing::error!(delivery.id = no.0, column, "a delivery cannot be read and is cancelled");
        let mut message =
            self.connection.prepare_cached("SELECT message FROM deliveries WHERE delivery = ?1")?;
        let message = message.query_row([no.0], |row| row.get(0))?;
        self.end((no, message), Transition::Cancel, Some(CancelReason::Unreadable))
    }
}

fn after(transition: Transition) -> Result<DeliveryState, StoreError> {
    DeliveryState::Pending.after(transition).ok_or(StoreError::BadRow("state"))
}
