//! What an app sees: one object, plain records and enums, three callbacks.
//!
//! In: calls of the wrapper (Kotlin, Swift, or Rust itself). Out: [`Accepted`] when a change is durable,
//! [`SyncOutcome`] when the server was asked, callbacks from one thread. Next: [`machine`](crate::machine) by way
//! of the driver. Shaped for foreign bindings: no generics, no lifetimes, the only async calls are
//! [`PushCore::sync_now`] and [`PushCore::shutdown`], which may be polled by any executor and dropped at any time.

mod callbacks;
mod config;
mod core;
mod diagnosis;
mod error;
mod messages;
mod records;
mod status;

pub use self::core::{Ports, PushCore};
pub use callbacks::{CredentialReply, CredentialsProvider, PlatformEffect, PushListener};
pub use config::PushConfig;
pub use diagnosis::{Diagnosis, Finding, FindingCode};
pub use error::PushError;
pub use messages::{MessageDisposition, data_keys};
pub use records::{Accepted, AttributesUpdate, PullId, RegistrationKind, SyncOutcome, SyncTrigger};
pub use status::{LoginState, LogoutState, PushStatus, SyncState};

pub use crate::{
    machine::{DeferCause, LoggedOutReason, Recovery},
    sync::TlsRoots,
};
pub use pushbridge_wire::{Permission, Platform, ReceiptEvent};

pub(crate) use config::Settings;
