//! Requests out, answers in.
//!
//! In: a [`State`](crate::machine::State) to be told. Out: an [`Answer`](crate::machine::Answer) that the machine
//! understands. Next: the machine judges it. Nothing here decides whether or when to send.
//!
//! An answer counts only if the server wrote it: 200 with `application/json` and the body of the protocol for the
//! revision that was sent. Everything else (a captive portal's page, a redirect, a proxy's 502) acknowledges
//! nothing. Promise held by `tests/http.rs`.

mod answer;
mod http;
mod request;
mod retry_after;
mod tls;
mod transport;

pub use http::{HttpOptions, HttpOptionsError, HttpTransport};
pub use tls::TlsRoots;
pub use transport::{ApiAnswer, ApiMethod, ApiRequest, Transport, TransportError, TransportFuture};

pub(crate) use answer::{read_installation, read_receipts};
pub(crate) use request::{UserProof, prove_request, put_request, receipts_request};
