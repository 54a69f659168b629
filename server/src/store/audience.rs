//! Turns an audience into deliveries, inside the transaction that accepts the message.

use std::collections::HashSet;

use pushbridge_wire::{Address, InstallationId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::{AppNo, StoreError};
use crate::{intake::Audience, outbox::LaneNo};

/// What every delivery of a message has in common.
pub(super) struct Queue {
    pub(super) app: AppNo,
    pub(super) message: i64,
    pub(super) lane: LaneNo,
    pub(super) due: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) now: Timestamp,
}

/// Where one delivery goes.
#[derive(Default)]
struct Destination<'a> {
    kind: &'a str,
    value: Option<&'a str>,
    installation: Option<i64>,
    user: Option<&'a str>,
    epoch: Option<u64>,
}

/// Queues one delivery for everybody in `audience` who can be reached now. Returns how many there are.
///
/// An address is live in one installation at most, and an installation is bound to one user at most, so nobody gets a
/// message twice; a user named twice counts once.
pub(super) fn queue_deliveries(
    connection: &Connection,
    audience: &Audience,
    queue: &Queue,
) -> Result<u64, StoreError> {
    match audience {
        Audience::Users(users) => {
            let mut seen = HashSet::new();
            let mut count = 0;
            for user in users.iter().filter(|user| seen.insert(*user)) {
                count += queue_for_user(connection, user, queue)?;
            }
            Ok(count)
        }
        Audience::Installation(id) => queue_for_installation(connection, id, queue),
        Audience::Address(Address { kind, value }) => {
            let (kind, value) = (kind.as_str(), Some(value.expose()));
            insert(connection, &Destination { kind, value, ..Destination::default() }, queue)?;
            Ok(1)
        }
        Audience::Topic(topic) => {
            insert(
                connection,
                &Destination { kind: "topic", value: Some(topic), ..Destination::default() },
                queue,
            )?;
            Ok(1)
        }
        Audience::Condition(text) => {
            let destination = Destination { kind: "condition", value: Some(text), ..Destination::default() };
            insert(connection, &destination, queue)?;
            Ok(1)
        }
    }
}

fn queue_for_user(connection: &Connection, user: &UserId, queue: &Queue) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation, epoch FROM installations WHERE app = ?1 AND user = ?2 AND address_state = 'live'
         ORDER BY installation",
    )?;
    let bound = query.query_map((queue.app.0, user.as_str()), |row| Ok((row.get(0)?, row.get(1)?)))?;
    let bound: Vec<(i64, u64)> = bound.collect::<Result<_, _>>()?;
    let mut count = 0;
    for (installation, epoch) in bound {
        let destination = Destination {
            kind: "installation",
            value: None,
            installation: Some(installation),
            user: Some(user.as_str()),
            epoch: Some(epoch),
        };
        insert(connection, &destination, queue)?;
        count += 1;
    }
    Ok(count)
}

fn queue_for_installation(
    connection: &Connection,
    id: &InstallationId,
    queue: &Queue,
) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation FROM installations WHERE app = ?1 AND id = ?2 AND address_state = 'live'",
    )?;
    let found: Option<i64> = query.query_row((queue.app.0, id.as_bytes()), |row| row.get(0)).optional()?;
    let Some(installation) = found else { return Ok(0) };
    let destination =
        Destination { kind: "installation", installation: Some(installation), ..Destination::default() };
    insert(connection, &destination, queue)?;
    Ok(1)
}

fn insert(connection: &Connection, destination: &Destination<'_>, queue: &Queue) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO deliveries (message, app, installation, target_kind, target_value, user, epoch, lane, state,
             due_ms, expires_ms, updated_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9, ?10, ?11)",
    )?;
    insert.execute((
        queue.message,
        queue.app.0,
        destination.installation,
        destination.kind,
        destination.value,
        destination.user,
        destination.epoch,
        queue.lane.0,
        queue.due.as_ms(),
        queue.expires.as_ms(),
        queue.now.as_ms(),
    ))?;
    Ok(())
}
