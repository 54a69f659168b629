//! When a message may be sent.

use pushbridge_wire::{IsoDuration, MessageRequest, Timestamp};

use super::IntakeError;

/// FCM keeps a message for four weeks at most, and so do we.
const LONGEST_LIFE: IsoDuration = IsoDuration::days(28);

/// When a message may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    pub(super) send_at: Option<Timestamp>,
    pub(super) expires: Timestamp,
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
        match request.send_at {
            Some(at) if at >= expires => {
                Err(IntakeError::field("send_at", format!("must lie before the message expires ({expires})")))
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

    fn read(send_at: Option<i64>, expires_at: Option<i64>) -> Result<(Option<i64>, i64), String> {
        let time = |offset: Option<i64>| offset.map(|ms| Timestamp::from_ms(NOW + ms));
        let mut request: MessageRequest = serde_json::from_str(r#"{"to":{"user":"42"}}"#).unwrap();
        request.send_at = time(send_at);
        request.expires_at = time(expires_at);
        let times = Times::read(&request, Timestamp::from_ms(NOW)).map_err(|error| error.to_string())?;
        Ok((times.send_at.map(|at| at.as_ms() - NOW), times.expires.as_ms() - NOW))
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
}
