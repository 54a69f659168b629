//! The log of sends. In: every `messages:send` that ended, however it ended. Out: a page after a sequence number, on
//! one monotonic clock. Next: tests that must know what was on the wire at a moment. Bounded by its limit.

use std::collections::VecDeque;
use std::sync::Mutex;

use serde::Serialize;
use tokio::sync::Notify;

use crate::events::{Event, Events};
use crate::locks::lock;
use crate::names::DeviceId;

/// One request to `messages:send`, recorded when it ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RequestRecord {
    /// Counts requests in the order in which they ended, from 1.
    pub seq: u64,
    /// When its headers had arrived, in microseconds since the emulator's start.
    pub started_us: u64,
    /// When its answer was ready, or when the connection was cut or given up.
    pub ended_us: u64,
    /// The device that it was for, if its address belongs or lately belonged to one.
    pub device: Option<DeviceId>,
    /// The HTTP status; `None` when nothing was answered.
    pub status: Option<u16>,
    /// Whether FCM took the message (a message that was cut after that is accepted and has no status).
    pub accepted: bool,
}

/// A record before it has its number.
pub(crate) struct Ended {
    pub(crate) started_us: u64,
    pub(crate) ended_us: u64,
    pub(crate) device: Option<DeviceId>,
    pub(crate) status: Option<u16>,
    pub(crate) accepted: bool,
}

pub(crate) struct Journal {
    limit: usize,
    records: Mutex<Records>,
    /// Woken at every record; arm it before looking.
    pub(crate) arrivals: Notify,
}

#[derive(Default)]
struct Records {
    kept: VecDeque<RequestRecord>,
    last_seq: u64,
}

impl Journal {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit: limit.max(1), records: Mutex::default(), arrivals: Notify::new() }
    }

    pub(crate) fn record(&self, ended: Ended, events: &Events) {
        {
            let mut records = lock(&self.records);
            records.last_seq += 1;
            if records.kept.len() >= self.limit {
                records.kept.pop_front();
            }
            let Ended { started_us, ended_us, device, status, accepted } = ended;
            let seq = records.last_seq;
            let record = RequestRecord { seq, started_us, ended_us, device, status, accepted };
            // Under the lock, so that events come in the order of their numbers.
            events.tell(|| Event::Request(record.clone()));
            records.kept.push_back(record);
        }
        self.arrivals.notify_waiters();
    }

    pub(crate) fn after(&self, seq: u64) -> Vec<RequestRecord> {
        let records = lock(&self.records);
        let first_wanted = records.kept.partition_point(|record| record.seq <= seq);
        records.kept.range(first_wanted..).cloned().collect()
    }

    pub(crate) fn last_seq(&self) -> u64 {
        lock(&self.records).last_seq
    }

    pub(crate) fn clear(&self) {
        *lock(&self.records) = Records::default();
    }
}
