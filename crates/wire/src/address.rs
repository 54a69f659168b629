//! What a push is sent to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Fingerprint, ids::InvalidId, limits, open_enum::open_enum};

open_enum! {
    /// The dialect of an address. Never guessed from the text of the value.
    AddressKind {
        /// An FCM registration token.
        FcmToken => "fcm_token",
        /// A Firebase Installation ID.
        FcmFid => "fcm_fid",
        /// A Web Push subscription.
        WebPush => "web_push",
    }
}

/// The value of an address: whoever has it can be sent pushes, so it never prints itself.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AddressValue(String);

impl AddressValue {
    /// The value itself: for the wire and the store, never for a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be printed of it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.as_bytes())
    }
}

impl TryFrom<String> for AddressValue {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let bad = |c: char| c.is_control() || c.is_whitespace();
        if text.is_empty() || text.len() > limits::ADDRESS_BYTES || text.contains(bad) {
            return Err(InvalidId(
                "an address value has 1 to 4096 bytes without spaces or control characters".to_owned(),
            ));
        }
        Ok(Self(text))
    }
}

impl From<AddressValue> for String {
    fn from(value: AddressValue) -> Self {
        value.0
    }
}

impl fmt::Debug for AddressValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressValue({})", self.fingerprint())
    }
}

/// A pair of kind and value. Two kinds with the same text are two addresses.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Address {
    /// The dialect.
    pub kind: AddressKind,
    /// The value.
    pub value: AddressValue,
}

impl Address {
    /// What may be printed of it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.value.fingerprint()
    }
}
