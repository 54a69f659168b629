//! Kills at named places. What a kill leaves is what the files hold at that moment: they are copied, and a second
//! server opens the copy.

use std::{future::Future, path::Path, sync::mpsc};

use super::{Bench, open};

/// Where the process dies, seen from a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kill {
    /// All of its rows are written and it is about to commit.
    BeforeCommit,
    /// It has committed and nobody has been told.
    AfterCommit,
}

impl Bench {
    /// Does `step`, and gives the server that starts on what a kill there would have left. This one lives on.
    pub(crate) async fn kill_at<T>(&self, kill: Kill, step: impl Future<Output = T>) -> (T, Self) {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (self.dir.path().to_owned(), dir.path().to_owned());
        let copy = self.app.store.write(move |_| {
            copy_files(&from, &to);
            Ok(())
        });
        let done = match kill {
            Kill::BeforeCommit => {
                // The writer is kept busy until the step and the copy are queued: both are then part of one commit.
                let (go, wait) = mpsc::channel();
                let busy = self.app.store.write(move |_| Ok(wait.recv().unwrap_or(false)));
                let release = async { go.send(true).unwrap() };
                let (held, done, copied, ()) = tokio::join!(busy, step, copy, release);
                assert!(held.unwrap());
                copied.unwrap();
                done
            }
            Kill::AfterCommit => {
                let done = step.await;
                copy.await.unwrap();
                done
            }
        };
        let app = open(dir.path(), self.now().as_ms()).await;
        (done, Self { app, shop: self.shop.clone(), dir })
    }

    /// The whole outbox as text: messages, their parameters, progress and work, keys and deliveries.
    pub(crate) async fn outbox(&self) -> Vec<String> {
        const TABLES: [&str; 6] = [
            "messages",
            "message_params",
            "message_progress",
            "message_work",
            "idempotency_keys",
            "deliveries",
        ];
        let dump = |connection: &rusqlite::Connection| {
            let mut lines = Vec::new();
            for table in TABLES {
                let mut query = connection.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2"))?;
                let columns = query.column_count();
                let mut rows = query.query([])?;
                while let Some(row) = rows.next()? {
                    let values =
                        (0..columns).map(|column| row.get_ref(column).map(|value| format!("{value:?}")));
                    lines.push(format!("{table}: {}", values.collect::<Result<Vec<_>, _>>()?.join(" ")));
                }
            }
            Ok(lines)
        };
        self.app.store.read(dump).await.unwrap()
    }
}

/// The index of the write-ahead log is not copied: a start makes it anew.
fn copy_files(from: &Path, to: &Path) {
    for name in ["pushbridge.db", "pushbridge.db-wal"] {
        std::fs::copy(from.join(name), to.join(name)).unwrap();
    }
}
