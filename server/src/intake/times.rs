//! When a message may be sent.

use jiff::tz::{self, TimeZone};
use pushbridge_wire::{IsoDuration, LocalTime, MessageRequest, Timestamp};

use super::IntakeError;

/// FCM keeps a message for four weeks at most, and so do we.
const LONGEST_LIFE: IsoDuration = IsoDuration::days(28);
/// Where a day begins, and where it ends.
const FIRST_ZONE: tz::Offset = tz::offset(14);
const LAST_ZONE: tz::Offset = tz::offset(-12);

/// Not before which time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendTime {
    /// A moment.
    At(Timestamp),
    /// What each phone's own clock shows.
    Local(LocalTime),
}

/// When a message may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) send_at: Option<SendTime>,
    pub(super) expires: Timestamp,
}

impl SendTime {
    /// When the first phone may be sent to.
    #[must_use]
    pub fn earliest(self) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Local(local) => at_offset(local, FIRST_ZONE),
        }
    }

    fn latest(self) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Local(local) => at_offset(local, LAST_ZONE),
        }
    }

    /// When a phone in `zone` may be sent to. A zone that nobody knows, or none, is UTC. A time that the zone's clocks
    /// skip is as much later as they skip; of a time that they show twice, the first.
    #[must_use]
    pub fn in_zone(self, zone: Option<&str>) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Local(local) => {
                let zone = zone.and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
                let moment = zone.to_ambiguous_timestamp(local.civil()).compatible();
                moment.map_or_else(
                    |_| at_offset(local, tz::Offset::UTC),
                    |at| Timestamp::from_ms(at.as_millisecond()),
                )
            }
        }
    }
}

/// At the ends of the calendar it saturates.
fn at_offset(local: LocalTime, offset: tz::Offset) -> Timestamp {
    let moment = offset.to_timestamp(local.civil());
    Timestamp::from_ms(moment.map_or(i64::MAX, jiff::Timestamp::as_millisecond))
}

impl Times {
    /// Checks what the backend wrote, as of `now`.
    pub(super) fn read(request: &MessageRequest, now: Timestamp) -> Result<Self, IntakeError> {
        let last = now.plus(LONGEST_LIFE.0);
        let expires = request.expires_at.unwrap_or(last);
        if expires <= now || expires > last {
            let detail = format!("must lie between now ({now}) and four weeks later ({last})");
            return Err(IntakeError::field("expires_at", detail));
        }
        let (field, send_at) = match (request.send_at, request.send_at_local) {
            (Some(_), Some(_)) => {
                return Err(IntakeError::field("send_at_local", "give it or send_at, not both"));
            }
            (at, None) => ("send_at", at.map(SendTime::At)),
            (None, Some(local)) => ("send_at_local", Some(SendTime::Local(local))),
        };
        match send_at {
            Some(at) if at.latest() >= expires => {
                let zone = if field == "send_at" { "" } else { " in every zone" };
                let detail = format!("must lie before the message expires ({expires}){zone}");
                Err(IntakeError::field(field, detail))
            }
            send_at => Ok(Self { send_at, expires }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_000_000_000;
    const WEEKS: i64 = 28 * 86_400_000;

    fn local(text: &str) -> LocalTime {
        text.to_owned().try_into().unwrap()
    }

    fn read(send_at: Option<i64>, expires_at: Option<i64>) -> Result<(Option<i64>, i64), String> {
        let time = |offset: Option<i64>| offset.map(|ms| Timestamp::from_ms(NOW + ms));
        let mut request: MessageRequest = serde_json::from_str(r#"{"to":{"user":"42"}}"#).unwrap();
        request.send_at = time(send_at);
        request.expires_at = time(expires_at);
        let times = Times::read(&request, Timestamp::from_ms(NOW)).map_err(|error| error.to_string())?;
        Ok((times.send_at.map(|at| at.earliest().as_ms() - NOW), times.expires.as_ms() - NOW))
    }

    fn read_local(text: &str, send_at: Option<i64>) -> Result<Times, String> {
        let mut request: MessageRequest = serde_json::from_str(r#"{"to":{"user":"42"}}"#).unwrap();
        request.send_at_local = Some(local(text));
        request.send_at = send_at.map(Timestamp::from_ms);
        Times::read(&request, Timestamp::from_ms(NOW)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_message_lives_four_weeks_unless_told_otherwise() {
        assert_eq!(read(None, None), Ok((None, WEEKS)));
        assert_eq!(read(Some(5), Some(10)), Ok((Some(5), 10)));
        assert_eq!(read(Some(-5), None), Ok((Some(-5), WEEKS)));
        assert_eq!(read(None, Some(WEEKS)), Ok((None, WEEKS)));
    }

    #[test]
    fn times_that_cannot_be_kept_are_refused() {
        for (send_at, expires_at, field) in [
            (None, Some(0), "expires_at"),
            (None, Some(WEEKS + 1), "expires_at"),
            (Some(10), Some(10), "send_at"),
            (Some(WEEKS), None, "send_at"),
        ] {
            let error = read(send_at, expires_at).unwrap_err();
            assert!(error.starts_with(field), "{error}");
        }
    }

    /// NOW is 1970-01-12T13:46:40Z: four weeks later it is 1970-02-09T13:46:40Z.
    #[test]
    fn a_local_time_must_come_before_the_end_in_every_zone() {
        assert!(read_local("1970-02-09T01:46", None).is_ok());
        for (text, send_at) in [("1970-02-09T01:47", None), ("1970-01-20T09:00", Some(NOW + 1))] {
            let error = read_local(text, send_at).unwrap_err();
            assert!(error.starts_with("send_at_local"), "{error}");
        }
        assert!(read_local("1970-01-01T00:00", None).is_ok(), "what has passed is sent at once");
    }

    #[test]
    fn nine_in_the_morning_is_another_moment_in_every_zone() {
        let nine = SendTime::Local(local("2026-12-01T09:00"));
        for (zone, moment) in [
            (Some("Europe/Moscow"), "2026-12-01T06:00:00.000Z"),
            (Some("America/New_York"), "2026-12-01T14:00:00.000Z"),
            (Some("Asia/Kathmandu"), "2026-12-01T03:15:00.000Z"),
            (Some("Pacific/Kiritimati"), "2026-11-30T19:00:00.000Z"),
            (Some("Etc/GMT+12"), "2026-12-01T21:00:00.000Z"),
            (Some("Mars/Olympus"), "2026-12-01T09:00:00.000Z"),
            (None, "2026-12-01T09:00:00.000Z"),
        ] {
            let at = nine.in_zone(zone);
            assert_eq!(at.to_string(), moment, "{zone:?}");
            assert!(nine.earliest() <= at && at <= nine.latest(), "{zone:?}");
        }
    }

    #[test]
    fn a_time_that_clocks_skip_or_repeat_is_one_moment() {
        let berlin = |text| SendTime::Local(local(text)).in_zone(Some("Europe/Berlin")).to_string();
        // On 28 March 2027 two o'clock is followed by three, on 31 October 2027 three by two.
        assert_eq!(berlin("2027-03-28T02:30"), "2027-03-28T01:30:00.000Z");
        assert_eq!(berlin("2027-10-31T02:30"), "2027-10-31T00:30:00.000Z");
    }
}
