//! What FCM's answer asks of the one who sent.
//!
//! In: a [`SendError`](crate::SendError). Out: a [`Verdict`]. Next: the server's feedback retires, quarantines or
//! retries; [`retry`](crate::retry) says when.

use std::time::Duration;

/// What FCM's answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// May succeed later, unchanged.
    Retry {
        /// FCM's own wish, if it had one.
        after: Option<Duration>,
    },
    /// The address is dead and will never work again.
    AddressDead,
    /// The address belongs to another Firebase project, or this server is set up for the wrong one.
    AddressWrongProject,
    /// The message itself is refused; the address is innocent.
    PayloadRejected,
    /// The project's APNs or Web Push key is refused. A person must act; messages to other platforms go on.
    Misconfigured,
    /// Nothing of this project can be sent until a person mends its key, permission or address of the service. No fault of
    /// the message, and no attempt at it.
    ProjectBlocked {
        /// When it may be tried again, where that is known.
        after: Option<Duration>,
    },
    /// Too much was sent.
    Throttled {
        /// FCM's own wish, if it had one.
        after: Option<Duration>,
    },
}
