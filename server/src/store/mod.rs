//! The store: SQLite, one file, one writer thread with group commit, a pool of readers.
//!
//! In: domain types. Out: domain types. A public method is one transaction and one promise, written in its doc line.
//! Nothing here decides: [`registry`](crate::registry) and [`feedback`](crate::feedback) do, on facts read in the
//! same transaction.

mod apps;
mod audience;
mod breaker;
mod error;
mod facts;
mod installations;
mod janitor;
mod keys;
mod message_params;
mod message_status;
mod message_work;
mod messages;
mod meta;
mod migrate;
mod open;
mod outbox;
mod progress;
mod readers;
mod receipts;
mod restore;
mod retention;
mod rows;
mod templates;
mod user_data;
mod users;
mod wall;
mod writer;

pub use apps::{AppRow, NewApp};
pub use breaker::{Release, RetiringHeld};
pub use error::StoreError;
pub use installations::{PutAnswer, PutRequest, UnknownInstallation};
pub use janitor::JanitorTurn;
pub use keys::{KeyRow, NewKey};
pub use message_work::MessageWork;
pub use messages::{Acceptance, IdempotencyKey, NewContent, NewMessage};
pub use meta::Meta;
pub use open::{Store, StoreOptions};
pub use outbox::{Allowances, ClaimBatch, ClaimRequest, DeliveryCursor, FcmProject, PageSize};
pub use restore::{Restored, restore, snapshot};
pub use retention::{Forgotten, KEY_LIFE};
pub use rows::{AppNo, InstallationNo, address_key};
pub use templates::{TemplateNo, TemplateRow, TemplateSaved};
pub use user_data::{Erased, FilledTemplate, UserDelivery, UserRecord, UserRecordInstallation};
pub use users::{EventRow, UserInstallation};
