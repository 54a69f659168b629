//! What FCM calls a message that it took.

use std::fmt;

/// FCM's name for a message that it took: opaque, `projects/…/messages/…`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SentId(pub(crate) String);

impl SentId {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<SentId> for String {
    fn from(id: SentId) -> Self {
        id.0
    }
}

impl fmt::Display for SentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
