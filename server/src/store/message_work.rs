//! What is left to do for a message after it was accepted or cancelled: large audiences are expanded, and large
//! messages cancelled, one chunk a transaction, which also moves the cursor. A kill at any point goes on at the cursor.

use pushbridge_wire::{Timestamp, To};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    AppNo, NewMessage, Store, StoreError,
    audience::{Chunk, Cursor, Queue, expand_chunk},
    message_params::forget_unreached,
    progress::{EndedCounts, add_made, insert_progress, seal},
};
use crate::{
    intake::{Audience, SendTime},
    outbox::{CancelReason, DeliveryState, LaneNo},
};

/// Deliveries that one chunk cancels.
const CHUNK_CANCELLED: i64 = 1_000;
/// How many turns a chunk counts, by lane: of large audiences, urgent ones grow four times as fast as bulk.
const TURNS_A_CHUNK: [i64; 3] = [1, 2, 4];
/// No work that had its turns is further behind the others than that.
const MOST_TURNS_BEHIND: i64 = 4;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageWork {
    /// A chunk was worked off; there may be another.
    pub worked: bool,
    /// Deliveries that were made.
    pub deliveries: u64,
    /// When there is something to do again; none where nothing waits.
    pub next: Option<Timestamp>,
}

impl Store {
    /// Works off one chunk of the message whose turn it is, if there is one at `now`.
    pub async fn work_on_messages(&self, now: Timestamp) -> Result<MessageWork, StoreError> {
        self.write(move |connection| {
            let mut pick = connection.prepare_cached(
                "SELECT message FROM message_work WHERE not_before_ms <= ?1 ORDER BY turn, message LIMIT 1",
            )?;
            let picked: Option<i64> = pick.query_row([now.as_ms()], |row| row.get(0)).optional()?;
            let Some(message) = picked else {
                let mut next = connection.prepare_cached("SELECT min(not_before_ms) FROM message_work")?;
                let next: Option<i64> = next.query_row([], |row| row.get(0))?;
                return Ok(MessageWork { next: next.map(Timestamp::from_ms), ..MessageWork::default() });
            };
            let deliveries = work_on(connection, message, now)?;
            Ok(MessageWork { worked: true, deliveries, next: Some(now) })
        })
        .await
    }
}

/// Queues the first deliveries of a message that was just written, and leaves the rest as work. Returns how many.
pub(super) fn begin_expanding(
    connection: &Connection,
    no: i64,
    message: &NewMessage,
) -> Result<u64, StoreError> {
    let now = message.created;
    if let Some(at) = message.expand_at.filter(|at| *at > now) {
        insert_progress(connection, no, 0, false, now)?;
        insert_work(connection, no, "expand", at, None)?;
        return Ok(0);
    }
    let queue = Queue {
        app: message.app,
        message: no,
        lane: message.lane,
        send_at: message.send_at,
        expires: message.expires,
        now,
    };
    let chunk = expand_chunk(connection, &message.audience, Cursor::start(connection)?, &queue)?;
    insert_progress(connection, no, chunk.made, chunk.next.is_none(), now)?;
    if chunk.next.is_none() && message.has_own_params() {
        forget_unreached(connection, no)?;
    }
    if let Some(cursor) = chunk.next {
        insert_work(connection, no, "expand", now, Some(cursor))?;
    }
    Ok(chunk.made)
}

/// Ends whatever was being done for the message, which was just marked as cancelled, and cancels its first deliveries.
pub(super) fn begin_cancelling(connection: &Connection, no: i64, now: Timestamp) -> Result<(), StoreError> {
    end_work(connection, no)?;
    let next = cancel_chunk(connection, no, 0, now)?;
    end_audience(connection, no, now)?;
    if let Some(after) = next {
        let cursor = Cursor { users_done: 0, after, last: 0 };
        insert_work(connection, no, "cancel", now, Some(cursor))?;
    }
    Ok(())
}

/// A row of work with its message.
struct WorkRow {
    cancel: bool,
    cursor: Option<Cursor>,
    audience: String,
    queue: Queue,
}

fn work_on(connection: &Connection, message: i64, now: Timestamp) -> Result<u64, StoreError> {
    let row = load_work(connection, message, now)?;
    if row.cancel {
        let after = row.cursor.map_or(0, |cursor| cursor.after);
        match cancel_chunk(connection, message, after, now)? {
            Some(after) => move_on(connection, &row.queue, Cursor { users_done: 0, after, last: 0 })?,
            None => end_work(connection, message)?,
        }
        return Ok(0);
    }
    // A delivery that is made too late would only end as expired.
    let over = row.queue.expires <= now;
    let audience = if over { None } else { read_audience(message, &row.audience) };
    let Some(audience) = audience else {
        end_work(connection, message)?;
        end_audience(connection, message, now)?;
        return Ok(0);
    };
    let cursor = row.cursor.map_or_else(|| Cursor::start(connection), Ok)?;
    let chunk = expand_chunk(connection, &audience, cursor, &row.queue)?;
    record_chunk(connection, &row.queue, &chunk)?;
    Ok(chunk.made)
}

/// Nobody else gets the message.
fn end_audience(connection: &Connection, message: i64, now: Timestamp) -> Result<(), StoreError> {
    seal(connection, message, now)?;
    forget_unreached(connection, message)
}

fn record_chunk(connection: &Connection, queue: &Queue, chunk: &Chunk) -> Result<(), StoreError> {
    add_made(connection, queue.message, chunk.made)?;
    match chunk.next {
        Some(cursor) => move_on(connection, queue, cursor),
        None => {
            end_work(connection, queue.message)?;
            end_audience(connection, queue.message, queue.now)
        }
    }
}

/// It was read before it was accepted. Should a newer version refuse it, the others must not wait for it for ever.
fn read_audience(message: i64, text: &str) -> Option<Audience> {
    let audience = serde_json::from_str::<To>(text).ok().and_then(|to| Audience::read(&to).ok());
    if audience.is_none() {
        tracing::error!(
            message.no = message,
            "the audience of a message cannot be read; it gets no further deliveries"
        );
    }
    audience
}

fn load_work(connection: &Connection, message: i64, now: Timestamp) -> Result<WorkRow, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT * FROM message_work JOIN messages USING (message) WHERE message = ?1")?;
    let read = |row: &Row<'_>| {
        let last: Option<i64> = row.get("last_installation")?;
        let cursor = |last| {
            Ok::<_, rusqlite::Error>(Cursor {
                users_done: row.get("users_done")?,
                after: row.get("after")?,
                last,
            })
        };
        let at: Option<i64> = row.get("send_at_ms")?;
        let local: Option<String> = row.get("send_at_local")?;
        let send_at = match local {
            Some(text) => Some(SendTime::Local(super::rows::checked(text, "send_at_local")?)),
            None => at.map(|at| SendTime::At(Timestamp::from_ms(at))),
        };
        Ok(WorkRow {
            cancel: row.get::<_, String>("kind")? == "cancel",
            cursor: last.map(cursor).transpose()?,
            audience: row.get("audience")?,
            queue: Queue {
                app: AppNo(row.get("app")?),
                message,
                lane: LaneNo(row.get("lane")?),
                send_at,
                expires: Timestamp::from_ms(row.get("expires_ms")?),
                now,
            },
        })
    };
    Ok(query.query_row([message], read)?)
}

/// Cancels what is pending among the next deliveries. Returns the last that was looked at, unless there is none behind.
fn cancel_chunk(
    connection: &Connection,
    message: i64,
    after: i64,
    now: Timestamp,
) -> Result<Option<i64>, StoreError> {
    let mut find = connection.prepare_cached(
        "SELECT max(delivery), count(*) FROM
             (SELECT delivery FROM deliveries WHERE message = ?1 AND delivery > ?2 ORDER BY delivery LIMIT ?3)",
    )?;
    let found = find.query_row((message, after, CHUNK_CANCELLED), |row| Ok((row.get(0)?, row.get(1)?)));
    let (Some(last), count): (Option<i64>, i64) = found? else { return Ok(None) };
    let mut cancel = connection.prepare_cached(
        "UPDATE deliveries SET state = 'cancelled', reason = ?4, updated_ms = ?5
         WHERE message = ?1 AND delivery > ?2 AND delivery <= ?3 AND state = 'pending'",
    )?;
    let reason = CancelReason::MessageCancelled.as_str();
    let cancelled = cancel.execute((message, after, last, reason, now.as_ms()))?;
    let mut ended = EndedCounts::default();
    ended.add(Some(message), DeliveryState::Cancelled, cancelled as u64);
    ended.write(connection, now)?;
    Ok((count == CHUNK_CANCELLED).then_some(last))
}

/// It begins where the others are by now: neither before them all nor behind them all.
fn insert_work(
    connection: &Connection,
    message: i64,
    kind: &str,
    not_before: Timestamp,
    cursor: Option<Cursor>,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO message_work (message, kind, not_before_ms, turn, users_done, after, last_installation)
         VALUES (?1, ?2, ?3, (SELECT coalesce(min(turn), 0) FROM message_work), ?4, ?5, ?6)",
    )?;
    let (users_done, after) = cursor.map_or((0, 0), |cursor| (cursor.users_done, cursor.after));
    insert.execute((
        message,
        kind,
        not_before.as_ms(),
        users_done,
        after,
        cursor.map(|cursor| cursor.last),
    ))?;
    Ok(())
}

/// What is further behind those that are due than any chunk puts it was not there all the time: it waited for its time,
/// or began beside one that waits. It starts where they are, else nobody else would have a turn until it caught up.
fn move_on(connection: &Connection, queue: &Queue, cursor: Cursor) -> Result<(), StoreError> {
    let turns = TURNS_A_CHUNK.get(usize::from(queue.lane.0)).copied().unwrap_or(1);
    let mut update = connection.prepare_cached(
        "UPDATE message_work
         SET turn = ?2 + max(turn, coalesce((SELECT min(o.turn) - ?7 FROM message_work o
                 WHERE o.message <> ?1 AND o.not_before_ms <= ?6), turn)),
             users_done = ?3, after = ?4, last_installation = ?5
         WHERE message = ?1",
    )?;
    update.execute((
        queue.message,
        turns,
        cursor.users_done,
        cursor.after,
        cursor.last,
        queue.now.as_ms(),
        MOST_TURNS_BEHIND,
    ))?;
    Ok(())
}

fn end_work(connection: &Connection, message: i64) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM message_work WHERE message = ?1")?.execute([message])?;
    Ok(())
}
