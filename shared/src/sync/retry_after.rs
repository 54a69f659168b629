//! `Retry-After`: seconds, or a date by the server's clock.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

static DATES: DateTimeParser = DateTimeParser::new();

/// How long to wait. A date counts from the answer's own `Date`, never from the phone's clock, which may be years
/// off; without one it says nothing. The past is zero.
pub(super) fn parse_retry_after(retry_after: &str, date: Option<&str>) -> Option<Duration> {
    let text = retry_after.trim();
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are still a number; the machine caps it.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))));
    }
    let until = parse_date(text)?;
    let now = parse_date(date?.trim())?;
    Some(Duration::try_from(until.duration_since(now)).unwrap_or(Duration::ZERO))
}

fn parse_date(text: &str) -> Option<Timestamp> {
    DATES.parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: &str = "Tue, 24 Nov 2026 12:00:00 GMT";

    #[test]
    fn seconds_and_dates_are_understood() {
        let cases = [
            ("120", None, Some(120)),
            (" 5 ", None, Some(5)),
            ("Tue, 24 Nov 2026 12:02:00 GMT", Some(NOON), Some(120)),
            ("Tue, 24 Nov 2026 11:00:00 GMT", Some(NOON), Some(0)),
            ("Tue, 24 Nov 2026 12:02:00 GMT", None, None),
            ("soon", Some(NOON), None),
            ("", Some(NOON), None),
            ("-5", None, None),
            ("99999999999999999999999", None, Some(u64::from(u32::MAX))),
        ];
        for (header, date, seconds) in cases {
            assert_eq!(parse_retry_after(header, date), seconds.map(Duration::from_secs), "{header}");
        }
    }
}
