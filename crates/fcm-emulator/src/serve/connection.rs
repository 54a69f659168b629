//! One connection, HTTP/1.1 or HTTP/2, over TLS or not. In: a stream of bytes. Out: its requests, each carrying a
//! [`Connection`] by which a fault may cut it. Next: `routes`.

use std::future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Request;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

use crate::serve::listener::Sockets;
use crate::serve::routes::Routes;
use crate::serve::streams::{Begun, WithStreams};
use crate::traffic::ConnectionTraffic;

/// What FCM announces; a client with more to send must open another connection.
const STREAMS: u32 = 100;
/// How long requests that are being answered may take once the emulator stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The connection under a request. Clones are the same.
#[derive(Clone)]
pub(crate) struct Connection(Arc<Parts>);

struct Parts {
    cut: CancellationToken,
    leave: CancellationToken,
    scheme: &'static str,
    traffic: ConnectionTraffic,
}

impl Connection {
    /// Closes the connection at once: nothing more is written, and all its requests end, this one by being
    /// dropped here.
    pub(crate) async fn cut_now<T>(&self) -> T {
        self.0.cut.cancel();
        future::pending().await
    }

    /// Ends the connection politely: HTTP/2 clients get GOAWAY, what is being answered is answered.
    pub(crate) fn leave(&self) {
        self.0.leave.cancel();
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    pub(crate) fn traffic(&self) -> &ConnectionTraffic {
        &self.0.traffic
    }
}

/// Marks an answer that is none: the stream is reset instead.
#[derive(Clone, Copy)]
struct RefusedStream;

/// What a handler returns to have its stream reset with `REFUSED_STREAM`.
pub(crate) fn refused_stream() -> Response {
    let mut response = ().into_response();
    response.extensions_mut().insert(RefusedStream);
    response
}

/// Serves one connection until it ends, is cut, or the emulator stops. Its streams end with it.
pub(crate) async fn serve_connection<S>(stream: S, scheme: &'static str, routes: &Routes, sockets: &Sockets)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cut = sockets.kill.child_token();
    let (leave, traffic) = (CancellationToken::new(), ConnectionTraffic::default());
    let connection = Connection(Arc::new(Parts { cut: cut.clone(), leave: leave.clone(), scheme, traffic }));
    let service = service_fn(|request| call(routes.clone(), connection.clone(), request));
    let begun = Begun::default();
    let builder = builder(begun.clone());
    let mut served = WithStreams::new(builder.serve_connection(TokioIo::new(stream), service), begun);
    tokio::select! {
        biased;
        () = cut.cancelled() => return,
        // An error is the client's going away, which it may do.
        _ = &mut served => return,
        () = leave.cancelled() => served.connection().graceful_shutdown(),
        () = sockets.stop.cancelled() => served.connection().graceful_shutdown(),
    }
    // After a GOAWAY the connection lives as long as its streams, but not longer than the emulator.
    tokio::select! {
        biased;
        () = cut.cancelled() => return,
        _ = &mut served => return,
        () = sockets.stop.cancelled() => {}
    }
    tokio::select! {
        biased;
        () = cut.cancelled() => {}
        _ = served => {}
        () = tokio::time::sleep(LAST_ANSWERS) => {}
    }
}

/// hyper resets the stream of a request that ends with an error of h2, with the reason in it.
async fn call(
    routes: Routes,
    connection: Connection,
    request: Request<Incoming>,
) -> Result<Response, h2::Error> {
    let response = routes.answer(connection, request).await;
    match response.extensions().get::<RefusedStream>() {
        Some(RefusedStream) => Err(h2::Reason::REFUSED_STREAM.into()),
        None => Ok(response),
    }
}

fn builder(begun: Begun) -> Builder<Begun> {
    let mut builder = Builder::new(begun);
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder
}
