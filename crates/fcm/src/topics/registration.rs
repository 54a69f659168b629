//! One app instance as the topic calls address it.

use crate::Target;

/// One app instance, by its registration token or its Firebase installation ID. `Debug` shows a fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Registration(Target);

impl Registration {
    /// The instance that has this registration token.
    #[must_use]
    pub fn token(value: impl Into<String>) -> Self {
        Self(Target::Token(value.into()))
    }

    /// The instance that has this Firebase installation ID.
    #[must_use]
    pub fn fid(value: impl Into<String>) -> Self {
        Self(Target::Fid(value.into()))
    }

    /// For taking the value out of error texts.
    pub(crate) fn as_target(&self) -> &Target {
        &self.0
    }

    /// The value; only for the path of a call.
    pub(crate) fn expose(&self) -> &str {
        self.0.secret().unwrap_or_default()
    }
}
