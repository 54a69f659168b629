//! FCM on this machine: what Google answers a push server, with simulated devices behind it.
//!
//! In: HTTP requests as a push server sends them to `oauth2.googleapis.com` and `fcm.googleapis.com`, and control
//! requests under `/emulator/v1` (or calls of [`Control`] in the same process). Out: Google's answers and error
//! bodies, and an inbox per simulated device. Next: nothing; this is the end of the line, where tests look.
//!
//! A request travels: `serve` (sockets) → `serve::routes` (the one list of routes) → `oauth` or `send`
//! (authorisation, parsing, validation) → `faults` (what a test scripted) → `devices` (inbox) → `journal`.
//!
//! The validation is written from the FCM reference and shares no code with the client crate, so that one
//! misreading is not made twice.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//!
//! use pushbridge_fcm_emulator::{FcmEmulator, Options, Platform};
//!
//! let emulator = FcmEmulator::start(Options::default()).await?;
//! let phone = emulator.control().add_device(Platform::Android);
//! // … point a server at emulator.url() with emulator.service_account_json(), send to phone.fcm_token …
//! let inbox = emulator.control().wait_for_inbox(&phone.id, 1, Duration::from_secs(5)).await?;
//! assert_eq!(inbox[0].message["token"], phone.fcm_token.expose());
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod clock;
mod control;
mod devices;
mod emulator;
mod events;
mod faults;
mod files;
mod generator;
mod google;
mod journal;
mod locks;
mod names;
mod oauth;
mod options;
mod page;
mod projects;
mod quota;
mod send;
mod serve;
mod state;
mod topics;
mod traffic;
mod world;

pub use clock::Clock;
pub use control::{Control, ControlError, WaitError};
pub use devices::{Device, DeviceChange, DeviceState, InboxMessage, NewDevice, Platform};
pub use emulator::FcmEmulator;
pub use events::Event;
pub use faults::{FaultAction, FaultRule, FaultSpec, FaultSpecError};
pub use google::FcmErrorCode;
pub use journal::RequestRecord;
pub use names::{DeviceId, Fid, ProjectId, ProjectIdError, RegistrationToken};
pub use oauth::TokenEndpoint;
pub use options::{Options, StartError};
pub use quota::Quotas;
pub use state::{Flaw, StateError, StateReport};
pub use traffic::Stats;
