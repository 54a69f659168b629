//! Tables and their versions. `user_version` counts the migrations that ran; shipped ones are never edited.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Each brings the schema one version further.
const MIGRATIONS: &[&str] = &[
    // One row per part of the state, as JSON: nothing here is searched by content, and a new field of a newer
    // version then needs no migration.
    "CREATE TABLE section (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
     CREATE TABLE receipt (
         number INTEGER PRIMARY KEY AUTOINCREMENT,
         message_id TEXT NOT NULL,
         event TEXT NOT NULL,
         at_ms INTEGER NOT NULL,
         UNIQUE (message_id, event)
     ) STRICT;",
];

/// Brings the schema up to date, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).map_err(|_| StoreError::Damaged)?;
    let missing = MIGRATIONS.get(done..).ok_or(StoreError::Newer)?;
    if missing.is_empty() {
        return Ok(()); // reading only: the transaction rolls back
    }
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    Ok(transaction.commit()?)
}
