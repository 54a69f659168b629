//! Whom a message is for. FCM takes exactly one target per message.

use std::fmt;

use crate::Fingerprint;

/// Whom a message is for.
///
/// Neither `Debug` nor an error shows a token or a Firebase installation ID, and the type cannot be serialised:
/// the client alone writes it, into the request.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Target {
    /// A registration token.
    Token(String),
    /// A Firebase installation ID.
    Fid(String),
    /// A topic's name, without `/topics/`.
    Topic(String),
    /// A boolean expression over topics.
    Condition(String),
}

impl Target {
    /// The value that must not be printed; `None` for topics and conditions, which are no secrets.
    pub(crate) fn secret(&self) -> Option<&str> {
        match self {
            Self::Token(value) | Self::Fid(value) => Some(value),
            Self::Topic(_) | Self::Condition(_) => None,
        }
    }

    /// The field of FCM's `message` that names it, and its value. Only for the request's body.
    pub(crate) fn expose_field(&self) -> (&'static str, &str) {
        match self {
            Self::Token(value) => ("token", value),
            Self::Fid(value) => ("fid", value),
            Self::Topic(value) => ("topic", value),
            Self::Condition(value) => ("condition", value),
        }
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(value) => write!(f, "Token({:?})", Fingerprint::of(value)),
            Self::Fid(value) => write!(f, "Fid({:?})", Fingerprint::of(value)),
            Self::Topic(value) => f.debug_tuple("Topic").field(value).finish(),
            Self::Condition(value) => f.debug_tuple("Condition").field(value).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I11: an address is in no log line.
    #[test]
    fn debug_shows_a_fingerprint_instead_of_a_token_or_fid() {
        for target in [Target::Token("abc".into()), Target::Fid("abc".into())] {
            let shown = format!("{target:?}");
            assert!(shown.contains("fp:ba7816bf") && !shown.contains("abc"), "{shown}");
        }
        assert_eq!(format!("{:?}", Target::Topic("news".into())), r#"Topic("news")"#);
    }
}
