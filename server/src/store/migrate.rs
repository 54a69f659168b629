//! Brings a file to the newest schema when it is opened. Migrations only add, and a shipped one is never edited.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// In this order. A new one is added at the end.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_initial.sql"),
    include_str!("migrations/0002_progress.sql"),
    include_str!("migrations/0003_user_data.sql"),
    include_str!("migrations/0004_counted_in_code.sql"),
    include_str!("migrations/0005_address_kinds.sql"),
    include_str!("migrations/0006_lean_writes.sql"),
    include_str!("migrations/0007_templates.sql"),
];

/// Applies what is missing, all in one transaction: a kill leaves the old schema or the new one.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    let done = usize::try_from(found).unwrap_or(0);
    for migration in &MIGRATIONS[done..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

#[cfg(test)]
mod tests;
