//! `Retry-After`, in both of its forms.

use std::time::Duration;

use jiff::{Timestamp, fmt::rfc2822};

use crate::clock::between;

/// How long the header's text asks to wait from `now`: seconds, or an HTTP date (zero once it has passed).
pub(super) fn parse(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        // Too large a number is still a wish to wait long.
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let date = rfc2822::DateTimeParser::new().relaxed_weekday(true).parse_timestamp(text).ok()?;
    Some(between(now, date))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_retry_after_are_read() {
        let now: Timestamp = "2026-11-24T08:30:00Z".parse().expect("a moment");
        for (text, seconds) in [
            ("120", Some(120)),
            (" 0 ", Some(0)),
            ("99999999999999999999999", Some(u64::MAX)),
            ("Tue, 24 Nov 2026 08:31:30 GMT", Some(90)),
            ("Tue, 24 Nov 2026 08:00:00 GMT", Some(0)),
            ("-5", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(parse(text, now).map(|wait| wait.as_secs()), seconds, "{text}");
        }
    }
}
