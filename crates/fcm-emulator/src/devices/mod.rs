//! Simulated devices. In: control ("make a phone", "uninstall the app") and accepted messages. Out: what an address
//! is worth now, and an inbox per device. Next: `send::recipient` asks, `send::deliver` puts messages in.

mod entry;
mod inbox;
mod mint;
mod model;
mod registry;
mod saved;
mod shards;
mod topics;
mod waiting;

pub(crate) use entry::{DeviceEntry, Standing};
pub use inbox::InboxMessage;
pub use model::{Device, DeviceChange, DeviceState, NewDevice, Platform};
pub(crate) use registry::{ChangeRefused, Registry};
pub(crate) use topics::Subscribed;
pub(crate) use waiting::{Envelope, LONGEST_LIFE};
