//! One new connection: TCP, through a proxy if the environment names one, TLS, and HTTP/2 up to the peer's settings.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use bytes::Bytes;
use h2::client::{Builder, Connection, SendRequest};
use http::Uri;
use hyper_util::{
    client::{
        legacy::connect::{HttpConnector, proxy::Tunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};
use tokio_util::either::Either;
use tower::ServiceExt;

use super::super::SetupError;

type Socket = Either<TcpStream, TlsStream<TcpStream>>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Room for the answers of a connection's calls, which are read late on a busy machine.
const RECEIVE_WINDOW_BYTES: u32 = 1 << 20;
const RECEIVE_STREAM_WINDOW_BYTES: u32 = 1 << 16;

/// Why no connection came about, so that nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The address does not answer, or the proxy does not let us through.
    #[error("the address cannot be reached")]
    Unreachable(#[source] BoxError),
    /// The certificate is not trusted, or the other side does not speak TLS.
    #[error("TLS failed")]
    Tls(#[source] std::io::Error),
    /// The other side does not speak HTTP/2.
    #[error("the other side does not speak HTTP/2")]
    NotHttp2(#[source] Option<h2::Error>),
    /// It did not come about in time.
    #[error("no connection in time")]
    TimedOut,
}

/// A connection that is ready for calls.
pub(super) struct Opened {
    pub(super) calls: SendRequest<Bytes>,
    pub(super) connection: Connection<Socket, Bytes>,
}

/// The way to one endpoint.
pub(super) struct Dialer {
    destination: Uri,
    way: Way,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

enum Way {
    Direct(HttpConnector),
    Proxy(Tunnel<HttpConnector>),
}

impl Dialer {
    /// The way to `destination`, with `tls` if that is https, through what `proxies` says of it.
    pub(super) fn new(
        destination: &Uri,
        tls: Option<ClientConfig>,
        proxies: Option<&Matcher>,
    ) -> Result<Self, SetupError> {
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let way = match proxies.and_then(|proxies| proxies.intercept(destination)) {
            None => Way::Direct(connector),
            Some(proxy) if proxy.uri().scheme_str() == Some("http") => {
                let tunnel = Tunnel::new(proxy.uri().clone(), connector);
                Way::Proxy(match proxy.basic_auth() {
                    Some(auth) => tunnel.with_auth(auth.clone()),
                    None => tunnel,
                })
            }
            Some(_) => return Err(SetupError::BadProxy),
        };
        let tls = tls.map(|config| {
            let host = destination.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
            let name = ServerName::try_from(host).map_err(|_| SetupError::BadEndpoint)?;
            Ok((TlsConnector::from(Arc::new(config)), name))
        });
        Ok(Self { destination: with_port(destination)?, way, tls: tls.transpose()? })
    }

    /// Opens a connection. The peer's settings are waited for: before them nobody knows how many streams it allows,
    /// nor that it speaks HTTP/2 at all, and a message must not be what finds out.
    pub(super) async fn open(&self) -> Result<Opened, ConnectError> {
        let socket = self.connect().await?;
        let builder = Builder::new()
            .enable_push(false)
            .initial_max_send_streams(0)
            .initial_window_size(RECEIVE_STREAM_WINDOW_BYTES)
            .initial_connection_window_size(RECEIVE_WINDOW_BYTES)
            .to_owned();
        let failed = |error| ConnectError::NotHttp2(Some(error));
        let (calls, mut connection) = builder.handshake(socket).await.map_err(failed)?;
        poll_fn(|context| match Pin::new(&mut connection).poll(context) {
            Poll::Ready(ended) => Poll::Ready(Err(ConnectError::NotHttp2(ended.err()))),
            Poll::Pending if connection.max_concurrent_send_streams() > 0 => Poll::Ready(Ok(())),
            Poll::Pending => Poll::Pending,
        })
        .await?;
        Ok(Opened { calls, connection })
    }

    async fn connect(&self) -> Result<Socket, ConnectError> {
        let unreachable = ConnectError::Unreachable;
        let destination = self.destination.clone();
        let tcp = match &self.way {
            Way::Direct(direct) => {
                direct.clone().oneshot(destination).await.map_err(|e| unreachable(e.into()))
            }
            Way::Proxy(proxy) => proxy.clone().oneshot(destination).await.map_err(|e| unreachable(e.into())),
        };
        let tcp = tcp.map(TokioIo::into_inner)?;
        match &self.tls {
            None => Ok(Either::Left(tcp)),
            Some((tls, name)) => {
                let stream = tls.connect(name.clone(), tcp).await.map_err(ConnectError::Tls)?;
                if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                    return Err(ConnectError::NotHttp2(None));
                }
                Ok(Either::Right(stream))
            }
        }
    }
}

/// A CONNECT without a port would mean 443, whatever the scheme.
fn with_port(destination: &Uri) -> Result<Uri, SetupError> {
    let (Some(host), None) = (destination.host(), destination.port()) else { return Ok(destination.clone()) };
    let (scheme, port) = if destination.scheme_str() == Some("http") { ("http", 80) } else { ("https", 443) };
    Uri::try_from(format!("{scheme}://{host}:{port}/")).map_err(|_| SetupError::BadEndpoint)
}
