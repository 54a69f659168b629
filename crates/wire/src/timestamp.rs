//! Points in time: milliseconds since 1970 in storage, RFC 3339 in JSON.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

/// Milliseconds since the epoch. Arithmetic saturates, since device clocks are often absurd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Timestamp(i64);

impl Timestamp {
    /// The year 9999 is the last that RFC 3339 can write.
    const MAX_MS: i64 = 253_402_300_799_999;

    /// From milliseconds since the epoch, clamped to the years 1970 to 9999.
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, Self::MAX_MS))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn as_ms(self) -> i64 {
        self.0
    }

    /// This moment and `later`.
    #[must_use]
    pub fn plus(self, later: Duration) -> Self {
        Self::from_ms(self.0.saturating_add(i64::try_from(later.as_millis()).unwrap_or(i64::MAX)))
    }

    /// This moment less `earlier`.
    #[must_use]
    pub fn minus(self, earlier: Duration) -> Self {
        Self::from_ms(self.0.saturating_sub(i64::try_from(earlier.as_millis()).unwrap_or(i64::MAX)))
    }

    /// Time since `earlier`; zero where that lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl TryFrom<String> for Timestamp {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse::<jiff::Timestamp>()
            .map(|time| Self::from_ms(time.as_millisecond()))
            .map_err(|_| InvalidId("a time is RFC 3339, such as 2026-11-24T09:30:00Z".to_owned()))
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(time) => write!(f, "{time:.3}"),
            Err(_) => write!(f, "{}ms", self.0),
        }
    }
}
