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
