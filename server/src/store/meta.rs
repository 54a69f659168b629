//! What belongs to the store as a whole: its incarnation and the key that signs user tokens.

use pushbridge_wire::Incarnation;
use rusqlite::{Connection, OptionalExtension};

use super::{Store, StoreError};

/// Made when the store is created.
#[derive(Clone)]
pub struct Meta {
    /// Which life of the store this is.
    pub incarnation: Incarnation,
    /// Signs user tokens.
    pub token_key: [u8; 32],
}

impl std::fmt::Debug for Meta {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Meta").field("incarnation", &self.incarnation).finish_non_exhaustive()
    }
}

impl Store {
    /// The store's own facts. A new store takes `fresh` for them.
    pub async fn load_meta(&self, fresh: Meta) -> Result<Meta, StoreError> {
        self.write(move |connection| {
            let incarnation: String =
                get_or_set(connection, "incarnation", fresh.incarnation.as_str().to_owned())?;
            let token_key = get_or_set(connection, "token_key", fresh.token_key)?;
            let incarnation = incarnation.parse().map_err(|_| StoreError::BadRow("incarnation"))?;
            Ok(Meta { incarnation, token_key })
        })
        .await
    }

    /// Fails while the store cannot be read.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read(|connection| Ok(connection.query_row("SELECT 1", [], |_| Ok(()))?)).await
    }
}

fn get_or_set<T>(connection: &Connection, key: &str, fresh: T) -> Result<T, StoreError>
where
    T: rusqlite::ToSql + rusqlite::types::FromSql,
{
    let mut query = connection.prepare_cached("SELECT value FROM store_meta WHERE key = ?1")?;
    if let Some(value) = query.query_row([key], |row| row.get(0)).optional()? {
        return Ok(value);
    }
    connection
        .prepare_cached("INSERT INTO store_meta (key, value) VALUES (?1, ?2)")?
        .execute((key, &fresh))?;
    Ok(fresh)
}
