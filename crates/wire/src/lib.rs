//! JSON between Pushbridge's core, its server and the SDKs.
//!
//! In: bytes of a request or an answer. Out: types that cannot hold a bad value. Next: on the phone
//! `pushbridge_core::sync`, on the server `pushbridge_server::api`. No I/O, no clock, no policy.
//!
//! Two promises hold for every type here:
//! * Its JSON is frozen by a snapshot in `tests/json.rs`; /v1 only grows.
//! * A value that a newer peer added to an enum is kept as `Other` and written back unchanged.

mod address;
mod admin;
mod duration;
mod fingerprint;
mod ids;
mod installation;
pub mod limits;
mod local_time;
mod message;
mod open_enum;
mod problem;
mod receipt;
mod secret;
mod template;
mod timestamp;

pub use address::{Address, AddressKind, AddressValue};
pub use admin::{
    AddressCounts, AppRequest, AppResponse, AppUpdate, ConfiguredKey, IdentityConfig, IdentityMode,
    KeyRequest, KeyResponse, PolicyConfig, PolicyMode, Release, RetiringHeld, RetiringRequest,
    RetiringResponse, Scope, SendingBlocked, UserTokenRequest, UserTokenResponse,
};
pub use duration::IsoDuration;
pub use fingerprint::Fingerprint;
pub use ids::{
    AppId, Incarnation, InstallationId, InvalidId, LoginId, MessageId, Revision, TemplateId, UserId,
};
pub use installation::{
    AddressState, AddressTruth, InstallationRequest, InstallationResponse, InstallationTruth, Outcome,
    Permission, Platform, ProofRequest, Reason, Tags, UserState, Wall,
};
pub use local_time::LocalTime;
pub use message::{
    DeliveryCounts, DeliveryPage, DeliveryState, DeliveryView, Lane, MessageAccepted, MessageRequest,
    MessageState, MessageStatus, Segment, TemplateRef, To, UserTarget,
};
pub use problem::{Problem, ProblemCode};
pub use receipt::{Receipt, ReceiptCounts, ReceiptEvent, ReceiptsRequest};
pub use secret::InstallationSecret;
pub use template::{
    TemplateInfo, TemplateList, TemplatePreview, TemplatePreviewRequest, TemplateRequest, TemplateVersion,
};
pub use timestamp::Timestamp;
