//! Time as an argument. In: nothing, or a test's hand. Out: monotonic microseconds since the start and the wall
//! clock's seconds. Next: everything that stamps, expires or delays reads time only from here.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// Where the emulator reads the time. Cloning shares the clock.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
    /// What elapsed before the source began, in earlier runs of the emulator.
    before: Duration,
}

#[derive(Clone, Debug)]
enum Source {
    Real { started: Instant, started_unix: Duration },
    Manual { started_unix: Duration, elapsed: Arc<watch::Sender<Duration>> },
}

impl Clock {
    /// The machine's clock; its monotonic reading starts at zero now.
    #[must_use]
    #[allow(clippy::disallowed_methods, reason = "the one place of this crate that reads the real clock")]
    pub fn real() -> Self {
        let started_unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { source: Source::Real { started: Instant::now(), started_unix }, before: Duration::ZERO }
    }

    /// A clock that stands at `unix` since the epoch and moves only by [`advance`](Self::advance).
    #[must_use]
    pub fn manual(unix: Duration) -> Self {
        let elapsed = Arc::new(watch::Sender::new(Duration::ZERO));
        Self { source: Source::Manual { started_unix: unix, elapsed }, before: Duration::ZERO }
    }

    /// Moves a manual clock forward and wakes what waits for it. Does nothing to a real one.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual { elapsed, .. } = &self.source {
            elapsed.send_modify(|now| *now = now.saturating_add(by));
        }
    }

    /// The same clock, its monotonic reading going on from an emulator that began at `began` of Unix time and had come
    /// to `elapsed`. The time in between counts, unless the wall clock was set back meanwhile.
    pub(crate) fn resumed(&self, began: Duration, elapsed: Duration) -> Self {
        let before = self.unix().saturating_sub(began).max(elapsed).saturating_sub(self.since_start());
        Self { source: self.source.clone(), before }
    }

    /// Time since the clock was made; never goes back.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.before.saturating_add(self.since_start())
    }

    fn since_start(&self) -> Duration {
        match &self.source {
            Source::Real { started, .. } => started.elapsed(),
            Source::Manual { elapsed, .. } => *elapsed.borrow(),
        }
    }

    /// Time since the Unix epoch, as a wall clock shows it.
    #[must_use]
    pub fn unix(&self) -> Duration {
        let (Source::Real { started_unix, .. } | Source::Manual { started_unix, .. }) = &self.source;
        started_unix.saturating_add(self.since_start())
    }

    /// Monotonic microseconds, the unit of every record.
    pub(crate) fn now_us(&self) -> u64 {
        micros(self.elapsed())
    }

    /// Waits for `delay` of this clock: with a manual one, until a test has advanced that far.
    pub(crate) async fn sleep(&self, delay: Duration) {
        match &self.source {
            Source::Real { .. } => tokio::time::sleep(delay).await,
            Source::Manual { elapsed, .. } => {
                let until = elapsed.borrow().saturating_add(delay);
                // An error means that the sender is gone, and we hold it.
                let _ = elapsed.subscribe().wait_for(|now| *now >= until).await;
            }
        }
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

impl Default for Clock {
    fn default() -> Self {
        Self::real()
    }
}
