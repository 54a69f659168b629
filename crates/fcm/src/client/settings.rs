//! What a client is set up with, checked once.

use std::{fmt, sync::Arc, time::Duration};

use http::Uri;
use url::Url;

use crate::{Clock, SystemClock};

/// FCM's own address.
pub const DEFAULT_ENDPOINT: &str = "https://fcm.googleapis.com";

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The project's id is empty or has characters that no id has.
    #[error("the Firebase project id may hold letters, digits and -._: only")]
    BadProject,
    /// The endpoint is not a plain http or https address.
    #[error("the FCM endpoint must be an http or https URL without query, fragment or user name")]
    BadEndpoint,
    /// The settings ask for nothing.
    #[error("the FCM client needs at least one connection and one stream on it")]
    NoConnections,
    /// The extra certificates cannot be read.
    #[error("the extra CA certificates are not PEM, or hold no certificate")]
    BadCaPem,
    /// This machine trusts nobody, so an https endpoint cannot be checked.
    #[error("this machine has no root certificates: install ca-certificates, or give a CA file")]
    NoRootCertificates,
    /// rustls refuses its configuration.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// reqwest refuses its configuration.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
    /// The environment names a proxy that is none of plain HTTP.
    #[error("the proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names must have an http:// address")]
    BadProxy,
}

/// How an [`FcmClient`](crate::FcmClient) behaves.
#[derive(Clone)]
pub struct ClientSettings {
    /// The most HTTP/2 connections. They are opened as demand grows, each once those before it are full, and closed
    /// again when it falls.
    pub connections: usize,
    /// The most calls at once on each; fewer where the peer allows fewer. FCM allows 100 streams.
    pub streams_per_connection: usize,
    /// From the start of a call, once it has its place, to the end of its answer. FCM asks for at least 10 s.
    pub request_timeout: Duration,
    /// For making a connection, from its first packet to the peer's HTTP/2 settings; not part of the above.
    pub connect_timeout: Duration,
    /// How often a connection is tested, so that a dead one is not found by a message. One that carried no call
    /// between two tests is closed, save the last.
    pub keep_alive_interval: Duration,
    /// How long the answer to such a test may take.
    pub keep_alive_timeout: Duration,
    /// Certificates in PEM that are trusted beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Tells the time, for a `Retry-After` that is a date.
    pub clock: Arc<dyn Clock>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            connections: 4,
            streams_per_connection: 100,
            request_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(5),
            keep_alive_interval: Duration::from_secs(30),
            keep_alive_timeout: Duration::from_secs(15),
            ca_pem: None,
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for ClientSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientSettings")
            .field("connections", &self.connections)
            .field("streams_per_connection", &self.streams_per_connection)
            .field("request_timeout", &self.request_timeout)
            .field("connect_timeout", &self.connect_timeout)
            .field("keep_alive_interval", &self.keep_alive_interval)
            .field("keep_alive_timeout", &self.keep_alive_timeout)
            .field("ca_pem", &self.ca_pem.as_ref().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// The id (or number) of a Firebase project.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ProjectId(String);

impl ProjectId {
    /// The id's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for ProjectId {
    type Error = SetupError;

    fn try_from(id: &str) -> Result<Self, SetupError> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:".contains(&byte);
        // `.` and `..` are paths, and would be taken out of the URL.
        if id.is_empty() || !id.bytes().all(fine) || id.bytes().all(|byte| byte == b'.') {
            return Err(SetupError::BadProject);
        }
        Ok(Self(id.to_owned()))
    }
}

/// The base address of the service, and of the one call on it.
#[derive(Clone, Debug)]
pub(super) struct Endpoint {
    base: Url,
}

impl Endpoint {
    pub(super) fn parse(text: &str) -> Result<Self, SetupError> {
        let base = Url::parse(text).map_err(|_| SetupError::BadEndpoint)?;
        let plain = base.query().is_none()
            && base.fragment().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        if !plain || !matches!(base.scheme(), "http" | "https") {
            return Err(SetupError::BadEndpoint);
        }
        Ok(Self { base })
    }

    pub(super) fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Whether it is on this machine, where no proxy can be meant.
    pub(super) fn is_loopback(&self) -> bool {
        match self.base.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            None => false,
        }
    }

    /// Where messages of `project` are sent.
    pub(super) fn send_uri(&self, project: &ProjectId) -> Result<Uri, SetupError> {
        let base = self.base.as_str().trim_end_matches('/');
        // A project id holds nothing that a path would have to escape.
        let project = project.as_str();
        Uri::try_from(format!("{base}/v1/projects/{project}/messages:send"))
            .map_err(|_| SetupError::BadEndpoint)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send_uri(endpoint: &str, project: &str) -> Result<String, SetupError> {
        Ok(Endpoint::parse(endpoint)?.send_uri(&ProjectId::try_from(project)?)?.to_string())
    }

    #[test]
    fn the_call_is_built_from_endpoint_and_project() {
        for (endpoint, project, uri) in [
            (DEFAULT_ENDPOINT, "demo", "https://fcm.googleapis.com/v1/projects/demo/messages:send"),
            (
                "http://127.0.0.1:9099/",
                "my-app-1",
                "http://127.0.0.1:9099/v1/projects/my-app-1/messages:send",
            ),
            ("http://h/fcm", "example.com:app", "http://h/fcm/v1/projects/example.com:app/messages:send"),
        ] {
            assert_eq!(send_uri(endpoint, project).expect(endpoint), uri);
        }
    }

    #[test]
    fn what_is_no_endpoint_or_project_is_refused() {
        for endpoint in ["", "fcm.googleapis.com", "ftp://h", "http://u@h", "http://h?x=1", "http://h#x"] {
            assert!(matches!(send_uri(endpoint, "demo"), Err(SetupError::BadEndpoint)), "{endpoint}");
        }
        for project in ["", "a/b", "..", "a b", "a?b", "ä"] {
            assert!(matches!(send_uri("http://h", project), Err(SetupError::BadProject)), "{project}");
        }
    }

    #[test]
    fn only_this_machine_is_loopback() {
        for (endpoint, loopback) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("https://fcm.googleapis.com", false),
            ("http://localhost.example.com", false),
        ] {
            assert_eq!(Endpoint::parse(endpoint).expect(endpoint).is_loopback(), loopback, "{endpoint}");
        }
    }
}
