//! A time of the wall clock, without a zone: nine in the morning, wherever the phone is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

/// Date and time as a clock on a wall shows them. Which moment that is depends on where the clock hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LocalTime(jiff::civil::DateTime);

impl LocalTime {
    /// For a time zone database.
    #[must_use]
    pub fn civil(self) -> jiff::civil::DateTime {
        self.0
    }
}

impl TryFrom<String> for LocalTime {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let invalid = || {
            InvalidId(
                "a local time has neither zone nor offset nor fractions, such as 2026-12-01T09:00".to_owned(),
            )
        };
        // jiff would read an offset and silently drop it.
        let plain = |time: &str| {
            matches!(time.len(), 5 | 8) && time.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
        };
        if !text.split_once('T').is_some_and(|(_, time)| plain(time)) {
            return Err(invalid());
        }
        text.parse().map(Self).map_err(|_| invalid())
    }
}

impl From<LocalTime> for String {
    fn from(time: LocalTime) -> Self {
        time.to_string()
    }
}

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        LocalTime::try_from(text.to_owned()).ok().map(String::from)
    }

    #[test]
    fn a_local_time_is_date_and_time_and_nothing_else() {
        assert_eq!(read("2026-12-01T09:00").as_deref(), Some("2026-12-01T09:00:00"));
        assert_eq!(read("2026-12-01T09:00:30").as_deref(), Some("2026-12-01T09:00:30"));
        for wrong in [
            "2026-12-01",
            "09:00",
            "2026-12-01T09:00Z",
            "2026-12-01T09:00:00Z",
            "2026-12-01T09:00+03:00",
            "2026-12-01T09:00:00.5",
            "2026-13-01T09:00",
            "2026-02-30T09:00",
            "2026-12-01 09:00",
            "tomorrow",
            "",
            "2026-12-01T09-03",
            "2026-12-01T09:00-03",
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
