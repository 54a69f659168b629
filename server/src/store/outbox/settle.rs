//! Settling: outcomes are recorded, leases end, and feedback reaches the registry, all in one transaction.

use std::sync::Arc;

use pushbridge_wire::{Reason, Timestamp};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use crate::{
    feedback::{AddressChange, Attempted, Finding, HeldAddress, HeldState, apply},
    outbox::{
        CancelReason, Concerns, Deaths, DeliveryState, Lease, Outcome, Settled, Settlement, Transition,
    },
    store::{
        AppNo, InstallationNo, Store, StoreError,
        breaker::{DeadVerdict, Tallies},
        installations::append_event,
        progress::EndedCounts,
        rows::load_numbered,
    },
};

impl Store {
    /// Records outcomes, ends their leases and applies what they say about addresses, in one transaction. Answers in
    /// the same order; changes nothing of a delivery whose lease was lost.
    pub async fn settle(
        &self,
        settlements: impl Into<Arc<[Settlement]>>,
        now: Timestamp,
    ) -> Result<Vec<Settled>, StoreError> {
        let settlements = settlements.into();
        self.write(move |connection| {
            let mut settler = Settler {
                connection,
                now,
                record_sent: connection.prepare_cached(RECORD_SENT)?,
                tallies: Tallies::default(),
                ended: EndedCounts::default(),
            };
            let settled = settlements
                .iter()
                .map(|settlement| settler.settle(settlement))
                .collect::<Result<Vec<_>, _>>()?;
            settler.tallies.finish(connection, now)?;
            settler.ended.write(connection, now)?;
            Ok(settled)
        })
        .await
    }
}

/// What the running attempt was made for.
struct LeasedRow {
    app: AppNo,
    installation: Option<InstallationNo>,
    attempted: Option<Attempted>,
    message_cancelled: bool,
    held: Option<HeldAddress>,
}

pub(super) const RECORD_SENT: &str = "
UPDATE deliveries
SET state = ?4, reason = NULL, fcm_name = ?5, lease_owner = NULL, lease_until_ms = NULL, updated_ms = ?6
WHERE delivery = ?1 AND state = 'leased' AND lease_owner = ?2 AND attempts = ?3";

struct Settler<'a> {
    connection: &'a Connection,
    now: Timestamp,
    /// Taken once for all.
    record_sent: CachedStatement<'a>,
    tallies: Tallies,
    ended: EndedCounts,
}

impl Settler<'_> {
    fn settle(&mut self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let Concerns { app, message, address } = settlement.lease.concerns;
        let settled = match &settlement.outcome {
            Outcome::Sent { fcm_name } if address != Some(Deaths::Some) => {
                let settled = self.record_sent(&settlement.lease, fcm_name)?;
                if address.is_some() && settled != Settled::LeaseLost {
                    self.tallies.attempt(self.connection, app)?;
                }
                settled
            }
            _ => self.settle_with_feedback(settlement)?,
        };
        if let Settled::Recorded(state) = settled {
            self.ended.add(message, state, 1);
        }
        Ok(settled)
    }

    /// The most frequent case by far: nothing but the delivery itself changes.
    fn record_sent(&mut self, lease: &Lease, fcm_name: &str) -> Result<Settled, StoreError> {
        let state = after(Transition::Send)?;
        let (delivery, owner) = (lease.delivery.0, lease.owner.as_str());
        let recorded = self.record_sent.execute((
            delivery,
            owner,
            lease.attempt,
            state.as_str(),
            fcm_name,
            self.now.as_ms(),
        ))?;
        Ok(if recorded == 0 { Settled::LeaseLost } else { Settled::Recorded(state) })
    }

    fn settle_with_feedback(&mut self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let (connection, now) = (self.connection, self.now);
        let Some(row) = find_leased(connection, &settlement.lease)? else { return Ok(Settled::LeaseLost) };
        let outcome = &settlement.outcome;
        let given_up = row.message_cancelled && outcome.transition() == Transition::Park;
        let transition = if given_up { Transition::Cancel } else { outcome.transition() };
        let reason = if given_up { Some(CancelReason::MessageCancelled.as_str()) } else { outcome.reason() };
        let state = after(transition)?;
        record(connection, &settlement.lease, state, outcome, reason, now)?;
        if let (Some(no), Some(attempted)) = (row.installation, &row.attempted) {
            let verdict = (attempted, settlement.finding, row.held.as_ref());
            give_feedback(connection, (row.app, no), verdict, &mut self.tallies, now)?;
        }
        Ok(Settled::Recorded(state))
    }
}

fn after(transition: Transition) -> Result<DeliveryState, StoreError> {
    DeliveryState::Leased.after(transition).ok_or(StoreError::BadRow("state"))
}

fn find_leased(connection: &Connection, lease: &Lease) -> Result<Option<LeasedRow>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT d.app, d.installation, d.wire_key, d.wire_generation, d.system_data IS NOT NULL,
                m.cancelled_ms IS NOT NULL, i.address_key, i.generation, i.address_state, i.deaths
         FROM deliveries d LEFT JOIN messages m USING (message) LEFT JOIN installations i USING (installation)
         WHERE d.delivery = ?1 AND d.state = 'leased' AND d.lease_owner = ?2 AND d.attempts = ?3",
    )?;
    let read = |row: &Row<'_>| {
        let (key, generation): (Option<[u8; 16]>, Option<u64>) = (row.get(2)?, row.get(3)?);
        let system = row.get(4)?;
        let attempted = key.zip(generation).map(|(key, generation)| Attempted { key, generation, system });
        Ok(LeasedRow {
            app: AppNo(row.get(0)?),
            installation: row.get::<_, Option<i64>>(1)?.map(InstallationNo),
            attempted,
            message_cancelled: row.get(5)?,
            held: read_held(row)?,
        })
    };
    Ok(query.query_row((lease.delivery.0, lease.owner.as_str(), lease.attempt), read).optional()?)
}

fn record(
    connection: &Connection,
    lease: &Lease,
    state: DeliveryState,
    outcome: &Outcome,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let (fcm_name, due) = match outcome {
        Outcome::Sent { fcm_name } => (Some(fcm_name), None),
        Outcome::Parked { until, .. } | Outcome::Held { until, .. } => (None, Some(until.as_ms())),
        Outcome::Failed { .. } | Outcome::Expired { .. } => (None, None),
    };
    // The hour of attempts begins anew after a time in which nothing could be sent.
    let held = matches!(outcome, Outcome::Held { .. });
    let mut update = connection.prepare_cached(
        "UPDATE deliveries SET state = ?2, reason = ?3, fcm_name = ?4, due_ms = coalesce(min(?5, expires_ms), due_ms),
             first_attempt_ms = iif(?7, NULL, first_attempt_ms), lease_owner = NULL, lease_until_ms = NULL, updated_ms = ?6
         WHERE delivery = ?1",
    )?;
    update.execute((lease.delivery.0, state.as_str(), reason, fcm_name, due, now.as_ms(), held))?;
    Ok(())
}

fn give_feedback(
    connection: &Connection,
    (app, no): (AppNo, InstallationNo),
    (attempted, finding, held): (&Attempted, Finding, Option<&HeldAddress>),
    tallies: &mut Tallies,
    now: Timestamp,
) -> Result<(), StoreError> {
    if finding == Finding::Nothing {
        return Ok(());
    }
    tallies.attempt(connection, app)?;
    let Some(held) = held else { return Ok(()) };
    let change = apply(finding, attempted, held);
    let (update, event, reason) = match change {
        AddressChange::Keep => return Ok(()),
        AddressChange::ForgetDeaths => {
            connection.prepare_cached("UPDATE installations SET deaths = 0 WHERE installation = ?1")?.execute([no.0])?;
            return Ok(());
        }
        AddressChange::Retire => (
            "UPDATE installations SET address_state = 'retired', deaths = deaths + 1 WHERE installation = ?1",
            "address_retired",
            Reason::Unregistered,
        ),
        AddressChange::Quarantine => (
            "UPDATE installations SET address_state = 'quarantined' WHERE installation = ?1",
            "address_quarantined",
            Reason::WrongProject,
        ),
        AddressChange::AskReset => (
            "UPDATE installations SET address_state = 'reset_asked', challenge_hash = NULL, challenge_end_ms = NULL
             WHERE installation = ?1",
            "address_reset_asked",
            Reason::Unregistered,
        ),
    };
    let becomes = match change {
        AddressChange::Retire => Some("retired"),
        AddressChange::Quarantine => Some("quarantined"),
        AddressChange::Keep | AddressChange::ForgetDeaths | AddressChange::AskReset => None,
    };
    if let Some(becomes) = becomes {
        let (generation, key) = (attempted.generation, &attempted.key);
        let verdict = DeadVerdict { installation: no, generation, key, becomes };
        if !tallies.dead(connection, app, &verdict, now)? {
            return Ok(());
        }
    }
    connection.prepare_cached(update)?.execute([no.0])?;
    let stored = load_numbered(connection, no)?;
    let address = stored.as_ref().and_then(|stored| stored.state.slot.address());
    let fingerprint = address.map(|address| address.fingerprint().to_string());
    append_event(connection, app, no, now, event, Some(&reason), "fcm", fingerprint.as_deref())
}

/// What the installation of the delivery has now; none where it is gone or has no address.
fn read_held(row: &Row<'_>) -> rusqlite::Result<Option<HeldAddress>> {
    let Some(key) = row.get(6)? else { return Ok(None) };
    let state = match row.get_ref(8)?.as_str()? {
        "live" => HeldState::Live,
        "contested" => HeldState::Contested,
        _ => HeldState::Unused,
    };
    Ok(Some(HeldAddress { key, generation: row.get(7)?, state, deaths: row.get(9)? }))
}
