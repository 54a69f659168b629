//! Lengths of time as ISO 8601 text, such as `P28D`.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::ids::InvalidId;

const DAY_SECONDS: u64 = 86_400;

/// A length of time. A day is 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IsoDuration(pub Duration);

impl IsoDuration {
    /// That many days.
    #[must_use]
    pub const fn days(days: u64) -> Self {
        Self(Duration::from_secs(days * DAY_SECONDS))
    }

    /// That many minutes.
    #[must_use]
    pub const fn minutes(minutes: u64) -> Self {
        Self(Duration::from_secs(minutes * 60))
    }
}

impl TryFrom<String> for IsoDuration {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let invalid =
            || InvalidId("a duration is ISO 8601 and not negative, such as P1D or PT10M".to_owned());
        let span: jiff::Span = text.parse().map_err(|_| invalid())?;
        let days = jiff::SpanRelativeTo::days_are_24_hours();
        let signed = span.to_duration(days).map_err(|_| invalid())?;
        Duration::try_from(signed).map(Self).map_err(|_| invalid())
    }
}

impl From<IsoDuration> for String {
    fn from(duration: IsoDuration) -> Self {
        duration.to_string()
    }
}

impl fmt::Display for IsoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if self.0.subsec_nanos() == 0 && seconds > 0 && seconds.is_multiple_of(DAY_SECONDS) {
            return write!(f, "P{}D", seconds / DAY_SECONDS);
        }
        match jiff::SignedDuration::try_from(self.0) {
            Ok(signed) => write!(f, "{signed}"),
            Err(_) => write!(f, "PT{seconds}S"),
        }
    }
}
