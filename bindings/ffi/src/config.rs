//! The configuration, as a plain record.

use std::time::Duration;

use pushbridge_core::{self as core, TlsRoots};

use crate::Platform;

/// What a core needs to know. No Debug: a proxy's URL may hold a password.
#[derive(Clone, uniffi::Record)]
pub struct PushConfig {
    /// Where the server is, such as `https://push.example.com`.
    pub base_url: String,
    /// The app's id on that server.
    pub app_id: String,
    /// Folder of the database, private to the app and outside of any backup.
    pub store_dir: String,
    /// The system.
    pub platform: Platform,
    /// Folder of the marker that tells a restored copy of the database from the original; `store_dir` if none.
    #[uniffi(default = None)]
    pub marker_dir: Option<String>,
    /// Version of the app.
    #[uniffi(default = None)]
    pub app_version: Option<String>,
    /// Version of the system.
    #[uniffi(default = None)]
    pub os_version: Option<String>,
    /// BCP 47, such as `ru-RU`.
    #[uniffi(default = None)]
    pub locale: Option<String>,
    /// IANA name, such as `Europe/Moscow`.
    #[uniffi(default = None)]
    pub timezone: Option<String>,
    /// Certificates as PEM that alone are trusted; Mozilla's roots if none.
    #[uniffi(default = None)]
    pub ca_pem: Option<String>,
    /// URL of an HTTP proxy.
    #[uniffi(default = None)]
    pub proxy: Option<String>,
    /// Refuses `http` always. Without it, `http` is allowed to this machine itself, for tests.
    #[uniffi(default = true)]
    pub https_only: bool,
    /// Longest time for one request.
    #[uniffi(default = 15_000)]
    pub request_timeout_ms: u32,
    /// Longest time to wait for the credentials provider.
    #[uniffi(default = 10_000)]
    pub credentials_timeout_ms: u32,
}

impl From<PushConfig> for core::PushConfig {
    fn from(config: PushConfig) -> Self {
        Self {
            base_url: config.base_url,
            app_id: config.app_id,
            store_dir: config.store_dir,
            marker_dir: config.marker_dir,
            platform: config.platform.into(),
            app_version: config.app_version,
            os_version: config.os_version,
            locale: config.locale,
            timezone: config.timezone,
            tls: config.ca_pem.map_or(TlsRoots::Bundled, |pem| TlsRoots::Custom { pem }),
            proxy: config.proxy,
            https_only: config.https_only,
            request_timeout: Duration::from_millis(config.request_timeout_ms.into()),
            credentials_timeout: Duration::from_millis(config.credentials_timeout_ms.into()),
        }
    }
}
