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
    migrate_by(connection, MIGRATIONS)
}

fn migrate_by(connection: &mut Connection, migrations: &[&str]) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: i64 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let done = usize::try_from(version).map_err(|_| StoreError::Damaged)?;
    let missing = migrations.get(done..).ok_or(StoreError::Newer)?;
    if missing.is_empty() {
        return Ok(()); // reading only: the transaction rolls back
    }
    for migration in missing {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", migrations.len())?;
    Ok(transaction.commit()?)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A later version's second step, in two statements.
    const LATER: &str = "ALTER TABLE section ADD COLUMN age INTEGER; CREATE TABLE extra (a INTEGER) STRICT;";

    fn file(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update(None, "journal_mode", "WAL").unwrap();
        connection
    }

    fn shape(connection: &Connection) -> (i64, bool, bool) {
        let has = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap() == 1;
        (
            connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap(),
            has("SELECT count(*) FROM pragma_table_info('section') WHERE name = 'age'"),
            has("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'"),
        )
    }

    /// Failure mode 3: what a kill between the statements of a migration leaves on the disk is the old version, whole,
    /// and the next start completes it.
    #[test]
    fn row03_a_kill_inside_a_migration_leaves_the_old_version_and_the_next_start_completes_it() {
        let folder = tempfile::tempdir().unwrap();
        let (path, killed) = (folder.path().join("a.db"), folder.path().join("b.db"));
        let mut connection = file(&path);
        migrate(&mut connection).unwrap();
        connection.execute("INSERT INTO section VALUES ('desired', '{}')", []).unwrap();
        // So that what is written inside the transaction reaches the file and does not wait in memory.
        connection.pragma_update(None, "cache_size", 0).unwrap();
        let inside = connection.transaction_with_behavior(TransactionBehavior::Immediate).unwrap();
        inside.execute_batch("ALTER TABLE section ADD COLUMN age INTEGER").unwrap();
        for suffix in ["", "-wal"] {
            let name = |path: &Path| format!("{}{suffix}", path.display());
            std::fs::copy(name(&path), name(&killed)).unwrap();
        }
        drop(inside);
        let mut reopened = file(&killed);
        assert_eq!(shape(&reopened), (1, false, false));
        migrate_by(&mut reopened, &[MIGRATIONS[0], LATER]).unwrap();
        assert_eq!(shape(&reopened), (2, true, true));
        let kept: i64 = reopened.query_row("SELECT count(*) FROM section", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 1);
    }

    /// Failure mode 3: so does a migration that fails halfway.
    #[test]
    fn row03_a_migration_that_fails_halfway_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = file(&folder.path().join("a.db"));
        migrate(&mut connection).unwrap();
        let broken = "ALTER TABLE section ADD COLUMN age INTEGER; CREATE TABLE section (a INTEGER) STRICT;";
        assert!(migrate_by(&mut connection, &[MIGRATIONS[0], LATER, broken]).is_err());
        assert_eq!(shape(&connection), (1, false, false));
        migrate_by(&mut connection, &[MIGRATIONS[0], LATER]).unwrap();
        assert_eq!(shape(&connection), (2, true, true));
    }
}
