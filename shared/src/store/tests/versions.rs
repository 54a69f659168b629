//! Stores of older and of newer cores.

use rusqlite::Connection;
use serde_json::Value;

use super::*;
use crate::machine::{Credentials, DeferCause, LoggedOutReason};

const OF_0_1: &str = include_str!("store_of_0_1.sql");
const SECTIONS: [&str; 4] = ["identity", "desired", "acked", "progress"];

/// A store as 0.1.0 leaves it, and then what `change` makes of it.
fn store_after(change: impl FnOnce(&Connection)) -> TempDir {
    let dir = TempDir::new().unwrap();
    for folder in ["store", "marker"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    std::fs::write(dir.path().join("marker/pushbridge-core.marker"), "marker-1").unwrap();
    let connection = Connection::open(database(&dir)).unwrap();
    connection.execute_batch(OF_0_1).unwrap();
    change(&connection);
    dir
}

fn row(connection: &Connection, name: &str) -> Value {
    let query = "SELECT body FROM section WHERE name = ?1";
    let body: String = connection.query_row(query, [name], |row| row.get(0)).unwrap();
    serde_json::from_str(&body).unwrap()
}

fn set_row(connection: &Connection, name: &str, body: &Value) {
    let set = "UPDATE section SET body = ?2 WHERE name = ?1";
    assert_eq!(connection.execute(set, [name, &body.to_string()]).unwrap(), 1);
}

fn open(dir: &TempDir) -> (Store, State) {
    let opened = Store::open(&paths(dir.path())).unwrap();
    assert_eq!(opened.recovered, None);
    (opened.store, opened.state.unwrap())
}

/// What the state would be stored as, section by section.
fn rows_of(state: &State) -> [Value; 4] {
    let State { identity, desired, acked, progress, .. } = state;
    [
        serde_json::to_value(identity).unwrap(),
        serde_json::to_value(desired).unwrap(),
        serde_json::to_value(acked).unwrap(),
        serde_json::to_value(progress).unwrap(),
    ]
}

#[test]
fn a_store_of_0_1_is_read_for_ever() {
    let dir = store_after(|_| ());
    let (store, state) = open(&dir);
    for (name, written) in SECTIONS.into_iter().zip(rows_of(&state)) {
        let Value::Object(of_0_1) = row(&store.connection, name) else { panic!("{name}") };
        for (field, value) in of_0_1 {
            assert_eq!(written[&field], value, "{name}.{field}");
        }
    }
    assert_eq!(store.load_receipts(10).unwrap().len(), 1);
}

fn fields_in(prefix: &str, value: &Value, into: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = format!("{prefix}/{name}");
        fields_in(&path, value, into);
        into.push(path);
    }
}

fn without(mut value: Value, path: &str) -> Value {
    let (parent, name) = path.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(name).unwrap();
    value
}

/// A field that a newer core adds is missing from every store of before: without a default, it would log everybody
/// out. Only what says who this is, who is logged in, and which reset is owed may be asked for.
#[test]
fn a_field_that_an_older_core_did_not_write_costs_no_store() {
    let mut costly = Vec::new();
    for name in SECTIONS {
        let body = row(&Connection::open(database(&store_after(|_| ()))).unwrap(), name);
        let mut fields = Vec::new();
        fields_in("", &body, &mut fields);
        for field in fields {
            let dir = store_after(|connection| set_row(connection, name, &without(body.clone(), &field)));
            let opened = Store::open(&paths(dir.path())).unwrap();
            if opened.recovered.is_some() {
                costly.push(format!("{name}{field}"));
            }
        }
    }
    costly.sort_unstable();
    let wanted = [
        "desired/login",
        "desired/login/login_id",
        "desired/login/user",
        "desired/revision",
        "identity/installation",
        "identity/secret",
        "progress/reset/id",
    ];
    assert_eq!(costly, wanted);
}

/// What a newer core may do to the store without a breaking step.
fn of_the_future(connection: &Connection) {
    let schema = "ALTER TABLE section ADD COLUMN age INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE receipt ADD COLUMN place TEXT NOT NULL DEFAULT 'here';
        CREATE TABLE topic (name TEXT PRIMARY KEY) STRICT; INSERT INTO topic VALUES ('news');
        INSERT INTO section (name, body) VALUES ('a_new_section', '{}'); UPDATE section SET age = 5;
        INSERT INTO receipt (message_id, event, at_ms) VALUES ('an id of another form', 'shown', 1);
        PRAGMA user_version = 3;";
    connection.execute_batch(schema).unwrap();
    let add = |name: &str, path: &str| {
        let add = "UPDATE section SET body = json_set(body, ?2, json('{\"new\":1}')) WHERE name = ?1";
        assert_eq!(connection.execute(add, [name, path]).unwrap(), 1);
    };
    for name in SECTIONS {
        add(name, "$.new");
    }
    for path in ["$.login.new", "$.address.new", "$.attributes.new"] {
        add("desired", path);
    }
    for path in ["$.credentials", "$.backoff.cause", "$.logged_out", "$.challenge"] {
        add("progress", path); // words and shapes that this core does not know
    }
}

/// An app that is set back keeps its login, and the newer core finds its own when it is back.
#[test]
fn row21_a_store_from_the_future_is_worked_on_and_nothing_of_it_is_lost() {
    let dir = store_after(of_the_future);
    let (mut store, before) = open(&dir);
    assert_eq!(before.desired.login.as_ref().unwrap().user.as_str(), "42");
    assert_eq!(before.progress.credentials, Credentials::Fine);
    assert_eq!(before.progress.backoff.unwrap().cause, DeferCause::Server, "a wait is kept to");
    assert_eq!(before.progress.logged_out, Some(LoggedOutReason::Evicted { reason: None }));
    let mut next = before.clone();
    next.desired.revision = before.desired.revision.map(Revision::next);
    next.desired.attributes.locale = Some("de-DE".to_owned());
    next.progress.due = false;
    store.save(&before, &next).unwrap();
    store.add_receipt(&receipt(2)).unwrap();
    store.close().unwrap();
    let (store, found) = open(&dir);
    assert!(found.is_stored_like(&next));
    let (desired, progress) = (row(&store.connection, "desired"), row(&store.connection, "progress"));
    assert_eq!((&desired["revision"], &desired["attributes"]["locale"]), (&8.into(), &"de-DE".into()));
    let news = [
        &row(&store.connection, "identity")["new"],
        &desired["new"],
        &desired["login"]["new"],
        &desired["address"]["new"],
        &desired["attributes"]["new"],
        &row(&store.connection, "acked")["new"],
        &progress["new"],
        &progress["credentials"],
        &progress["backoff"]["cause"],
        &progress["logged_out"],
        &progress["challenge"],
    ];
    for (n, new) in news.iter().enumerate() {
        assert_eq!(new["new"], 1, "{n}");
    }
    let count = |sql: &str| store.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(count("SELECT count(*) FROM section WHERE age = 5"), 6, "columns too");
    assert_eq!(count("SELECT count(*) FROM receipt WHERE place = 'here'"), 3);
    let readable: Vec<_> =
        store.load_receipts(10).unwrap().into_iter().map(|stored| stored.receipt).collect();
    assert_eq!(readable[1..], [receipt(2)], "one that cannot be read holds up no other");
    assert_eq!(count("SELECT count(*) FROM topic"), 1);
    assert_eq!(count("PRAGMA user_version"), 3);
}

/// What a newer core said of something goes with it.
#[test]
fn what_a_newer_core_wrote_does_not_outlive_what_it_was_said_of() {
    let dir = store_after(of_the_future);
    let (mut store, before) = open(&dir);
    let mut next = before.clone();
    next.desired.login = None;
    next.acked.as_mut().unwrap().revision = Revision::FIRST;
    next.progress.backoff = None;
    store.save(&before, &next).unwrap();
    let (desired, acked) = (row(&store.connection, "desired"), row(&store.connection, "acked"));
    assert_eq!((&desired["login"], &acked["new"]), (&Value::Null, &Value::Null));
    assert_eq!(row(&store.connection, "progress")["backoff"], Value::Null);
    let mut another = next.clone();
    another.identity = draw_identity(&SeededEntropy::new(9)).unwrap();
    store.save(&next, &another).unwrap();
    for name in SECTIONS {
        assert_eq!(row(&store.connection, name)["new"], Value::Null, "{name}");
    }
}

/// A step that breaks older cores, or a shape that this one cannot read: the store is put aside whole, and told.
#[test]
fn row21_a_newer_store_that_cannot_be_read_is_put_aside_as_a_file() {
    let breaking = |connection: &Connection| {
        connection.execute_batch("ALTER TABLE section RENAME TO part; PRAGMA user_version = 1002").unwrap();
    };
    let unreadable = |connection: &Connection| {
        of_the_future(connection);
        set_row(connection, "desired", &serde_json::json!({"logins": []}));
    };
    for change in [&breaking as &dyn Fn(&Connection), &unreadable] {
        let dir = store_after(change);
        let (state, recovered) = reopen_recovered(&dir);
        assert!(state.is_none());
        assert_eq!(recovered, Some(Recovery::NewerSchema));
        let aside = Connection::open(dir.path().join("store/pushbridge-core.newer.db")).unwrap();
        let query = "SELECT count(*) FROM receipt WHERE message_id = 'msg_1'";
        assert_eq!(aside.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
    }
}

/// What SQLite has not yet moved into the main file goes along, and a store put aside earlier makes room.
#[test]
fn a_store_is_put_aside_with_its_journal() {
    let dir = store_after(|_| ());
    std::fs::write(dir.path().join("store/pushbridge-core.newer.db"), "an earlier one").unwrap();
    std::fs::write(dir.path().join("store/pushbridge-core.newer.db-wal"), "its journal").unwrap();
    let connection = Connection::open(database(&dir)).unwrap();
    connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA user_version = 1002").unwrap();
    let (_, recovered) = reopen_recovered(&dir); // the other connection keeps its journal from being folded in
    assert_eq!(recovered, Some(Recovery::NewerSchema));
    drop(connection);
    let aside = Connection::open(dir.path().join("store/pushbridge-core.newer.db")).unwrap();
    let version: i64 = aside.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!((version, &row(&aside, "desired")["login"]["user"]), (1002, &"42".into()));
}

/// Another installation has taken its place, and it holds a secret, an address and a user: it goes as soon as a core is
/// back that knows its schema, and not before.
#[test]
fn row21_a_store_put_aside_stays_until_a_core_comes_that_knows_it() {
    for (version, stays) in [(1, false), (2, true), (1002, true)] {
        let dir = store_after(|_| ());
        let aside = dir.path().join("store/pushbridge-core.newer.db");
        std::fs::copy(database(&dir), &aside).unwrap();
        let journal = aside.with_extension("db-wal");
        Connection::open(&aside).unwrap().pragma_update(None, "user_version", version).unwrap();
        std::fs::write(&journal, "").unwrap();
        let (_, state) = open(&dir);
        assert_eq!(state.desired.login.unwrap().user.as_str(), "42", "the store itself is another");
        assert_eq!((aside.exists(), journal.exists() && !stays), (stays, false), "{version}");
    }
    // What is no database costs no start.
    let dir = store_after(|_| ());
    std::fs::write(dir.path().join("store/pushbridge-core.newer.db"), "garbage ".repeat(1_000)).unwrap();
    open(&dir);
}
