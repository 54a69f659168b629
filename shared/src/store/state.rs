//! The state as rows: identity, desired, acked, progress, and the marker.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use serde::{Serialize, de::DeserializeOwned};

use super::{Store, StoreError};
use crate::machine::{Session, State};

const IDENTITY: &str = "identity";
const DESIRED: &str = "desired";
const ACKED: &str = "acked";
const PROGRESS: &str = "progress";
const MARKER: &str = "marker";

/// Reads the state; none if nothing was ever saved.
pub(super) fn load(connection: &Connection) -> Result<Option<State>, StoreError> {
    let Some(identity) = read(connection, IDENTITY)? else { return Ok(None) };
    Ok(Some(State {
        identity,
        desired: read(connection, DESIRED)?.ok_or(StoreError::Damaged)?,
        acked: read(connection, ACKED)?.ok_or(StoreError::Damaged)?,
        progress: read(connection, PROGRESS)?.ok_or(StoreError::Damaged)?,
        session: Session::default(),
    }))
}

fn read<T: DeserializeOwned>(connection: &Connection, name: &str) -> Result<Option<T>, StoreError> {
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM section WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    // The parser's error may quote the text: dropped here.
    body.map(|body| serde_json::from_slice(body.as_bytes()).map_err(|_| StoreError::Damaged)).transpose()
}

fn write<T: Serialize>(transaction: &Transaction<'_>, name: &str, part: &T) -> Result<(), StoreError> {
    let body = serde_json::to_string(part).map_err(|_| StoreError::Damaged)?;
    transaction
        .prepare_cached("INSERT OR REPLACE INTO section (name, body) VALUES (?1, ?2)")?
        .execute([name, &body])?;
    Ok(())
}

impl Store {
    pub(super) fn load_marker(&self) -> Result<Option<String>, StoreError> {
        read(&self.connection, MARKER)
    }

    /// Makes `next` durable. Receipts of another identity than `before` go: nobody would take them.
    pub(crate) fn save(&mut self, before: &State, next: &State) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_state(&transaction, next)?;
        if before.identity.installation != next.identity.installation {
            transaction.execute("DELETE FROM receipt", [])?;
        }
        Ok(transaction.commit()?)
    }

    pub(super) fn save_adopted(&mut self, state: &State, marker: &str) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        write_state(&transaction, state)?;
        write(&transaction, MARKER, &marker)?;
        transaction.execute("DELETE FROM receipt", [])?;
        Ok(transaction.commit()?)
    }
}

fn write_state(transaction: &Transaction<'_>, state: &State) -> Result<(), StoreError> {
    write(transaction, IDENTITY, &state.identity)?;
    write(transaction, DESIRED, &state.desired)?;
    write(transaction, ACKED, &state.acked)?;
    write(transaction, PROGRESS, &state.progress)
}
