//! The janitor's transactions.

use std::time::Duration;

use pushbridge_wire::{Reason, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{
    AppNo, InstallationNo, Store, StoreError,
    breaker::{DeadVerdict, Tallies},
    installations::append_event,
};
use crate::config::RetentionConfig;

/// Rows that one turn marks or forgets: a short transaction.
const ROWS_A_TURN: usize = 1_000;
/// Addresses that one turn retires: fewer than the breaker takes for a wave.
const RETIRED_A_TURN: usize = 40;
/// A longer time between two turns is a jump of the clock, or a server that was off: either way nobody was listening,
/// and phones must first have had the chance to report.
const LONGEST_GAP: Duration = Duration::from_secs(2 * 86_400);
/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JanitorTurn {
    /// The clock jumped: nothing was done.
    pub clock_jumped: bool,
    /// Phones marked stale.
    pub stale: usize,
    /// Addresses retired.
    pub retired: usize,
}

impl Store {
    /// One turn of the janitor, in one transaction.
    pub async fn janitor_turn(
        &self,
        retention: RetentionConfig,
        now: Timestamp,
    ) -> Result<JanitorTurn, StoreError> {
        self.write(move |connection| {
            if clock_jumped(connection, now)? {
                return Ok(JanitorTurn { clock_jumped: true, ..JanitorTurn::default() });
            }
            let stale = mark_stale(connection, now.minus(retention.stale_after.0), now)?;
            let retired = retire_silent(connection, now.minus(retention.dead_after.0), now)?;
            Ok(JanitorTurn { clock_jumped: false, stale, retired })
        })
        .await
    }
}

/// Compares with the turn before, and remembers this one.
fn clock_jumped(connection: &Connection, now: Timestamp) -> Result<bool, StoreError> {
    let mut query = connection.prepare_cached("SELECT value FROM store_meta WHERE key = 'janitor_ms'")?;
    let last: Option<i64> = query.query_row([], |row| row.get(0)).optional()?;
    let mut remember = connection
        .prepare_cached("INSERT OR REPLACE INTO store_meta (key, value) VALUES ('janitor_ms', ?1)")?;
    remember.execute([now.as_ms()])?;
    // A new store has nobody to be wrong about.
    let Some(last) = last.map(Timestamp::from_ms) else { return Ok(false) };
    Ok(now < last || now.since(last) > LONGEST_GAP)
}

fn mark_stale(connection: &Connection, seen_before: Timestamp, now: Timestamp) -> Result<usize, StoreError> {
    let mut mark = connection.prepare_cached(
        "UPDATE installations SET stale_ms = ?2 WHERE installation IN
             (SELECT installation FROM installations WHERE seen_ms < ?1 AND stale_ms IS NULL LIMIT ?3)
         RETURNING app, installation",
    )?;
    let marked = mark.query_map((seen_before.as_ms(), now.as_ms(), ROWS_A_TURN), |row| {
        Ok((AppNo(row.get(0)?), InstallationNo(row.get(1)?)))
    })?;
    let marked = marked.collect::<Result<Vec<_>, _>>()?;
    for (app, no) in &marked {
        append_event(connection, *app, *no, now, "stale", Some(&Reason::Stale), "janitor", None)?;
    }
    Ok(marked.len())
}

fn retire_silent(
    connection: &Connection,
    seen_before: Timestamp,
    now: Timestamp,
) -> Result<usize, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT app, installation, generation, address_key FROM installations
         WHERE seen_ms < ?1 AND address_state = 'live' ORDER BY seen_ms LIMIT ?2",
    )?;
    let silent = query.query_map((seen_before.as_ms(), RETIRED_A_TURN), |row| {
        Ok((
            AppNo(row.get(0)?),
            InstallationNo(row.get(1)?),
            row.get::<_, u64>(2)?,
            row.get::<_, [u8; 16]>(3)?,
        ))
    })?;
    let silent = silent.collect::<Result<Vec<_>, _>>()?;
    let mut retire = connection
        .prepare_cached("UPDATE installations SET address_state = 'retired' WHERE installation = ?1")?;
    let mut tallies = Tallies::default();
    let mut retired = 0;
    for (app, no, generation, key) in &silent {
        tallies.attempt(connection, *app)?;
        let verdict = DeadVerdict { installation: *no, generation: *generation, key, becomes: "retired" };
        if tallies.dead(connection, *app, &verdict, now)? {
            retire.execute([no.0])?;
            append_event(
                connection,
                *app,
                *no,
                now,
                "address_retired",
                Some(&Reason::Stale),
                "janitor",
                None,
            )?;
            retired += 1;
        }
    }
    tallies.finish(connection, now)?;
    Ok(retired)
}
