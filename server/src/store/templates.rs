//! Templates: versions that are never changed, only ended.

use pushbridge_wire::{TemplateId, TemplateInfo, Timestamp, limits};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::Value;

use super::{AppNo, Store, StoreError, rows::checked};

/// Number of a template's version in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TemplateNo(pub i64);

/// A version of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRow {
    /// Its number.
    pub no: TemplateNo,
    /// What it is called.
    pub info: TemplateInfo,
    /// Its variants as JSON.
    pub body: String,
}

/// What became of a template that was to be saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateSaved {
    /// It is the newest version, as it may have been before.
    As(TemplateInfo),
    /// The app has as many templates as it may. Nothing changed.
    TooMany,
}

impl Store {
    /// Makes `body` the newest version of a template. Where it is that already, nothing changes.
    pub async fn save_template(
        &self,
        app: AppNo,
        id: TemplateId,
        body: String,
        now: Timestamp,
    ) -> Result<TemplateSaved, StoreError> {
        self.write(move |connection| {
            let newest = find(connection, app, &id, None)?;
            if let Some(row) = &newest
                && is_same(&row.body, &body)
            {
                return Ok(TemplateSaved::As(row.info.clone()));
            }
            if newest.is_none() && is_full(connection, app)? {
                return Ok(TemplateSaved::TooMany);
            }
            end(connection, app, &id, now)?;
            let mut insert = connection.prepare_cached(
                "INSERT INTO templates (app, id, version, body, created_ms)
                 SELECT ?1, ?2, 1 + coalesce(max(version), 0), ?3, ?4 FROM templates WHERE app = ?1 AND id = ?2
                 RETURNING version",
            )?;
            let version = insert.query_row((app.0, id.as_str(), &body, now.as_ms()), |row| row.get(0))?;
            Ok(TemplateSaved::As(TemplateInfo { id, version, created_at: now }))
        })
        .await
    }

    /// A version of a template; without one the newest, if it was not deleted. An ended version is found as long as it is
    /// kept.
    pub async fn find_template(
        &self,
        app: AppNo,
        id: TemplateId,
        version: Option<u64>,
    ) -> Result<Option<TemplateRow>, StoreError> {
        self.read(move |connection| find(connection, app, &id, version)).await
    }

    /// The newest versions of an app's templates, by id.
    pub async fn list_templates(&self, app: AppNo) -> Result<Vec<TemplateInfo>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT id, version, created_ms FROM templates WHERE app = ?1 AND ended_ms IS NULL ORDER BY id",
            )?;
            Ok(query.query_map([app.0], read_info)?.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }

    /// Deletes a template: no further message can name it, those that were accepted with it are sent. False where there
    /// is none.
    pub async fn delete_template(
        &self,
        app: AppNo,
        id: TemplateId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| end(connection, app, &id, now)).await
    }
}

/// Whatever the order of its keys and the space between them.
fn is_same(kept: &str, body: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<Value>(text).ok();
    kept == body || read(kept).is_some_and(|kept| read(body) == Some(kept))
}

fn is_full(connection: &Connection, app: AppNo) -> Result<bool, StoreError> {
    let mut count =
        connection.prepare_cached("SELECT count(*) FROM templates WHERE app = ?1 AND ended_ms IS NULL")?;
    let count: usize = count.query_row([app.0], |row| row.get(0))?;
    Ok(count >= limits::TEMPLATES_PER_APP)
}

fn end(connection: &Connection, app: AppNo, id: &TemplateId, now: Timestamp) -> Result<bool, StoreError> {
    let mut end = connection.prepare_cached(
        "UPDATE templates SET ended_ms = ?3 WHERE app = ?1 AND id = ?2 AND ended_ms IS NULL",
    )?;
    Ok(end.execute((app.0, id.as_str(), now.as_ms()))? == 1)
}

fn find(
    connection: &Connection,
    app: AppNo,
    id: &TemplateId,
    version: Option<u64>,
) -> Result<Option<TemplateRow>, StoreError> {
    let read = |row: &Row<'_>| {
        Ok(TemplateRow { no: TemplateNo(row.get(3)?), info: read_info(row)?, body: row.get(4)? })
    };
    const COLUMNS: &str =
        "SELECT id, version, created_ms, template, body FROM templates WHERE app = ?1 AND id = ?2";
    let found = match version {
        Some(version) => {
            let mut query = connection.prepare_cached(&format!("{COLUMNS} AND version = ?3"))?;
            query.query_row((app.0, id.as_str(), version), read).optional()
        }
        None => {
            let mut query = connection.prepare_cached(&format!("{COLUMNS} AND ended_ms IS NULL"))?;
            query.query_row((app.0, id.as_str()), read).optional()
        }
    };
    Ok(found?)
}

fn read_info(row: &Row<'_>) -> rusqlite::Result<TemplateInfo> {
    Ok(TemplateInfo {
        id: checked(row.get::<_, String>(0)?, "id")?,
        version: row.get(1)?,
        created_at: Timestamp::from_ms(row.get(2)?),
    })
}
