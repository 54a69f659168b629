//! Configuration: a plain record in, checked values out.

use std::{fmt, path::PathBuf, time::Duration};

use pushbridge_wire::{AppId, Platform, limits};

use super::PushError;
use crate::{
    machine::Attributes,
    store::StorePaths,
    sync::{HttpOptions, TlsRoots},
};

/// What a core needs to know. [`PushConfig::new`] fills in what has a sensible default.
#[derive(Clone)]
pub struct PushConfig {
    /// Where the server is, such as `https://push.example.com`. A host beyond ASCII is written in its `xn--` form.
    pub base_url: String,
    /// The app's id on that server.
    pub app_id: String,
    /// Folder of the database, private to the app. Outside of any backup: on Android under `noBackupFilesDir`, on
    /// iOS excluded from backup and readable after the first unlock.
    pub store_dir: String,
    /// Folder of the marker that tells a restored copy of the database from the original; `store_dir` if none. Only
    /// of use where no backup takes it along.
    pub marker_dir: Option<String>,
    /// The system.
    pub platform: Platform,
    /// Version of the app.
    pub app_version: Option<String>,
    /// Version of the system.
    pub os_version: Option<String>,
    /// BCP 47, such as `ru-RU`.
    pub locale: Option<String>,
    /// IANA name, such as `Europe/Moscow`.
    pub timezone: Option<String>,
    /// Roots of trust for the connection.
    pub tls: TlsRoots,
    /// URL of an HTTP proxy.
    pub proxy: Option<String>,
    /// Refuses `http` always. Without it, `http` is allowed to this machine itself, for tests.
    pub https_only: bool,
    /// Longest time for one request. 15 seconds.
    pub request_timeout: Duration,
    /// Longest time to wait for the credentials provider. 10 seconds.
    pub credentials_timeout: Duration,
}

impl PushConfig {
    /// The configuration with defaults for everything else.
    #[must_use]
    pub fn new(base_url: &str, app_id: &str, store_dir: &str, platform: Platform) -> Self {
        Self {
            base_url: base_url.to_owned(),
            app_id: app_id.to_owned(),
            store_dir: store_dir.to_owned(),
            marker_dir: None,
            platform,
            app_version: None,
            os_version: None,
            locale: None,
            timezone: None,
            tls: TlsRoots::Bundled,
            proxy: None,
            https_only: true,
            request_timeout: Duration::from_secs(15),
            credentials_timeout: Duration::from_secs(10),
        }
    }
}

impl fmt::Debug for PushConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's URL may hold a password.
        f.debug_struct("PushConfig").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

/// The configuration, checked.
pub(crate) struct Settings {
    pub(crate) app: AppId,
    pub(crate) paths: StorePaths,
    pub(crate) attributes: Attributes,
    pub(crate) http: HttpOptions,
    pub(crate) credentials_timeout: Duration,
}

impl TryFrom<PushConfig> for Settings {
    type Error = PushError;

    fn try_from(config: PushConfig) -> Result<Self, PushError> {
        let wrong = |detail: &str| PushError::Config { detail: detail.to_owned() };
        let app = config
            .app_id
            .parse()
            .map_err(|error| PushError::Config { detail: format!("app_id: {error}") })?;
        if config.store_dir.is_empty() {
            return Err(wrong("store_dir: the path of a folder"));
        }
        if config.request_timeout.is_zero() || config.credentials_timeout.is_zero() {
            return Err(wrong("request_timeout, credentials_timeout: more than nothing"));
        }
        let store_dir = PathBuf::from(config.store_dir);
        let marker_dir = config.marker_dir.map_or_else(|| store_dir.clone(), PathBuf::from);
        Ok(Self {
            app,
            paths: StorePaths { store_dir, marker_dir },
            attributes: Attributes {
                platform: config.platform,
                permission: None,
                app_version: config.app_version.as_deref().and_then(clip),
                os_version: config.os_version.as_deref().and_then(clip),
                locale: config.locale.as_deref().and_then(clip),
                timezone: config.timezone.as_deref().and_then(clip),
                tags: pushbridge_wire::Tags::default(),
            },
            http: HttpOptions {
                base_url: config.base_url,
                tls: config.tls,
                proxy: config.proxy,
                https_only: config.https_only,
                request_timeout: config.request_timeout,
            },
            credentials_timeout: config.credentials_timeout,
        })
    }
}

/// What a platform says of itself, made to fit the protocol. Vendors write odd things into version strings, and
/// that must never keep an address from the server.
pub(crate) fn clip(text: &str) -> Option<String> {
    let mut clipped: String = text.trim().chars().filter(|c| !c.is_control()).collect();
    while clipped.len() > limits::ATTRIBUTE_BYTES {
        clipped.pop();
    }
    (!clipped.is_empty()).then_some(clipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_attributes_are_made_to_fit() {
        assert_eq!(clip(" 16\n"), Some("16".to_owned()));
        assert_eq!(clip("\u{0}"), None);
        assert_eq!(clip(&"ж".repeat(40)).map(|text| text.len()), Some(64));
    }

    /// I11
    #[test]
    fn a_proxys_password_does_not_print() {
        let mut config = PushConfig::new("https://push.example.com", "shop", "/data", Platform::Android);
        config.proxy = Some("http://me:password@proxy".to_owned());
        assert!(!format!("{config:?}").contains("password"));
    }
}
