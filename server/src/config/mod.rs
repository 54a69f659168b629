//! Configuration: one struct per concern, read from one TOML file and the environment.
//!
//! In: the text of a file and variables. Out: a [`Config`] that holds no contradiction. Next: [`Server`](crate::Server).
//! `default.toml` is both the defaults and their documentation; a key that is not there is refused.

mod check;
mod environment;
mod load;

use std::{net::SocketAddr, path::PathBuf};

use pushbridge_wire::{AppId, IdentityConfig, IsoDuration, PolicyMode};
use serde::Deserialize;

pub use environment::Environment;
pub use load::ConfigError;

/// The commented defaults, as `pushbridge check` and the docs show them.
pub const DEFAULT_TOML: &str = include_str!("default.toml");

/// Everything that the operator can set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where and how to serve.
    pub server: ServerConfig,
    /// How to reach FCM.
    pub fcm: FcmConfig,
    /// How to send.
    pub dispatch: DispatchConfig,
    /// Limits of requests.
    pub limits: LimitsConfig,
    /// What phones are told.
    pub device: DeviceConfig,
    /// What is kept how long.
    pub retention: RetentionConfig,
    /// Apps of the file.
    #[serde(default, rename = "app")]
    pub apps: Vec<AppConfig>,
}

/// Where and how to serve.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address to listen on.
    pub listen: SocketAddr,
    /// How others reach the server.
    pub public_url: Option<String>,
    /// Folder of the database.
    pub data_dir: PathBuf,
    /// Read-only connections.
    pub readers: usize,
    /// Time to send a header.
    pub header_timeout: IsoDuration,
    /// Time to answer.
    pub request_timeout: IsoDuration,
    /// Time to end at shutdown.
    pub drain: IsoDuration,
}

/// How to reach FCM.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FcmConfig {
    /// Where it is.
    pub endpoint: String,
    /// A certificate authority besides the system's.
    pub ca_file: Option<PathBuf>,
    /// HTTP/2 connections per project.
    pub connections: usize,
    /// Quota per project.
    pub messages_per_minute: u32,
    /// Most to one device; 0 for no cap.
    pub device_messages_per_minute: u32,
    /// Most to one device; 0 for no cap.
    pub device_messages_per_hour: u32,
}

/// How to send.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchConfig {
    /// How long one sender may hold a delivery.
    pub lease: IsoDuration,
    /// How long one call may take.
    pub request_timeout: IsoDuration,
    /// Calls at once.
    pub max_in_flight: usize,
    /// First wait after a failure.
    pub retry_first: IsoDuration,
    /// Longest wait after a failure.
    pub retry_cap: IsoDuration,
    /// Wait after 429 without Retry-After.
    pub throttled_wait: IsoDuration,
    /// How long an answer waits for the wire.
    pub wall_wait: IsoDuration,
}

/// Limits of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitsConfig {
    /// Bytes of a body.
    pub body_bytes: usize,
    /// Requests at once.
    pub concurrent_requests: usize,
}

/// What phones are told.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceConfig {
    /// PUT again after that long.
    pub refresh_after: IsoDuration,
    /// A repeated report counts after that long.
    pub confirm_after: IsoDuration,
    /// Life of a challenge.
    pub challenge_life: IsoDuration,
}

/// What is kept how long.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetentionConfig {
    /// A phone not heard of for that long is stale.
    pub stale_after: IsoDuration,
    /// After that long its address is retired.
    pub dead_after: IsoDuration,
    /// A message leaves that long after it was over.
    pub keep_messages: IsoDuration,
    /// An event leaves after that long.
    pub keep_events: IsoDuration,
    /// How often the janitor looks.
    pub janitor_every: IsoDuration,
}

/// An app of the file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppConfig {
    /// Its id.
    pub id: AppId,
    /// The Firebase project.
    pub firebase_project: String,
    /// File of the service account's JSON.
    pub service_account_file: PathBuf,
    /// One device or several.
    pub policy: PolicyMode,
    /// Under `multi`: at most that many.
    pub max_devices: Option<u32>,
    /// Where FCM is for this app.
    pub fcm_endpoint: Option<String>,
    /// How users are proven.
    pub identity: Option<IdentityConfig>,
}
