//! The phone core for Kotlin, Swift and Python: the only UniFFI exports of the project.
//!
//! In: calls of a language's hand-written wrapper. Out: the same calls of [`pushbridge_core`], whose types appear here
//! once more as plain records and enums, so that the core stays free of UniFFI. Next: `bindings/bindgen` reads the
//! built library and writes each language's generated half.
//!
//! Three rules hold for every export: it returns `Result`, because in Swift a panic in anything else ends the app; a
//! panic becomes [`PushError::Internal`]; numbers that count are `i64`, since Java has no unsigned ones.

mod attributes;
mod callbacks;
mod config;
mod core;
mod diagnosis;
mod error;
mod guard;
mod outcome;
mod status;

pub use attributes::{AttributesUpdate, Permission, Platform, ReceiptEvent, RegistrationKind, SyncTrigger};
pub use callbacks::{CredentialReply, CredentialsProvider, PlatformEffect, PushListener};
pub use config::PushConfig;
pub use core::{PushCore, core_version};
pub use diagnosis::{Diagnosis, Finding, FindingText, explain_findings};
pub use error::PushError;
pub use outcome::{Accepted, DeferCause, MessageDisposition, SyncOutcome};
pub use status::{LoggedOutReason, LoginState, LogoutState, PushStatus, Recovery, SyncState};

uniffi::setup_scaffolding!("pushbridge_ffi");
