//! Outbox: the deliveries of every message, as a table; the only queue there is.
//!
//! In: deliveries that [`intake`](crate::intake) committed with their message, and the server's own data messages of
//! [`registry`](crate::registry). Out: a [`Claim`] for the [`dispatcher`](crate::dispatcher), then its [`Settlement`].
//! Next: the dispatcher. Pure: which states may follow which, and how a batch is shared between lanes; the rows
//! themselves are kept by [`store`](crate::store).

mod delivery;
mod device_caps;
mod lanes;
mod lease;
mod state;

pub use delivery::{Claim, Content, DeliveryNo, OutgoingMessage, Payload};
pub use device_caps::DeviceCaps;
pub use lanes::{LANES, LaneNo, interleave, share_out};
pub use lease::{Concerns, Deaths, Lease, Outcome, Settled, Settlement, WorkerId};
pub use state::{CancelReason, DeliveryState, Transition};
