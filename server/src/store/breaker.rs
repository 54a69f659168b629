//! The breaker's memory: counts by minute, what was retired lately, what is held.

use std::collections::{BTreeMap, btree_map::Entry};

use pushbridge_wire::{Reason, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{AppNo, InstallationNo, Store, StoreError, installations::append_event};
use crate::feedback::BREAKER_RULE;

const MINUTE_MS: i64 = 60_000;
/// Verdicts released in one transaction: others must get their turn on the writer.
const RELEASED_AT_ONCE: usize = 1_000;

/// What the attempts of one batch said, by app.
#[derive(Default)]
pub(super) struct Tallies(BTreeMap<AppNo, Tally>);

#[derive(Default)]
struct Tally {
    attempts: u64,
    dead: u64,
    tripped: bool,
}

/// A verdict that would take an address out of use.
pub(super) struct DeadVerdict<'a> {
    pub(super) installation: InstallationNo,
    pub(super) generation: u64,
    pub(super) key: &'a [u8; 16],
    /// `retired` or `quarantined`.
    pub(super) becomes: &'a str,
}

/// What the breaker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetiringHeld {
    /// Since when.
    pub since: Timestamp,
    /// How many verdicts.
    pub verdicts: u64,
}

/// What the operator makes of the held verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// They were right: the addresses leave use, where they are still the same.
    Apply,
    /// They were wrong: the addresses stay.
    Drop,
}

impl Tallies {
    /// Counts an attempt that FCM answered.
    pub(super) fn attempt(&mut self, connection: &Connection, app: AppNo) -> Result<(), StoreError> {
        let tally = match self.0.entry(app) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => {
                let tripped = tripped_at(connection, app)?.is_some();
                new.insert(Tally { tripped, ..Tally::default() })
            }
        };
        tally.attempts += 1;
        Ok(())
    }

    /// Notes a dead verdict. True where it may be applied; false where it is held.
    pub(super) fn dead(
        &mut self,
        connection: &Connection,
        app: AppNo,
        verdict: &DeadVerdict<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(tally) = self.0.get_mut(&app) else { return Ok(true) };
        tally.dead += 1;
        let mut note = connection.prepare_cached(
            "INSERT OR REPLACE INTO dead_verdicts (app, installation, generation, address_key, becomes, at_ms, held)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        let (installation, becomes) = (verdict.installation.0, verdict.becomes);
        note.execute((
            app.0,
            installation,
            verdict.generation,
            verdict.key,
            becomes,
            now.as_ms(),
            tally.tripped,
        ))?;
        Ok(!tally.tripped)
    }

    /// Adds the batch to the counts, and trips where there is too much death. What was taken out of use within the
    /// window comes back and is held like the rest.
    pub(super) fn finish(self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        for (app, tally) in self.0 {
            let minute = now.as_ms() / MINUTE_MS;
            let window_start = now.minus(BREAKER_RULE.window);
            let mut count = connection.prepare_cached(
                "INSERT INTO breaker_counts (app, minute, attempts, dead) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET attempts = attempts + excluded.attempts, dead = dead + excluded.dead",
            )?;
            count.execute((app.0, minute, tally.attempts, tally.dead))?;
            if tally.dead > 0 && !tally.tripped {
                forget_before(connection, app, window_start)?;
                let (attempts, dead) = window(connection, app)?;
                if BREAKER_RULE.trips(attempts, dead) {
                    trip(connection, app, now)?;
                    tracing::error!(
                        app.no = app.0,
                        attempts,
                        dead,
                        "retiring is held: too many addresses look dead. Check firebase_project and service account, then POST /v1/admin/apps/…/retiring"
                    );
                }
            }
        }
        Ok(())
    }
}

fn tripped_at(connection: &Connection, app: AppNo) -> Result<Option<Timestamp>, StoreError> {
    let mut query = connection.prepare_cached("SELECT tripped_ms FROM breakers WHERE app = ?1")?;
    Ok(query.query_row([app.0], |row| row.get(0)).optional()?.map(Timestamp::from_ms))
}

fn forget_before(connection: &Connection, app: AppNo, start: Timestamp) -> Result<(), StoreError> {
    let mut counts =
        connection.prepare_cached("DELETE FROM breaker_counts WHERE app = ?1 AND minute < ?2")?;
    counts.execute((app.0, start.as_ms() / MINUTE_MS))?;
    let mut verdicts =
        connection.prepare_cached("DELETE FROM dead_verdicts WHERE app = ?1 AND held = 0 AND at_ms < ?2")?;
    verdicts.execute((app.0, start.as_ms()))?;
    Ok(())
}

fn window(connection: &Connection, app: AppNo) -> Result<(u64, u64), StoreError> {
    let mut query = connection
        .prepare_cached("SELECT total(attempts), total(dead) FROM breaker_counts WHERE app = ?1")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "sums of counts, never negative"
    )]
    let whole = |number: f64| number as u64;
    Ok(query.query_row([app.0], |row| Ok((whole(row.get(0)?), whole(row.get(1)?))))?)
}

fn trip(connection: &Connection, app: AppNo, now: Timestamp) -> Result<(), StoreError> {
    connection.execute("INSERT INTO breakers (app, tripped_ms) VALUES (?1, ?2)", (app.0, now.as_ms()))?;
    // OR IGNORE: a value that another installation has taken since stays there.
    let mut restore = connection.prepare_cached(
        "UPDATE OR IGNORE installations SET address_state = 'live',
             deaths = max(0, installations.deaths - (v.becomes = 'retired'))
         FROM dead_verdicts v
         WHERE v.app = ?1 AND v.held = 0 AND installations.installation = v.installation
             AND installations.generation = v.generation AND installations.address_key = v.address_key
             AND installations.address_state = v.becomes
         RETURNING installation",
    )?;
    let back = restore.query_map([app.0], |row| Ok(InstallationNo(row.get(0)?)))?;
    for no in back.collect::<Result<Vec<_>, _>>()? {
        append_event(connection, app, no, now, "address_live", None, "breaker", None)?;
    }
    connection.execute("UPDATE dead_verdicts SET held = 1 WHERE app = ?1", [app.0])?;
    Ok(())
}

impl Store {
    /// What the breaker of an app holds; none while it is closed.
    pub async fn retiring_held(&self, app: AppNo) -> Result<Option<RetiringHeld>, StoreError> {
        self.read(move |connection| {
            let Some(since) = tripped_at(connection, app)? else { return Ok(None) };
            let mut query = connection
                .prepare_cached("SELECT count(*) FROM dead_verdicts WHERE app = ?1 AND held = 1")?;
            Ok(Some(RetiringHeld { since, verdicts: query.query_row([app.0], |row| row.get(0))? }))
        })
        .await
    }

    /// Releases some of the held verdicts. Returns how many; when fewer are left than one turn takes, the breaker closes
    /// and counts anew. None where nothing is held.
    pub async fn release_some(
        &self,
        app: AppNo,
        release: Release,
        now: Timestamp,
    ) -> Result<Option<usize>, StoreError> {
        self.write(move |connection| {
            if tripped_at(connection, app)?.is_none() {
                return Ok(None);
            }
            let mut query = connection.prepare_cached(
                "SELECT installation, generation FROM dead_verdicts WHERE app = ?1 AND held = 1 LIMIT ?2",
            )?;
            let held = query.query_map((app.0, RELEASED_AT_ONCE), |row| Ok((row.get(0)?, row.get(1)?)))?;
            let held: Vec<(i64, u64)> = held.collect::<Result<_, _>>()?;
            for (installation, generation) in &held {
                release_one(connection, app, (*installation, *generation), release, now)?;
            }
            if held.len() < RELEASED_AT_ONCE {
                connection.execute("DELETE FROM breakers WHERE app = ?1", [app.0])?;
                connection.execute("DELETE FROM breaker_counts WHERE app = ?1", [app.0])?;
            }
            Ok(Some(held.len()))
        })
        .await
    }
}

fn release_one(
    connection: &Connection,
    app: AppNo,
    (installation, generation): (i64, u64),
    release: Release,
    now: Timestamp,
) -> Result<(), StoreError> {
    if release == Release::Apply {
        let mut apply = connection.prepare_cached(
            "UPDATE installations SET address_state = v.becomes, deaths = deaths + (v.becomes = 'retired')
             FROM dead_verdicts v
             WHERE v.app = ?1 AND v.installation = ?2 AND v.generation = ?3
                 AND installations.installation = ?2 AND installations.generation = ?3
                 AND installations.address_key = v.address_key AND installations.address_state = 'live'
             RETURNING address_state = 'quarantined'",
        )?;
        let quarantined =
            apply.query_map((app.0, installation, generation), |row| row.get(0))?.next().transpose()?;
        if let Some(quarantined) = quarantined {
            let (event, reason) = match quarantined {
                true => ("address_quarantined", Reason::WrongProject),
                false => ("address_retired", Reason::Unregistered),
            };
            let no = InstallationNo(installation);
            append_event(connection, app, no, now, event, Some(&reason), "operator", None)?;
        }
    }
    let mut forget = connection.prepare_cached(
        "DELETE FROM dead_verdicts WHERE app = ?1 AND installation = ?2 AND generation = ?3",
    )?;
    forget.execute((app.0, installation, generation))?;
    Ok(())
}

#[cfg(test)]
mod tests;
