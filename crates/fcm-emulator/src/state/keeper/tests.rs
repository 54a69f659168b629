use std::sync::Mutex;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinSet, yield_now};

use super::*;

/// A keeper at work, whose writes the test sees begin and ends as it likes.
struct Bench {
    keeper: Arc<Keeper>,
    clock: Clock,
    end: CancellationToken,
    begun: UnboundedReceiver<oneshot::Sender<io::Result<()>>>,
    told: Arc<Mutex<u32>>,
    work: JoinSet<()>,
}

impl Bench {
    fn start() -> Self {
        let keeper = Arc::new(Keeper::new("state.json".into()));
        let (clock, end) = (Clock::manual(Duration::ZERO), CancellationToken::new());
        let (begin, begun) = unbounded_channel();
        let told = Arc::new(Mutex::new(0));
        let mut work = JoinSet::new();
        {
            let (keeper, clock, end, told) = (keeper.clone(), clock.clone(), end.clone(), told.clone());
            work.spawn(async move {
                let write = || {
                    let (ended, result) = oneshot::channel();
                    begin.send(ended).unwrap();
                    async { result.await.unwrap() }
                };
                keep(&keeper, &clock, &end, write, || *told.lock().unwrap() += 1).await;
            });
        }
        Self { keeper, clock, end, begun, told, work }
    }

    /// Lets everything run that can.
    async fn rest(&self) {
        for _ in 0..100 {
            yield_now().await;
        }
    }

    /// Ends the write that has begun, and asserts that there is one.
    async fn end_write(&mut self, result: io::Result<()>) {
        self.rest().await;
        self.begun.try_recv().expect("a write has begun").send(result).unwrap();
        self.rest().await;
    }

    async fn no_write(&mut self) {
        self.rest().await;
        assert!(self.begun.try_recv().is_err(), "nothing is to be written");
    }
}

fn full() -> io::Result<()> {
    Err(io::ErrorKind::StorageFull.into())
}

#[tokio::test]
async fn whoever_waits_shares_the_next_write_with_all_who_came_meanwhile() {
    let mut bench = Bench::start();
    bench.no_write().await;
    let waiting = Arc::new(Mutex::new(0));
    let mut callers = JoinSet::new();
    for caller in 0..100 {
        let (keeper, waiting) = (bench.keeper.clone(), waiting.clone());
        *waiting.lock().unwrap() += 1;
        callers.spawn(async move {
            keeper.mark();
            keeper.settled().await;
            *waiting.lock().unwrap() -= 1;
        });
        if caller == 0 {
            // At once: the clock stands still.
            bench.rest().await;
        }
    }
    bench.rest().await;
    assert_eq!(*waiting.lock().unwrap(), 100, "nobody is answered before his write has ended");
    bench.end_write(Ok(())).await;
    assert_eq!(*waiting.lock().unwrap(), 99);
    bench.end_write(Ok(())).await;
    assert_eq!(*waiting.lock().unwrap(), 0);
    bench.no_write().await;
    assert_eq!(bench.keeper.report().writes, 2);
}

#[tokio::test]
async fn changes_that_nobody_waits_for_are_gathered() {
    let mut bench = Bench::start();
    for _ in 0..100 {
        bench.keeper.mark();
        bench.no_write().await;
    }
    bench.clock.advance(GATHER);
    bench.end_write(Ok(())).await;
    bench.clock.advance(AGAIN_AFTER);
    bench.no_write().await;
    let report = bench.keeper.report();
    assert_eq!((report.writes, report.unwritten), (1, 0));
}

#[tokio::test]
async fn a_failure_is_told_once_and_tried_again_until_nothing_is_missing() {
    let mut bench = Bench::start();
    for _ in 0..3 {
        bench.keeper.mark();
        let keeper = bench.keeper.clone();
        let mut caller = JoinSet::new();
        caller.spawn(async move { keeper.settled().await });
        bench.end_write(full()).await;
        assert!(caller.try_join_next().is_some(), "the call is answered all the same");
    }
    let report = bench.keeper.report();
    assert_eq!((report.writes, report.unwritten), (0, 3));
    assert!(report.failure.is_some());
    bench.no_write().await;
    bench.clock.advance(AGAIN_AFTER);
    bench.end_write(full()).await;
    assert_eq!(*bench.told.lock().unwrap(), 1, "once, not per change");
    bench.clock.advance(AGAIN_AFTER);
    bench.end_write(Ok(())).await;
    let report = bench.keeper.report();
    assert_eq!((report.writes, report.unwritten, report.failure), (1, 0, None));
    assert_eq!(*bench.told.lock().unwrap(), 2, "and once that it is over");
}

#[tokio::test]
async fn the_end_writes_what_is_left_even_amid_a_write() {
    let mut bench = Bench::start();
    bench.keeper.mark();
    bench.rest().await;
    bench.clock.advance(GATHER);
    bench.rest().await;
    bench.keeper.mark();
    bench.end.cancel();
    bench.end_write(Ok(())).await;
    assert!(bench.work.try_join_next().is_none());
    bench.end_write(Ok(())).await;
    bench.work.join_next().await.unwrap().unwrap();
    assert_eq!(bench.keeper.report().unwritten, 0);
}
