//! Turns an audience into deliveries, chunk by chunk.

use pushbridge_wire::{Address, InstallationId, Timestamp, UserId};
use rusqlite::{CachedStatement, Connection, OptionalExtension, Row};

use super::{AppNo, StoreError, message_params::ERASED};
use crate::{
    intake::{Audience, SegmentRule, SendTime, Traits},
    outbox::LaneNo,
};

/// Deliveries of one chunk: a short transaction, so that everything else that writes goes on between two of them.
const CHUNK_DELIVERIES: usize = 1_000;
/// Users or installations that one chunk looks at; of a segment most may not belong to it.
const CHUNK_LOOKS: usize = 5_000;

/// What every delivery of a message has in common.
pub(super) struct Queue {
    pub(super) app: AppNo,
    pub(super) message: i64,
    pub(super) lane: LaneNo,
    pub(super) send_at: Option<SendTime>,
    pub(super) expires: Timestamp,
    pub(super) now: Timestamp,
}

/// How far an audience is expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Users of a list that are done.
    pub(super) users_done: usize,
    /// The last installation that was looked at; with a list, of the present user.
    pub(super) after: i64,
    /// An installation with a higher number registered too late.
    pub(super) last: i64,
}

/// What one chunk did.
pub(super) struct Chunk {
    /// Deliveries made.
    pub(super) made: u64,
    /// Where to go on; none at the end of the audience.
    pub(super) next: Option<Cursor>,
}

/// Where one delivery goes.
#[derive(Default)]
struct Destination<'a> {
    kind: &'a str,
    value: Option<&'a str>,
    installation: Option<i64>,
    zone: Option<&'a str>,
    user: Option<&'a str>,
    epoch: Option<u64>,
}

impl Cursor {
    /// In front of an audience of which every installation of this moment may be a part.
    pub(super) fn start(connection: &Connection) -> Result<Self, StoreError> {
        let mut query =
            connection.prepare_cached("SELECT coalesce(max(installation), 0) FROM installations")?;
        let last = query.query_row([], |row| row.get(0))?;
        Ok(Self { users_done: 0, after: 0, last })
    }
}

/// Queues the next deliveries of `audience`: one for everybody who can be reached at this moment.
///
/// An address is live in one installation at most, and an installation is bound to one user at most, so nobody gets a
/// message twice.
pub(super) fn expand_chunk(
    connection: &Connection,
    audience: &Audience,
    cursor: Cursor,
    queue: &Queue,
) -> Result<Chunk, StoreError> {
    let mut made = Deliveries { insert: connection.prepare_cached(INSERT)?, queue };
    match audience {
        Audience::Users(users) => expand_users(connection, users, cursor, &mut made),
        Audience::Installation(id) => expand_installation(connection, id, &mut made),
        Audience::Address(Address { kind, value }) => made.add_fixed(kind.as_str(), value.expose()),
        Audience::Topic(topic) => made.add_fixed("topic", topic),
        Audience::Condition(condition) => made.add_fixed("condition", condition),
        Audience::Segment(rule) => expand_app(connection, Some(rule), cursor, &mut made),
        Audience::Everyone => expand_app(connection, None, cursor, &mut made),
    }
}

fn expand_users(
    connection: &Connection,
    users: &[UserId],
    mut cursor: Cursor,
    deliveries: &mut Deliveries<'_>,
) -> Result<Chunk, StoreError> {
    let mut made = 0;
    let mut looks = 0;
    for user in &users[cursor.users_done.min(users.len())..] {
        let room = CHUNK_DELIVERIES - made;
        let queue = deliveries.queue;
        let erased =
            connection.prepare_cached(ERASED)?.exists((queue.app.0, user.as_str(), queue.message))?;
        let bound = match erased {
            true => Vec::new(),
            false => find_bound(connection, user, &cursor, queue.app, room)?,
        };
        for one in &bound {
            deliveries.add(&one.destination(user))?;
            cursor.after = one.installation;
        }
        made += bound.len();
        if bound.len() == room {
            return Ok(Chunk { made: made as u64, next: Some(cursor) });
        }
        cursor = Cursor { users_done: cursor.users_done + 1, after: 0, ..cursor };
        looks += 1;
        if looks == CHUNK_LOOKS {
            return Ok(Chunk { made: made as u64, next: Some(cursor) });
        }
    }
    Ok(Chunk { made: made as u64, next: None })
}

/// An installation of a user that can be reached.
struct Bound {
    installation: i64,
    epoch: u64,
    zone: Option<String>,
}

impl Bound {
    fn destination<'a>(&'a self, user: &'a UserId) -> Destination<'a> {
        Destination {
            kind: "installation",
            value: None,
            installation: Some(self.installation),
            zone: self.zone.as_deref(),
            user: Some(user.as_str()),
            epoch: Some(self.epoch),
        }
    }
}

fn find_bound(
    connection: &Connection,
    user: &UserId,
    cursor: &Cursor,
    app: AppNo,
    limit: usize,
) -> Result<Vec<Bound>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation, epoch, timezone FROM installations INDEXED BY installations_user
         WHERE app = ?1 AND user = ?2 AND address_state = 'live' AND installation > ?3 AND installation <= ?4
         ORDER BY installation LIMIT ?5",
    )?;
    let read = |row: &Row<'_>| Ok(Bound { installation: row.get(0)?, epoch: row.get(1)?, zone: row.get(2)? });
    let found = query.query_map((app.0, user.as_str(), cursor.after, cursor.last, limit), read)?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn expand_installation(
    connection: &Connection,
    id: &InstallationId,
    deliveries: &mut Deliveries<'_>,
) -> Result<Chunk, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation, timezone FROM installations WHERE app = ?1 AND id = ?2 AND address_state = 'live'",
    )?;
    let read = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?));
    let found = query.query_row((deliveries.queue.app.0, id.as_bytes()), read).optional()?;
    let Some((installation, zone)) = found else { return Ok(Chunk { made: 0, next: None }) };
    deliveries.add(&whoever(installation, zone.as_deref()))?;
    Ok(Chunk { made: 1, next: None })
}

/// Whoever is logged in there.
fn whoever(installation: i64, zone: Option<&str>) -> Destination<'_> {
    Destination { kind: "installation", installation: Some(installation), zone, ..Destination::default() }
}

fn expand_app(
    connection: &Connection,
    rule: Option<&SegmentRule>,
    mut cursor: Cursor,
    deliveries: &mut Deliveries<'_>,
) -> Result<Chunk, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation, timezone, platform, locale, app_version, tags
         FROM installations INDEXED BY installations_expand
         WHERE app = ?1 AND address_state = 'live' AND installation > ?2 AND installation <= ?3
         ORDER BY installation LIMIT ?4",
    )?;
    let mut rows = query.query((deliveries.queue.app.0, cursor.after, cursor.last, CHUNK_LOOKS))?;
    let (mut made, mut looks) = (0, 0);
    while made < CHUNK_DELIVERIES {
        let Some(row) = rows.next()? else { break };
        let installation = row.get(0)?;
        cursor.after = installation;
        looks += 1;
        if rule.is_none_or(|rule| belongs(row, rule).unwrap_or(false)) {
            let zone: Option<String> = row.get(1)?;
            deliveries.add(&whoever(installation, zone.as_deref()))?;
            made += 1;
        }
    }
    let full = made == CHUNK_DELIVERIES || looks == CHUNK_LOOKS;
    Ok(Chunk { made: made as u64, next: full.then_some(cursor) })
}

/// A row that cannot be read belongs to no segment: one damaged phone must not stop a broadcast.
fn belongs(row: &Row<'_>, rule: &SegmentRule) -> rusqlite::Result<bool> {
    let text = |column| row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from);
    let tags: Vec<String> = serde_json::from_str(text(5)?.unwrap_or("[]")).unwrap_or_default();
    Ok(rule.matches(Traits {
        platform: text(2)?.unwrap_or_default(),
        locale: text(3)?,
        app_version: text(4)?,
        tags: &tags,
    }))
}

/// A million of these in a row: it must not cost more than its row and its indexes.
pub(in crate::store) const INSERT: &str = "
INSERT INTO deliveries (message, app, installation, target_kind, target_value, user, epoch, lane, state, due_ms,
    expires_ms, updated_ms)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'pending', ?9, ?10, ?11)";

/// The deliveries of one chunk.
struct Deliveries<'a> {
    /// Taken once for all.
    insert: CachedStatement<'a>,
    queue: &'a Queue,
}

impl Deliveries<'_> {
    fn add(&mut self, destination: &Destination<'_>) -> Result<(), StoreError> {
        let queue = self.queue;
        let due = queue.send_at.map_or(queue.now, |at| at.in_zone(destination.zone).max(queue.now));
        self.insert.execute((
            queue.message,
            queue.app.0,
            destination.installation,
            destination.kind,
            destination.value,
            destination.user,
            destination.epoch,
            queue.lane.0,
            due.min(queue.expires).as_ms(),
            queue.expires.as_ms(),
            queue.now.as_ms(),
        ))?;
        Ok(())
    }

    /// The only one, to what is no installation.
    fn add_fixed(&mut self, kind: &str, value: &str) -> Result<Chunk, StoreError> {
        self.add(&Destination { kind, value: Some(value), ..Destination::default() })?;
        Ok(Chunk { made: 1, next: None })
    }
}
