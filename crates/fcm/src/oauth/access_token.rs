//! The bearer of a call.

use std::fmt;

use http::{HeaderValue, header::InvalidHeaderValue};

use crate::Fingerprint;

/// An access token, ready to be sent. `Debug` shows its fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Marked sensitive, so that no `Debug` of a request shows it. That costs nothing: h2 never puts an
    /// `authorization` into HPACK's table, marked or not (ADR 4).
    bearer: HeaderValue,
}

impl AccessToken {
    /// The token, ready for the `Authorization` header.
    ///
    /// # Errors
    /// If `token` cannot stand in a header.
    pub(super) fn new(token: &str) -> Result<Self, InvalidHeaderValue> {
        let mut bearer = HeaderValue::try_from(format!("Bearer {token}"))?;
        bearer.set_sensitive(true);
        Ok(Self { bearer })
    }

    /// The value of the `Authorization` header; for requests only.
    pub(crate) fn expose_header(&self) -> HeaderValue {
        self.bearer.clone()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.bearer.to_str().unwrap_or_default();
        write!(f, "AccessToken({:?})", Fingerprint::of(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I11: not even a library that prints its requests prints the token.
    #[test]
    fn a_printed_request_does_not_show_the_token() {
        let token = AccessToken::new("ya29.abc").expect("a token");
        let request = http::Request::post("/").header("authorization", token.expose_header()).body(());
        let shown = format!("{:?} {token:?}", request.expect("a request"));
        assert!(!shown.contains("ya29") && shown.contains("Sensitive"), "{shown}");
    }
}
