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
    /// The project's set-up is at fault: key, permission, APNs key, address of the service. A person must act.
    Misconfigured,
    /// Too much was sent.
    Throttled {
        /// FCM's own wish, if it had one.
        after: Option<Duration>,
    },
}
