//! Tables and their version, which has two numbers: how many steps ran, and how many of them broke older cores.
//! Shipped steps are never edited.
//!
//! An app may be set back to an older version, and then an older core meets a newer store. Steps that only add are
//! nothing to it: it goes on, and what they added stays. A step that changes the meaning of what is there counts as
//! breaking, and the store is [`StoreError::Newer`] to cores that do not know it.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// One step of the schema.
#[derive(Clone, Copy)]
struct Step {
    sql: &'static str,
    /// Whether a core that does not know it would read or write something wrongly afterwards. Adding a table, or a
    /// column with a default, is not breaking.
    is_breaking: bool,
}

const STEPS: &[Step] = &[
    // One row per part of the state, as JSON: nothing here is searched by content, and a new field of a newer
    // version then needs no step.
    Step {
        sql: "CREATE TABLE section (name TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
              CREATE TABLE receipt (
                  number INTEGER PRIMARY KEY AUTOINCREMENT,
                  message_id TEXT NOT NULL,
                  event TEXT NOT NULL,
                  at_ms INTEGER NOT NULL,
                  UNIQUE (message_id, event)
              ) STRICT;",
        is_breaking: false,
    },
];

/// `user_version` is `breaking * STRIDE + steps`.
const STRIDE: usize = 1_000;

/// Who wrote the store last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writer {
    /// A core that knew no more steps than this one.
    Known,
    /// A newer one, whose steps this one can live with.
    Newer,
}

/// Brings the schema up to date, in one transaction. A newer one stays as it is.
pub(super) fn migrate(connection: &mut Connection) -> Result<Writer, StoreError> {
    migrate_by(connection, STEPS)
}

/// Whether this core knows every step that was made.
pub(super) fn is_known(connection: &Connection) -> Result<bool, StoreError> {
    let (breaking, done) = version(connection)?;
    Ok(breaking <= count_breaking(STEPS) && done <= STEPS.len())
}

/// Breaking steps and all steps.
fn version(connection: &Connection) -> Result<(usize, usize), StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let version = usize::try_from(version).map_err(|_| StoreError::Damaged)?;
    Ok((version / STRIDE, version % STRIDE))
}

fn count_breaking(steps: &[Step]) -> usize {
    steps.iter().filter(|step| step.is_breaking).count()
}

fn migrate_by(connection: &mut Connection, steps: &[Step]) -> Result<Writer, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (breaking, done) = version(&transaction)?;
    let breaking_known = count_breaking(steps);
    if breaking > breaking_known {
        return Err(StoreError::Newer);
    }
    let Some(missing) = steps.get(done..) else { return Ok(Writer::Newer) };
    if missing.is_empty() {
        return Ok(Writer::Known); // reading only: the transaction rolls back
    }
    for step in missing {
        transaction.execute_batch(step.sql)?;
    }
    transaction.pragma_update(None, "user_version", breaking_known * STRIDE + steps.len())?;
    transaction.commit()?;
    Ok(Writer::Known)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A later version's second step, in two statements.
    const LATER: Step = Step {
        sql: "ALTER TABLE section ADD COLUMN age INTEGER; CREATE TABLE extra (a INTEGER) STRICT;",
        is_breaking: false,
    };
    const BREAKING: Step = Step { sql: "ALTER TABLE section RENAME TO part", is_breaking: true };

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
        migrate_by(&mut reopened, &[STEPS[0], LATER]).unwrap();
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
        let broken = Step {
            sql: "ALTER TABLE section ADD COLUMN age INTEGER; CREATE TABLE section (a INTEGER) STRICT;",
            is_breaking: false,
        };
        assert!(migrate_by(&mut connection, &[STEPS[0], LATER, broken]).is_err());
        assert_eq!(shape(&connection), (1, false, false));
        migrate_by(&mut connection, &[STEPS[0], LATER]).unwrap();
        assert_eq!(shape(&connection), (2, true, true));
    }

    #[test]
    fn steps_that_add_are_lived_with_and_a_breaking_one_is_not() {
        let mut connection = Connection::open_in_memory().unwrap();
        let mut by = |steps: &[Step]| migrate_by(&mut connection, steps);
        assert_eq!(by(&[STEPS[0], LATER]).unwrap(), Writer::Known);
        assert_eq!(by(STEPS).unwrap(), Writer::Newer);
        assert_eq!(
            by(&[STEPS[0], LATER]).unwrap(),
            Writer::Known,
            "the older core left the version as it was"
        );
        assert_eq!(by(&[STEPS[0], LATER, BREAKING]).unwrap(), Writer::Known);
        assert!(matches!(by(&[STEPS[0], LATER]), Err(StoreError::Newer)));
        assert!(matches!(by(STEPS), Err(StoreError::Newer)));
        assert_eq!(by(&[STEPS[0], LATER, BREAKING]).unwrap(), Writer::Known);
    }
}
