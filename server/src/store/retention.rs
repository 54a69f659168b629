//! What was kept long enough leaves, a short transaction at a time. SQLite uses the pages that become free again, so the
//! file grows to what is kept and no further.

use std::{ops::AddAssign, time::Duration};

use pushbridge_wire::Timestamp;
use rusqlite::{Connection, OptionalExtension, Params};

use super::{Store, StoreError};
use crate::config::RetentionConfig;

/// An idempotency key holds for 24 hours.
pub const KEY_LIFE: Duration = Duration::from_secs(86_400);
/// The server's own data messages: nobody can ask about one that is over.
const KEEP_SYSTEM: Duration = Duration::from_secs(86_400);
/// A version of a template that has ended and that no message uses. Not less: a message that is being accepted may name
/// one that has just ended.
const KEEP_TEMPLATES: Duration = Duration::from_secs(86_400);
/// Rows that one transaction deletes.
const ROWS_A_CHUNK: usize = 1_000;

/// Rows that left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Messages, whole.
    pub messages: usize,
    /// Deliveries of messages, and the server's own.
    pub deliveries: usize,
    /// Receipts of messages.
    pub receipts: usize,
    /// Parameters of single users.
    pub params: usize,
    /// Versions of templates that no message uses.
    pub templates: usize,
    /// Entries of the event log.
    pub events: usize,
    /// Idempotency keys.
    pub keys: usize,
}

impl AddAssign for Forgotten {
    fn add_assign(&mut self, more: Self) {
        self.messages += more.messages;
        self.deliveries += more.deliveries;
        self.receipts += more.receipts;
        self.params += more.params;
        self.templates += more.templates;
        self.events += more.events;
        self.keys += more.keys;
    }
}

impl Forgotten {
    fn rows(&self) -> usize {
        self.messages
            + self.deliveries
            + self.receipts
            + self.params
            + self.templates
            + self.events
            + self.keys
    }

    fn room(&self) -> usize {
        ROWS_A_CHUNK.saturating_sub(self.rows())
    }
}

impl Store {
    /// Forgets up to a thousand rows that were kept long enough, in one transaction. Nothing was forgotten where nothing
    /// is left. A message that is not over stays, however old it is.
    pub async fn forget_chunk(
        &self,
        retention: RetentionConfig,
        now: Timestamp,
    ) -> Result<Forgotten, StoreError> {
        self.write(move |connection| {
            let mut done = Forgotten::default();
            done.keys += forget_keys(connection, now.minus(KEY_LIFE), done.room())?;
            done.deliveries += forget_system(connection, now.minus(KEEP_SYSTEM), done.room())?;
            while done.room() > 0
                && forget_message(connection, now.minus(retention.keep_messages.0), &mut done)?
            {}
            done.templates += forget_templates(connection, now.minus(KEEP_TEMPLATES), done.room())?;
            done.events += forget_events(connection, now.minus(retention.keep_events.0), done.room())?;
            Ok(done)
        })
        .await
    }
}

fn delete(connection: &Connection, sql: &str, values: impl Params) -> Result<usize, StoreError> {
    Ok(connection.prepare_cached(sql)?.execute(values)?)
}

fn forget_keys(connection: &Connection, before: Timestamp, room: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM idempotency_keys WHERE (app, key) IN
        (SELECT app, key FROM idempotency_keys WHERE created_ms <= ?1 ORDER BY created_ms LIMIT ?2)";
    delete(connection, sql, (before.as_ms(), room))
}

fn forget_system(connection: &Connection, before: Timestamp, room: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM deliveries WHERE delivery IN
        (SELECT delivery FROM deliveries INDEXED BY deliveries_system_ended
         WHERE message IS NULL AND state <> 'pending' AND state <> 'leased' AND updated_ms <= ?1 LIMIT ?2)";
    delete(connection, sql, (before.as_ms(), room))
}

/// Takes from the message that was over first; the message itself last. False where there is none.
fn forget_message(
    connection: &Connection,
    before: Timestamp,
    done: &mut Forgotten,
) -> Result<bool, StoreError> {
    let mut oldest = connection.prepare_cached(
        "SELECT message FROM message_progress WHERE finished_ms <= ?1 ORDER BY finished_ms LIMIT 1",
    )?;
    let oldest: Option<i64> = oldest.query_row([before.as_ms()], |row| row.get(0)).optional()?;
    let Some(message) = oldest else { return Ok(false) };
    let deliveries = "DELETE FROM deliveries WHERE delivery IN
        (SELECT delivery FROM deliveries WHERE message = ?1 ORDER BY delivery LIMIT ?2)";
    done.deliveries += delete(connection, deliveries, (message, done.room()))?;
    let receipts = "DELETE FROM receipts WHERE message = ?1 AND (event, installation) IN
        (SELECT event, installation FROM receipts WHERE message = ?1 LIMIT ?2)";
    done.receipts += delete(connection, receipts, (message, done.room()))?;
    let params = "DELETE FROM message_params WHERE message = ?1 AND (app, user) IN
        (SELECT app, user FROM message_params WHERE message = ?1 LIMIT ?2)";
    done.params += delete(connection, params, (message, done.room()))?;
    if done.room() > 0 {
        // Nothing refers to it any more, so this is one row with its progress.
        done.messages += delete(connection, "DELETE FROM messages WHERE message = ?1", [message])?;
    }
    Ok(true)
}

/// The highest of an id leaves last, so that no number is given again while another of them is there.
fn forget_templates(connection: &Connection, before: Timestamp, room: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM templates WHERE template IN
        (SELECT template FROM templates t WHERE ended_ms <= ?1
             AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.template = t.template)
             AND (EXISTS (SELECT 1 FROM templates o WHERE o.app = t.app AND o.id = t.id AND o.version > t.version)
                 OR NOT EXISTS (SELECT 1 FROM templates o WHERE o.app = t.app AND o.id = t.id AND o.version < t.version))
         LIMIT ?2)";
    delete(connection, sql, (before.as_ms(), room))
}

/// Looks at the oldest entries only: they stand in the order in which they were written.
fn forget_events(connection: &Connection, before: Timestamp, room: usize) -> Result<usize, StoreError> {
    let sql = "DELETE FROM events WHERE at_ms <= ?1 AND event IN (SELECT event FROM events ORDER BY event LIMIT ?2)";
    delete(connection, sql, (before.as_ms(), room))
}
