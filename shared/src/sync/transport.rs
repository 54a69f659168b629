//! The boundary to the network. Two implementations: [`HttpTransport`](super::HttpTransport) and the scripted
//! servers of the tests.

use std::{fmt, future::Future, pin::Pin};

use pushbridge_wire::InstallationSecret;

use crate::machine::DeferCause;

/// Carries one request to the server and its answer back. Does not judge, retry, redirect or cache.
pub trait Transport: Send + Sync {
    /// Sends `request`. Ends within the transport's own time-out.
    fn send(&self, request: ApiRequest) -> TransportFuture<'_>;
}

/// What [`Transport::send`] returns.
pub type TransportFuture<'a> = Pin<Box<dyn Future<Output = Result<ApiAnswer, TransportError>> + Send + 'a>>;

/// A request of the device protocol.
#[derive(Clone)]
pub struct ApiRequest {
    /// The verb.
    pub method: ApiMethod,
    /// Path from the server's base, with a leading slash.
    pub path: String,
    /// Proves that this installation asks.
    pub secret: InstallationSecret,
    /// Proves that the user is logged in: value of the header `Pushbridge-User` without `Bearer`.
    pub user_proof: Option<String>,
    /// JSON.
    pub body: String,
}

impl fmt::Debug for ApiRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body hold secret, proof, address and user.
        write!(f, "{:?} {}", self.method, self.path)
    }
}

/// The verbs of the device protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ApiMethod {
    /// The desired state.
    Put,
    /// Proofs and receipts.
    Post,
}

/// An answer, as it came.
#[derive(Clone, Default)]
pub struct ApiAnswer {
    /// HTTP status.
    pub status: u16,
    /// Header `Content-Type`.
    pub content_type: Option<String>,
    /// Header `Retry-After`.
    pub retry_after: Option<String>,
    /// Header `Date`.
    pub date: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl fmt::Debug for ApiAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiAnswer({}, {} bytes)", self.status, self.body.len()) // the body names the user
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// No connection, or it broke.
    #[error("no connection to the server")]
    Offline,
    /// It took too long.
    #[error("the server did not answer in time")]
    Timeout,
    /// The server's certificate was not accepted.
    #[error("the server's certificate was not accepted")]
    Tls,
    /// More body than the protocol ever sends.
    #[error("the answer is too large")]
    TooLarge,
}

impl From<TransportError> for DeferCause {
    fn from(error: TransportError) -> Self {
        match error {
            TransportError::Offline => Self::Offline,
            TransportError::Timeout => Self::Timeout,
            TransportError::Tls => Self::Tls,
            TransportError::TooLarge => Self::NotTheServer,
        }
    }
}
