//! The bearer of a call.

use std::fmt;

use http::{HeaderValue, header::InvalidHeaderValue};

use crate::Fingerprint;

/// An access token, ready to be sent. `Debug` shows its fingerprint.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken {
    /// Not marked sensitive, on purpose: that would make HPACK send a kilobyte with every message, a fifth of the
    /// client's CPU. No part of this crate prints headers.
    bearer: HeaderValue,
}

impl AccessToken {
    /// The token, ready for the `Authorization` header.
    ///
    /// # Errors
    /// If `token` cannot stand in a header.
    pub(super) fn new(token: &str) -> Result<Self, InvalidHeaderValue> {
        Ok(Self { bearer: HeaderValue::try_from(format!("Bearer {token}"))? })
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
