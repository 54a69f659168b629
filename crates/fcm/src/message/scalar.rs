//! Lengths of time and moments as proto3 JSON writes them. A value of these types is always well-formed.

use std::{fmt, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The largest number of seconds that protobuf's `Duration` allows (10,000 years).
const MAX_SECONDS: u64 = 315_576_000_000;

/// A length of time as seconds with a unit, such as `"3.5s"`. FCM takes negative ones nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProtoDuration(Duration);

impl ProtoDuration {
    /// The length as a `Duration`.
    #[must_use]
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for ProtoDuration {
    fn from(length: Duration) -> Self {
        Self(length.min(Duration::from_secs(MAX_SECONDS)))
    }
}

/// Text is no duration.
#[derive(Debug, thiserror::Error)]
#[error(
    "Illegal duration format: expected seconds with up to nine fraction digits and an s, such as \"3.5s\""
)]
pub struct InvalidDuration;

impl TryFrom<String> for ProtoDuration {
    type Error = InvalidDuration;

    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        let number = text.strip_suffix('s').ok_or(InvalidDuration)?;
        let (whole, fraction) = match number.split_once('.') {
            Some((_, "")) => return Err(InvalidDuration),
            Some(parts) => parts,
            None => (number, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(fraction) || fraction.len() > 9 {
            return Err(InvalidDuration);
        }
        let seconds: u64 = whole.parse().map_err(|_| InvalidDuration)?;
        let nanos: u32 = format!("{fraction:0<9}").parse().map_err(|_| InvalidDuration)?;
        if seconds > MAX_SECONDS {
            return Err(InvalidDuration);
        }
        Ok(Self(Duration::new(seconds, nanos)))
    }
}

impl fmt::Display for ProtoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.subsec_nanos();
        if nanos == 0 {
            return write!(f, "{}s", self.0.as_secs());
        }
        let fraction = format!("{nanos:09}");
        write!(f, "{}.{}s", self.0.as_secs(), fraction.trim_end_matches('0'))
    }
}

impl From<ProtoDuration> for String {
    fn from(duration: ProtoDuration) -> Self {
        duration.to_string()
    }
}

/// A moment in RFC 3339, kept as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProtoTimestamp(String);

/// Text is no moment.
#[derive(Debug, thiserror::Error)]
#[error("Illegal timestamp format: expected RFC 3339, such as \"2026-11-24T08:30:00Z\"")]
pub struct InvalidTimestamp;

impl TryFrom<String> for ProtoTimestamp {
    type Error = InvalidTimestamp;

    fn try_from(text: String) -> Result<Self, InvalidTimestamp> {
        // The parser is laxer than RFC 3339: it also takes `2026-11-24 08+01[Europe/Paris]`.
        let strict = text.as_bytes().get(10) == Some(&b'T') && !text.contains('[');
        match text.parse::<Timestamp>() {
            Ok(_) if strict => Ok(Self(text)),
            _ => Err(InvalidTimestamp),
        }
    }
}

impl From<ProtoTimestamp> for String {
    fn from(moment: ProtoTimestamp) -> Self {
        moment.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written_as_proto_json_has_them() {
        for (text, nanos, written) in [
            ("0s", 0, "0s"),
            ("3600s", 3_600_000_000_000, "3600s"),
            ("3.5s", 3_500_000_000, "3.5s"),
            ("3.500000000s", 3_500_000_000, "3.5s"),
            ("3.000000001s", 3_000_000_001, "3.000000001s"),
            ("315576000000s", 315_576_000_000_000_000_000, "315576000000s"),
        ] {
            let read = ProtoDuration::try_from(text.to_owned()).expect(text);
            assert_eq!((read.get().as_nanos(), read.to_string().as_str()), (nanos, written), "{text}");
        }
    }

    #[test]
    fn text_that_is_no_duration_is_refused() {
        for text in
            ["", "s", "5", "5 s", "-1s", "+1s", "1e3s", ".5s", "3.s", "1.0000000001s", "5m", "315576000001s"]
        {
            assert!(ProtoDuration::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn only_rfc_3339_is_a_moment() {
        for (text, fine) in [
            ("2026-11-24T08:30:00Z", true),
            ("2026-11-24T08:30:00.123456789+03:00", true),
            ("2026-11-24", false),
            ("2026-11-24 08:30:00Z", false),
            ("2026-11-24T08:30:00", false),
            ("2026-13-24T08:30:00Z", false),
            ("2026-11-24T08:30:00+01:00[Europe/Paris]", false),
            ("soon", false),
        ] {
            assert_eq!(ProtoTimestamp::try_from(text.to_owned()).is_ok(), fine, "{text}");
        }
    }
}
