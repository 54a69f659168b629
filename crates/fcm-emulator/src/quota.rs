//! How much may be sent. In: limits, and sends with the time. Out: nothing, or how long until there is room again.
//! Next: `send` answers 429 with that as Retry-After. Off unless asked for: a test of something else must not meet it.
//!
//! A window begins with its first send and is full again when its length is over, not at a minute of the clock.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::devices::{DeviceEntry, Platform};
use crate::locks::{lock, read, write};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// The limits in force; each is off when absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Quotas {
    /// Sends of the project in a minute. Refused ones count as well, those over the quota do not.
    pub project_per_minute: Option<u32>,
    /// Messages to one Android device in a minute.
    pub device_per_minute: Option<u32>,
    /// Messages to one Android device in an hour.
    pub device_per_hour: Option<u32>,
}

impl Quotas {
    /// FCM's own figures.
    #[must_use]
    pub const fn of_fcm() -> Self {
        Self { project_per_minute: Some(600_000), device_per_minute: Some(240), device_per_hour: Some(5_000) }
    }
}

/// How long until there is room again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exhausted(pub(crate) Duration);

/// Sends since the window began.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    started: Duration,
    used: u32,
}

impl Window {
    /// Begins anew when its time is over, and says whether one more fits.
    fn has_room(&mut self, limit: Option<u32>, length: Duration, now: Duration) -> Result<(), Exhausted> {
        let Some(limit) = limit else { return Ok(()) };
        let end = self.started.saturating_add(length);
        if self.used == 0 || now >= end {
            *self = Self { started: now, used: 0 };
        }
        if self.used < limit { Ok(()) } else { Err(Exhausted(self.started.saturating_add(length) - now)) }
    }
}

/// What one device has been sent lately.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DeviceRate {
    minute: Window,
    hour: Window,
}

impl DeviceRate {
    /// Counts one message, unless a window is full: then nothing is counted.
    fn take(&mut self, limits: &Quotas, now: Duration) -> Result<(), Exhausted> {
        self.minute.has_room(limits.device_per_minute, MINUTE, now)?;
        self.hour.has_room(limits.device_per_hour, HOUR, now)?;
        self.minute.used = self.minute.used.saturating_add(1);
        self.hour.used = self.hour.used.saturating_add(1);
        Ok(())
    }
}

pub(crate) struct QuotaKeeper {
    at_start: Quotas,
    limits: RwLock<Quotas>,
    /// Spares the common send without any quota even a read lock.
    any: AtomicBool,
    project: Mutex<Window>,
}

impl QuotaKeeper {
    pub(crate) fn new(at_start: Quotas) -> Self {
        let keeper = Self {
            at_start,
            limits: RwLock::default(),
            any: AtomicBool::new(false),
            project: Mutex::default(),
        };
        keeper.set(at_start);
        keeper
    }

    pub(crate) fn limits(&self) -> Quotas {
        *read(&self.limits)
    }

    /// Puts other limits in force, with a full bucket.
    pub(crate) fn set(&self, limits: Quotas) {
        let mut current = write(&self.limits);
        *current = limits;
        *lock(&self.project) = Window::default();
        self.any.store(limits != Quotas::default(), Ordering::Release);
    }

    /// Back to what the emulator was started with.
    pub(crate) fn reset(&self) {
        self.set(self.at_start);
    }

    /// Counts one request of the project.
    pub(crate) fn take_for_project(&self, now: Duration) -> Result<(), Exhausted> {
        if !self.any.load(Ordering::Acquire) {
            return Ok(());
        }
        let limit = self.limits().project_per_minute;
        let mut window = lock(&self.project);
        window.has_room(limit, MINUTE, now)?;
        window.used = window.used.saturating_add(1);
        Ok(())
    }

    /// Counts one message to a device. Only Android has a rate that FCM itself watches.
    pub(crate) fn take_for_device(&self, device: &DeviceEntry, now: Duration) -> Result<(), Exhausted> {
        if !self.any.load(Ordering::Acquire) || device.platform != Platform::Android {
            return Ok(());
        }
        let limits = self.limits();
        device.change(|condition| condition.rate.get_or_insert_default().take(&limits, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_window_begins_with_its_first_send_and_is_full_again_after_its_length() {
        let keeper = QuotaKeeper::new(Quotas { project_per_minute: Some(2), ..Quotas::default() });
        assert_eq!(keeper.take_for_project(at(50)), Ok(()));
        assert_eq!(keeper.take_for_project(at(70)), Ok(()));
        assert_eq!(keeper.take_for_project(at(70)), Err(Exhausted(at(40))));
        assert_eq!(keeper.take_for_project(at(109)), Err(Exhausted(at(1))));
        assert_eq!(keeper.take_for_project(at(110)), Ok(()));
    }

    #[test]
    fn a_refused_message_counts_in_neither_window_of_its_device() {
        let limits = Quotas { device_per_minute: Some(1), device_per_hour: Some(2), ..Quotas::default() };
        let mut rate = DeviceRate::default();
        assert_eq!(rate.take(&limits, at(0)), Ok(()));
        for _ in 0..5 {
            assert_eq!(rate.take(&limits, at(0)), Err(Exhausted(at(60))));
        }
        assert_eq!(rate.take(&limits, at(60)), Ok(()), "the hour has one left");
        assert_eq!(rate.take(&limits, at(120)), Err(Exhausted(at(3_480))));
    }
}
