//! What the server's database says, read beside the server.

use std::{
    fmt,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use pushbridge_wire::InstallationId;
use rusqlite::{Connection, OpenFlags};

/// A reader of the server's file. Sees every commit. Locked, as a connection stays on one thread at a time.
pub(crate) struct Truth(Mutex<Connection>);

/// One installation.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) no: i64,
    pub(crate) id: String,
    pub(crate) revision: u64,
    pub(crate) state: String,
    pub(crate) value: Option<String>,
    pub(crate) generation: u64,
    pub(crate) user: Option<String>,
    pub(crate) login: Option<String>,
    pub(crate) epoch: Option<u64>,
}

/// Without the address.
impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { no, id, revision, state, generation, user, login, epoch, value: _ } = self;
        write!(
            f,
            "{no} {id}: revision {revision}, {state} generation {generation}, {user:?} {login:?} {epoch:?}"
        )
    }
}

/// Rules of the whole store, each with a query that is true where it is broken.
const WHOLE_STORE: [(&str, &str); 8] = [
    (
        "I1: a value is live twice",
        "SELECT EXISTS (SELECT 1 FROM installations WHERE address_state = 'live'
             GROUP BY app, address_kind, address_value HAVING count(*) > 1)",
    ),
    (
        "an epoch was given twice",
        "SELECT EXISTS (SELECT 1 FROM installations WHERE epoch IS NOT NULL GROUP BY app, epoch HAVING count(*) > 1)",
    ),
    (
        "an epoch is ahead of its app's counter",
        "SELECT EXISTS (SELECT 1 FROM installations i JOIN apps a USING (app) WHERE i.epoch > a.epoch)",
    ),
    (
        "rule 7: an ended login is bound",
        "SELECT EXISTS (SELECT 1 FROM installations i JOIN ended_logins e USING (app, login) WHERE i.user IS NOT NULL)",
    ),
    (
        "rule 4: a live value was held last by another installation",
        "SELECT EXISTS (SELECT 1 FROM installations i WHERE address_state = 'live' AND installation <>
             (SELECT h.installation FROM held_addresses h WHERE h.app = i.app AND h.address_key = i.address_key
              ORDER BY h.turn DESC LIMIT 1))",
    ),
    (
        "a lease without an owner, or an owner without a lease",
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE (state = 'leased') <> (lease_owner IS NOT NULL))",
    ),
    (
        "a delivery without a place in the world",
        "SELECT EXISTS (SELECT 1 FROM deliveries WHERE message IS NULL AND system_data IS NULL)",
    ),
    ("the file is damaged", "SELECT (SELECT quick_check FROM pragma_quick_check LIMIT 1) <> 'ok'"),
];

impl Truth {
    pub(crate) fn open(dir: &Path) -> Self {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self(Mutex::new(Connection::open_with_flags(dir.join("pushbridge.db"), flags).unwrap()))
    }

    /// A reader of nothing.
    pub(crate) fn closed() -> Self {
        Self(Mutex::new(Connection::open_in_memory().unwrap()))
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The installations of an app, in the order in which they came.
    pub(crate) fn rows(&self, app: &str) -> Vec<Row> {
        let sql =
            "SELECT i.installation, i.id, i.revision, i.address_state, i.address_value, i.generation, i.user,
                       i.login, i.epoch
                   FROM installations i JOIN apps a USING (app) WHERE a.id = ?1 ORDER BY i.installation";
        let connection = self.connection();
        let mut query = connection.prepare_cached(sql).unwrap();
        let rows = query.query_map([app], |row| {
            Ok(Row {
                no: row.get(0)?,
                id: InstallationId::from_stored(row.get(1)?).to_string(),
                revision: row.get(2)?,
                state: row.get(3)?,
                value: row.get(4)?,
                generation: row.get(5)?,
                user: row.get(6)?,
                login: row.get(7)?,
                epoch: row.get(8)?,
            })
        });
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    }

    /// Whether FCM called `row`'s value dead in an attempt of exactly its generation.
    pub(crate) fn was_called_dead(&self, row: &Row) -> bool {
        let sql = "SELECT count(*) FROM deliveries d JOIN installations i USING (installation)
                   WHERE i.installation = ?1 AND d.state = 'failed' AND d.wire_key = i.address_key
                       AND d.wire_generation = ?2";
        let found: i64 = self
            .connection()
            .prepare_cached(sql)
            .and_then(|mut query| query.query_row((row.no, row.generation), |row| row.get(0)))
            .unwrap();
        found > 0
    }

    /// Whether the janitor gave `row`'s address up.
    pub(crate) fn was_silent(&self, row: &Row) -> bool {
        let sql = "SELECT count(*) FROM events
                   WHERE installation = ?1 AND what = 'address_retired' AND actor = 'janitor'";
        let connection = self.connection();
        let mut query = connection.prepare_cached(sql).unwrap();
        query.query_row([row.no], |row| row.get::<_, i64>(0)).unwrap() > 0
    }

    /// Whether an attempt for a user began since `since_ms` at an installation of `app` that has not PUT since then.
    pub(crate) fn was_sent_before_its_put(&self, app: &str, since_ms: i64) -> bool {
        let sql = "SELECT EXISTS (SELECT 1 FROM apps a JOIN deliveries d USING (app) JOIN installations i USING (installation)
                   WHERE a.id = ?1 AND d.user IS NOT NULL AND d.first_attempt_ms >= ?2 AND i.seen_ms < ?2)";
        let connection = self.connection();
        let mut query = connection.prepare_cached(sql).unwrap();
        query.query_row((app, since_ms), |row| row.get(0)).unwrap()
    }

    /// What is wrong in the whole store, whatever the app: the first that is found.
    pub(crate) fn broken_rule(&self) -> Option<&'static str> {
        let connection = self.connection();
        let holds = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, bool>(0)).unwrap();
        WHOLE_STORE.iter().find(|(_, sql)| holds(sql)).map(|(rule, _)| *rule)
    }

    /// Deliveries that a worker could take at `now_ms`, and those on the wire as number and attempt. One look: between
    /// two, a delivery could go from one to the other unseen.
    pub(crate) fn under_way(&self, now_ms: i64) -> (usize, Vec<(i64, u32)>) {
        let sql = "SELECT delivery, attempts, state = 'leased' FROM deliveries
                   WHERE state = 'leased' OR (state = 'pending' AND due_ms <= ?1)";
        let connection = self.connection();
        let mut query = connection.prepare_cached(sql).unwrap();
        let rows = query.query_map([now_ms], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?))).unwrap();
        let rows: Vec<((i64, u32), bool)> = rows.collect::<Result<_, _>>().unwrap();
        let due = rows.iter().filter(|(_, leased)| !leased).count();
        (due, rows.into_iter().filter_map(|(delivery, leased)| leased.then_some(delivery)).collect())
    }
}
