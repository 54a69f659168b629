//! Identifiers. In: text from a caller or the generator. Out: types that cannot be mixed up. Next: everywhere.
//!
//! A registration token and a FID address somebody's phone: they are readable only through `expose` and in the
//! JSON of the control API; `Debug` shows a fingerprint.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

/// Identifies a simulated device in the control API; never changes in its life.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeviceId(Arc<str>);

impl DeviceId {
    /// Takes `id` as it came from the control API.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for DeviceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for DeviceId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// Defines a push address: equal and hashable by value, shown only as a fingerprint.
macro_rules! address {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub(crate) fn new(value: impl Into<Arc<str>>) -> Self {
                Self(value.into())
            }

            /// The value itself, to hand it to the app that is being simulated. Not for logs.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }

            /// The same text, not copied. Not for logs.
            pub(crate) fn shared(&self) -> Arc<str> {
                Arc::clone(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), fingerprint(&self.0))
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

address! {
    /// A registration token: `<FID>:APA91b…`, 163 characters.
    RegistrationToken
}
address! {
    /// A Firebase installation id: 22 base64url characters, the first of them c, d, e or f.
    Fid
}

/// First 8 hex digits of the SHA-256 of `secret`: enough to tell two apart, useless to send with.
pub(crate) fn fingerprint(secret: &str) -> String {
    let hash = digest::digest(&digest::SHA256, secret.as_bytes());
    hash.as_ref().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}

/// A Firebase project id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProjectId(Arc<str>);

/// Why a text is no project id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "`{0}` is no project id: use 1 to 63 lower-case letters, digits, `-`, `.` and `:`, beginning with a letter"
)]
pub struct ProjectIdError(String);

impl ProjectId {
    /// Checks `id`.
    ///
    /// # Errors
    /// When it could not be a project id of Firebase (short ones such as `demo` are allowed here).
    pub fn parse(id: &str) -> Result<Self, ProjectIdError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
        let starts = id.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
        if starts && id.len() <= 63 && id.bytes().all(allowed) {
            Ok(Self(id.into()))
        } else {
            Err(ProjectIdError(id.into()))
        }
    }

    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I11: an address is never printed.
    #[test]
    fn debug_of_an_address_is_its_fingerprint() {
        let token = RegistrationToken::new("cXYZ:APA91bSECRET");
        let shown = format!("{token:?}");
        assert!(!shown.contains("SECRET"), "{shown}");
        assert_eq!(shown, format!("RegistrationToken({})", fingerprint("cXYZ:APA91bSECRET")));
    }

    #[test]
    fn project_ids_that_a_url_could_not_carry_are_refused() {
        for good in ["demo", "my-project-1", "example.com:app"] {
            assert_eq!(ProjectId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "Demo", "1abc", "a/b", "a b"] {
            assert!(ProjectId::parse(bad).is_err(), "{bad}");
        }
    }
}
