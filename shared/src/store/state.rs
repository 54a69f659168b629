//! The state as rows: identity, desired, acked, progress, and the marker.
//!
//! A row may hold more than this core knows, because a newer one wrote it: a save changes only what it means to, by
//! [`unknown`](super::unknown).

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Store, StoreError,
    unknown::{keep_unless_changed, merge_row},
};
use crate::machine::{Acked, Session, State, Tolerant};

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
        // An acknowledgement that cannot be read costs one PUT, and not the installation.
        acked: read::<Tolerant<Option<Acked>>>(connection, ACKED)?.ok_or(StoreError::Damaged)?.0,
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

/// Writes the body alone: other columns are those of a newer core.
fn write<T: Serialize>(transaction: &Transaction<'_>, name: &str, part: &T) -> Result<(), StoreError> {
    let body = serde_json::to_string(part).map_err(|_| StoreError::Damaged)?;
    transaction
        .prepare_cached(
            "INSERT INTO section (name, body) VALUES (?1, ?2)
             ON CONFLICT (name) DO UPDATE SET body = excluded.body",
        )?
        .execute([name, &body])?;
    Ok(())
}

/// How a row that stands is brought from what was read to what is wanted.
type Merge = fn(Value, &Value, Value) -> Value;

fn update<T: Serialize + PartialEq>(
    transaction: &Transaction<'_>,
    name: &str,
    (before, next): (&T, &T),
    merge: Merge,
) -> Result<(), StoreError> {
    if before == next {
        return Ok(());
    }
    // By way of its text: a second writer for each type would be tens of kilobytes of code.
    let json = |part: &T| {
        let text = serde_json::to_vec(part).map_err(|_| StoreError::Damaged)?;
        serde_json::from_slice(&text).map_err(|_| StoreError::Damaged)
    };
    let stored = read(transaction, name)?.ok_or(StoreError::Damaged)?;
    write(transaction, name, &merge(stored, &json(before)?, json(next)?))
}

impl Store {
    pub(super) fn load_marker(&self) -> Result<Option<String>, StoreError> {
        read(&self.connection, MARKER)
    }

    /// Makes `next` durable where it differs from `before`, which stands in the store. A new identity takes nothing
    /// over: unknown fields were said of the former one, and nobody would take its receipts.
    pub(crate) fn save(&mut self, before: &State, next: &State) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        if before.identity.installation == next.identity.installation {
            update(&transaction, IDENTITY, (&before.identity, &next.identity), merge_row)?;
            update(&transaction, DESIRED, (&before.desired, &next.desired), merge_row)?;
            // What an answer said goes with the next answer.
            update(&transaction, ACKED, (&before.acked, &next.acked), keep_unless_changed)?;
            update(&transaction, PROGRESS, (&before.progress, &next.progress), merge_row)?;
        } else {
            write_state(&transaction, next)?;
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
