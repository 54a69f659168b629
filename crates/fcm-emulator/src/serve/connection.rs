//! One connection, HTTP/1.1 or HTTP/2, over TLS or not. In: a stream of bytes. Out: its requests, each carrying a
//! [`Connection`] by which a fault may cut it. Next: `routes`.

use std::future::{self, Future};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use crate::serve::listener::Sockets;
use crate::traffic::ConnectionTraffic;

/// What FCM announces; a client with more to send must open another connection.
const STREAMS: u32 = 100;
/// How long requests that are being answered may take once the emulator stops.
const LAST_ANSWERS: Duration = Duration::from_secs(1);

/// The connection under a request.
#[derive(Clone)]
pub(crate) struct Connection {
    cut: CancellationToken,
    leave: CancellationToken,
    scheme: &'static str,
    traffic: Arc<ConnectionTraffic>,
}

impl Connection {
    /// Closes the connection at once: nothing more is written, and all its requests end, this one by being
    /// dropped here.
    pub(crate) async fn cut_now<T>(&self) -> T {
        self.cut.cancel();
        future::pending().await
    }

    /// Ends the connection politely: HTTP/2 clients get GOAWAY, what is being answered is answered.
    pub(crate) fn leave(&self) {
        self.leave.cancel();
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        self.scheme
    }

    pub(crate) fn traffic(&self) -> &ConnectionTraffic {
        &self.traffic
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

/// Spawns the streams of an HTTP/2 connection so that they end with it, hanging ones too.
#[derive(Clone)]
struct StreamExecutor {
    tracker: TaskTracker,
    ended: CancellationToken,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        let ended = self.ended.clone();
        self.tracker.spawn(async move { ended.run_until_cancelled_owned(stream).await });
    }
}

/// Serves one connection until it ends, is cut, or the emulator stops.
pub(crate) async fn serve_connection<S>(stream: S, scheme: &'static str, router: &Router, sockets: &Sockets)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let cut = sockets.kill.child_token();
    // Whatever way this ends, the streams end too.
    let _ended = cut.clone().drop_guard();
    let connection =
        Connection { cut: cut.clone(), leave: CancellationToken::new(), scheme, traffic: Arc::default() };
    let service = service_fn(|mut request: Request<Incoming>| {
        request.extensions_mut().insert(connection.clone());
        call(router.clone(), request.map(Body::new))
    });
    let builder = builder(StreamExecutor { tracker: sockets.tracker.clone(), ended: cut.clone() });
    let mut served = pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        () = cut.cancelled() => return,
        // An error is the client's going away, which it may do.
        _ = served.as_mut() => return,
        () = connection.leave.cancelled() => served.as_mut().graceful_shutdown(),
        () = sockets.stop.cancelled() => served.as_mut().graceful_shutdown(),
    }
    // After a GOAWAY the connection lives as long as its streams, but not longer than the emulator.
    tokio::select! {
        biased;
        () = cut.cancelled() => return,
        _ = served.as_mut() => return,
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
async fn call(router: Router, request: Request<Body>) -> Result<Response, h2::Error> {
    let response = match router.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    match response.extensions().get::<RefusedStream>() {
        Some(RefusedStream) => Err(h2::Reason::REFUSED_STREAM.into()),
        None => Ok(response),
    }
}

fn builder(executor: StreamExecutor) -> Builder<StreamExecutor> {
    let mut builder = Builder::new(executor);
    builder.http1().timer(TokioTimer::new());
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
    builder
}
