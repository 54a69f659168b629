//! The one writer: an own thread that commits whatever is queued as one group.
//!
//! A commit costs one flush of the disk, whatever its size, so jobs that arrive while one commit runs share the next.
//! Each job but the first runs in a savepoint of its own: a failing job undoes itself and nobody else. Before the first
//! there is nothing to keep, so the transaction serves it as one; a savepoint would copy each page that it changes.

use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::StoreError;

/// Jobs of one commit. Beyond it latency grows and throughput does not (measured: 200 rows have nearly all of the gain).
const GROUP_JOBS: usize = 256;
/// Jobs that may wait. Ours: about a second of work at the measured rate.
const QUEUE_JOBS: usize = 8_192;

/// Told whether the commit succeeded; sends the caller its answer.
type Answer = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// Runs where it is told, and says whether it failed.
type Job = Box<dyn FnOnce(Place<'_>) -> (Answer, Result<(), Failed>) + Send>;

/// Where a job runs.
#[derive(Clone, Copy)]
enum Place<'a> {
    /// In a transaction that is its own so far: who runs it rolls it back when it fails.
    First(&'a Connection),
    /// Behind others of its group.
    Behind(&'a Connection),
    /// There is no transaction: it only says that it did not run.
    Nowhere,
}

/// A job did not do what it was to do.
struct Failed;

/// Handle of the writer thread.
#[derive(Clone)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    /// Starts the thread. It ends when the last handle is dropped and the queue is empty.
    pub(super) fn start(connection: Connection) -> Result<(Self, JoinHandle<()>), std::io::Error> {
        let (jobs, queue) = mpsc::channel(QUEUE_JOBS);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || write_groups(connection, queue))?;
        Ok((Self { jobs }, thread))
    }

    /// Runs `work` in a transaction. When this returns `Ok`, it is on disk; when `Err`, nothing of it is.
    pub(super) async fn write<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |place| {
            let result = match place {
                Place::First(connection) => work(connection),
                Place::Behind(connection) => in_savepoint(connection, work),
                Place::Nowhere => Err(StoreError::Closed),
            };
            let done = result.as_ref().map(drop).map_err(|_| Failed);
            let answer: Answer = Box::new(move |committed| {
                // The caller may have gone away; what was committed stays.
                let _ = sender.send(committed.and(result));
            });
            (answer, done)
        });
        self.jobs.try_send(job).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        receiver.await.map_err(|_| StoreError::Closed)?
    }
}

fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    connection.prepare_cached("SAVEPOINT job")?.execute([])?;
    let result = work(connection);
    if result.is_err() {
        connection.prepare_cached("ROLLBACK TO job")?.execute([])?;
    }
    connection.prepare_cached("RELEASE job")?.execute([])?;
    result
}

#[expect(clippy::needless_pass_by_value, reason = "the thread owns the connection and closes it")]
fn write_groups(connection: Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let group = std::panic::AssertUnwindSafe(|| run_group(&connection, first, &mut queue, &mut answers));
        let committed = std::panic::catch_unwind(group).unwrap_or_else(|_| {
            tracing::error!("a store job panicked; its group was rolled back");
            Err(StoreError::BadRow("a job that panicked"))
        });
        if committed.is_err() && !connection.is_autocommit() {
            // A failed commit leaves the transaction open; the next group must not inherit it.
            let _ = connection.execute_batch("ROLLBACK");
        }
        if let Err(error) = &committed {
            tracing::error!(%error, jobs = answers.len(), "a group of writes was rolled back");
        }
        let failed = committed.is_err();
        let mut committed = Some(committed);
        for answer in answers {
            // One answer gets the cause with its source, the others the same meaning.
            let result =
                committed.take().unwrap_or_else(|| if failed { Err(group_failed()) } else { Ok(()) });
            answer(result);
        }
    }
}

fn group_failed() -> StoreError {
    StoreError::Unavailable(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR),
        Some("the commit that this write shared failed".to_owned()),
    ))
}

fn run_group(
    connection: &Connection,
    first: Job,
    queue: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), StoreError> {
    if let Err(error) = connection.prepare_cached("BEGIN IMMEDIATE").and_then(|mut begin| begin.execute([])) {
        answers.push(first(Place::Nowhere).0);
        return Err(error.into());
    }
    let (answer, done) = first(Place::First(connection));
    answers.push(answer);
    if connection.is_autocommit() {
        return Err(group_failed());
    }
    if done.is_err() {
        // Nobody else has written yet; whoever waits is the next group.
        connection.prepare_cached("ROLLBACK")?.execute([])?;
        return Ok(());
    }
    while answers.len() < GROUP_JOBS
        && let Ok(job) = queue.try_recv()
    {
        answers.push(job(Place::Behind(connection)).0);
        if connection.is_autocommit() {
            // A full or failing disk makes SQLite roll the whole transaction back. Without this a later job of the
            // group would commit on its own and yet be told that it failed.
            return Err(group_failed());
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (x INTEGER UNIQUE)").unwrap();
        connection
    }

    async fn insert(writer: &Writer, x: i64) -> Result<usize, StoreError> {
        writer.write(move |connection| Ok(connection.execute("INSERT INTO t VALUES (?1)", [x])?)).await
    }

    async fn count(writer: &Writer) -> i64 {
        let query = |connection: &Connection| {
            Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
        };
        writer.write(query).await.unwrap()
    }

    #[tokio::test]
    async fn a_failing_job_undoes_itself_and_nobody_else() {
        let (writer, _) = Writer::start(table()).unwrap();
        let results = tokio::join!(insert(&writer, 1), insert(&writer, 1), insert(&writer, 2));
        assert!(results.0.is_ok() && results.1.is_err() && results.2.is_ok());
        assert_eq!(count(&writer).await, 2);
    }

    /// Each alone is the first of its group, for which the transaction itself is undone.
    #[tokio::test]
    async fn a_failing_job_that_is_alone_undoes_itself() {
        let (writer, _) = Writer::start(table()).unwrap();
        let half = writer.write(|connection| -> Result<(), StoreError> {
            connection.execute("INSERT INTO t VALUES (1)", [])?;
            Err(StoreError::BadRow("on purpose"))
        });
        assert!(matches!(half.await, Err(StoreError::BadRow("on purpose"))));
        assert_eq!(count(&writer).await, 0);
        assert!(insert(&writer, 1).await.is_ok());
        assert!(insert(&writer, 1).await.is_err());
        assert_eq!(count(&writer).await, 1, "what was kept before stays");
    }

    /// Without the check for autocommit the later jobs of the group would be kept and yet be told that they failed.
    #[tokio::test]
    async fn when_sqlite_rolls_the_group_back_nothing_of_it_is_kept() {
        let (writer, _) = Writer::start(table()).unwrap();
        let rollback = writer.write(|connection| Ok(connection.execute_batch("ROLLBACK")?));
        let (first, second, third) = tokio::join!(insert(&writer, 1), rollback, insert(&writer, 2));
        let kept = i64::from(first.is_ok()) + i64::from(third.is_ok());
        assert!(second.is_err());
        assert_eq!(count(&writer).await, kept, "what was answered Ok is there, and nothing else");
    }

    #[tokio::test]
    async fn a_panicking_job_takes_its_group_along_and_the_writer_goes_on() {
        let (writer, _) = Writer::start(table()).unwrap();
        let panics = writer.write(|_| -> Result<(), StoreError> { panic!("on purpose") });
        assert!(panics.await.is_err());
        assert!(insert(&writer, 1).await.is_ok());
    }

    #[tokio::test]
    async fn a_store_that_cannot_begin_says_so() {
        let connection = table();
        connection.execute_batch("BEGIN").unwrap();
        let (writer, _) = Writer::start(connection).unwrap();
        assert!(!matches!(insert(&writer, 1).await, Err(StoreError::Closed)));
    }
}
