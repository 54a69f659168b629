//! Ids as types: parsed once at the edge, never checked again.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits;

/// Why a text is not an id. Says what would be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidId(pub(crate) String);

/// Declares a checked string newtype.
macro_rules! text_id {
    ($(#[$meta:meta])* $name:ident, $check:expr, $rule:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(&text) { Ok(Self(text)) } else { Err(InvalidId($rule.to_owned())) }
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;
            fn from_str(text: &str) -> Result<Self, InvalidId> { Self::try_from(text.to_owned()) }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self { id.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    };
}

fn printable(text: &str, max_bytes: usize) -> bool {
    !text.is_empty() && text.len() <= max_bytes && !text.chars().any(char::is_control)
}

text_id!(
    /// One application registered on the server.
    AppId,
    |text| {
        text.len() <= limits::APP_ID_BYTES
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_')
    },
    "an app id has 1 to 64 characters of a-z, 0-9, - and _, and starts with a letter or a digit"
);
text_id!(
    /// The account, an opaque string of the backend.
    UserId,
    |text| printable(text, limits::USER_ID_BYTES),
    "a user id has 1 to 256 bytes and no control characters"
);
text_id!(
    /// Made by the core at each login: says "a person logged in", which a rotation does not.
    LoginId,
    |text| {
        text.len() <= limits::LOGIN_ID_BYTES
            && !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    },
    "a login id has 1 to 64 characters of base64url"
);
text_id!(
    /// What the backend asked for once.
    MessageId,
    |text| {
        text.strip_prefix("msg_").is_some_and(|rest| {
            !rest.is_empty() && rest.len() <= 64 && rest.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    },
    "a message id is msg_ followed by letters and digits"
);
text_id!(
    /// A template of an app.
    TemplateId,
    |text| {
        text.len() <= limits::TEMPLATE_ID_BYTES
            && text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b))
    },
    "a template id has 1 to 64 characters of a-z, 0-9, -, _ and ., and starts with a letter or a digit"
);
text_id!(
    /// Which life of a store this is: another one means that it was created anew or restored.
    Incarnation,
    |text| printable(text, 64),
    "an incarnation has 1 to 64 bytes and no control characters"
);

/// One install of the app on one device, by an id that the core made (UUID v4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstallationId(Uuid);

impl InstallationId {
    /// Makes an id of 128 random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(uuid::Builder::from_random_bytes(bytes).into_uuid())
    }

    /// The 16 bytes, for storage.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id of 16 stored bytes.
    #[must_use]
    pub fn from_stored(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl TryFrom<String> for InstallationId {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl FromStr for InstallationId {
    type Err = InvalidId;
    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // The hyphenated form only: one id must have one spelling, since it stands in paths and logs.
        if text.len() == 36
            && !text.contains(|c: char| c.is_ascii_uppercase())
            && let Ok(uuid) = Uuid::try_parse(text)
            && uuid.get_version_num() == 4
        {
            return Ok(Self(uuid));
        }
        Err(InvalidId("an installation id is a UUID of version 4 in lower case with hyphens".to_owned()))
    }
}

impl From<InstallationId> for String {
    fn from(id: InstallationId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for InstallationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

/// The core's counter of its own desired state, 1 to 2⁵³−1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Revision(u64);

impl Revision {
    /// The first revision.
    pub const FIRST: Self = Self(1);

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The next revision. Stays at the largest one, which no phone reaches by counting.
    #[must_use]
    pub fn next(self) -> Self {
        Self((self.0 + 1).min(limits::REVISION_MAX))
    }
}

impl TryFrom<u64> for Revision {
    type Error = InvalidId;
    fn try_from(number: u64) -> Result<Self, InvalidId> {
        if (1..=limits::REVISION_MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidId("a revision is a whole number from 1 to 9007199254740991".to_owned()))
        }
    }
}

impl From<Revision> for u64 {
    fn from(revision: Revision) -> Self {
        revision.0
    }
}
