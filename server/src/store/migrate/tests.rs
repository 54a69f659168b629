//! A file of an older version, with rows in it.

use super::*;

/// A file as the first `count` migrations leave it.
fn file_of_version(count: usize) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    for migration in &MIGRATIONS[..count] {
        connection.execute_batch(migration).unwrap();
    }
    connection.pragma_update(None, "user_version", i64::try_from(count).unwrap()).unwrap();
    connection.pragma_update(None, "foreign_keys", true).unwrap();
    connection
}

/// Messages 1 (one sent, one waiting), 2 (all over) and 3 (for nobody).
const OLD_ROWS: &str = "
    INSERT INTO apps (app, id, firebase_project, service_account, service_account_email, policy_mode, identity_mode,
        identity_keys, created_ms) VALUES (1, 'shop', 'p', '{}', '', 'multi', 'jwt', '[]', 0);
    INSERT INTO messages (message, id, app, audience, payload, lane, validate_only, created_ms, expires_ms) VALUES
        (1, 'msg_1', 1, '{}', '{}', 1, 0, 10, 1000), (2, 'msg_2', 1, '{}', '{}', 1, 0, 20, 1000),
        (3, 'msg_3', 1, '{}', '{}', 1, 0, 30, 1000);
    INSERT INTO deliveries (message, app, target_kind, target_value, lane, state, due_ms, expires_ms, updated_ms) VALUES
        (1, 1, 'topic', 't', 1, 'sent', 0, 1000, 50), (1, 1, 'topic', 't', 1, 'pending', 0, 1000, 10),
        (2, 1, 'topic', 't', 1, 'failed', 0, 1000, 60), (2, 1, 'topic', 't', 1, 'cancelled', 0, 1000, 70),
        (NULL, 1, 'fcm_token', 't', 0, 'pending', 0, 1000, 0);
    INSERT INTO receipts (message, installation, event, at_ms) VALUES (1, 1, 'received', 55), (1, 1, 'opened', 56);";

fn progress(connection: &Connection, message: i64) -> String {
    let columns =
        "deliveries || ' ' || sent || ' ' || failed || ' ' || expired || ' ' || cancelled || ' ' || received
        || ' ' || shown || ' ' || opened || ' ' || coalesce(finished_ms, '-')";
    let sql = format!("SELECT {columns} FROM message_progress WHERE message = ?1");
    connection.query_row(&sql, [message], |row| row.get(0)).unwrap()
}

#[test]
fn the_messages_of_an_older_file_are_counted() {
    let mut connection = file_of_version(1);
    connection.execute_batch(OLD_ROWS).unwrap();
    migrate(&mut connection).unwrap();
    assert_eq!(progress(&connection, 1), "2 1 0 0 0 1 0 1 -");
    assert_eq!(progress(&connection, 2), "2 0 1 0 1 0 0 0 70");
    assert_eq!(progress(&connection, 3), "0 0 0 0 0 0 0 0 30");
}

#[test]
fn a_file_is_brought_up_from_every_version_and_only_once() {
    for count in 0..=MIGRATIONS.len() {
        let mut connection = file_of_version(count);
        migrate(&mut connection).unwrap();
        migrate(&mut connection).unwrap();
        let version: usize = connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
        assert_eq!(version, MIGRATIONS.len(), "from {count}");
    }
}

#[test]
fn a_file_of_a_newer_version_is_refused() {
    let mut connection = file_of_version(0);
    connection.pragma_update(None, "user_version", 999).unwrap();
    assert!(matches!(migrate(&mut connection), Err(StoreError::NewerSchema { found: 999, .. })));
}

/// What a table that is made anew held before is in it afterwards, row by row.
#[test]
fn a_table_that_is_made_anew_keeps_its_rows() {
    let dump = |connection: &Connection, table: &str| {
        let sql = format!("SELECT * FROM {table} ORDER BY 1");
        let mut query = connection.prepare(&sql).unwrap();
        let columns = query.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        let rows = query.query_map([], row).unwrap();
        rows.collect::<Result<Vec<Vec<rusqlite::types::Value>>, _>>().unwrap()
    };
    let mut connection = file_of_version(5);
    connection.execute_batch(OLD_ROWS).unwrap();
    connection
        .execute_batch(
            "INSERT INTO installations (installation, app, id, secret_hash, revision, platform, tags, address_state,
                 address_kind, address_value, address_key, generation, deaths, reset_told, created_ms, seen_ms, stale_ms)
             VALUES (7, 1, x'01', x'02', 3, 'ios', '[]', 'live', 'fcm_token', 't', x'03', 4, 5, 0, 6, 7, 8),
                 (9, 1, x'04', x'05', 1, 'android', '[\"a\"]', 'moved', NULL, NULL, NULL, 1, 0, 1, 2, 3, NULL);",
        )
        .unwrap();
    let before = ["deliveries", "installations"].map(|table| dump(&connection, table));
    migrate(&mut connection).unwrap();
    assert_eq!(before, ["deliveries", "installations"].map(|table| dump(&connection, table)));
    assert_eq!(before.map(|rows| rows.len()), [5, 2]);
    let broken: i64 =
        connection.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
    assert_eq!(broken, 0);
}
