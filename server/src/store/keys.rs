//! API keys: only their hashes.

use pushbridge_wire::{Scope, Timestamp};
use rusqlite::{OptionalExtension, Row};

use super::{AppNo, Store, StoreError};

/// An API key as it stands in the store.
#[derive(Clone, Debug)]
pub struct KeyRow {
    /// Its id.
    pub key_id: String,
    /// The app that it is for; none for the operator's.
    pub app: Option<AppNo>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// SHA-256 of its secret part.
    pub hash: [u8; 32],
    /// When it was made.
    pub created: Timestamp,
}

/// A key to store.
pub type NewKey = KeyRow;

impl Store {
    /// Stores a key; one of the same id is replaced (the bootstrap key is written at every start).
    pub async fn save_key(&self, key: NewKey) -> Result<(), StoreError> {
        self.write(move |connection| {
            let scopes = serde_json::to_string(&key.scopes).map_err(|_| StoreError::BadRow("scopes"))?;
            let mut save = connection.prepare_cached(
                "INSERT OR REPLACE INTO api_keys (key_id, app, scopes, hash, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?;
            save.execute((&key.key_id, key.app.map(|app| app.0), scopes, key.hash, key.created.as_ms()))?;
            Ok(())
        })
        .await
    }

    /// The key of that id.
    pub async fn find_key(&self, key_id: String) -> Result<Option<KeyRow>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached("SELECT * FROM api_keys WHERE key_id = ?1")?;
            Ok(query.query_row([key_id], read_key).optional()?)
        })
        .await
    }

    /// Keys of an app, oldest first.
    pub async fn list_keys(&self, app: AppNo) -> Result<Vec<KeyRow>, StoreError> {
        self.read(move |connection| {
            let mut query = connection
                .prepare_cached("SELECT * FROM api_keys WHERE app = ?1 ORDER BY created_ms, key_id")?;
            Ok(query.query_map([app.0], read_key)?.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// Deletes a key of an app. False where there is none.
    pub async fn delete_key(&self, app: AppNo, key_id: String) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let mut delete =
                connection.prepare_cached("DELETE FROM api_keys WHERE app = ?1 AND key_id = ?2")?;
            Ok(delete.execute((app.0, key_id))? == 1)
        })
        .await
    }
}

fn read_key(row: &Row<'_>) -> rusqlite::Result<KeyRow> {
    let scopes: String = row.get("scopes")?;
    Ok(KeyRow {
        key_id: row.get("key_id")?,
        app: row.get::<_, Option<i64>>("app")?.map(AppNo),
        // A scope that cannot be read grants nothing.
        scopes: serde_json::from_str(&scopes).unwrap_or_default(),
        hash: row.get("hash")?,
        created: Timestamp::from_ms(row.get("created_ms")?),
    })
}
