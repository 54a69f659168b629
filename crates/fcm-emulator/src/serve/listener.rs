//! Accepts connections. In: a bound socket. Out: one task per connection, all of them ended by `Sockets::stop`.
//! Next: `connection`.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::serve::connection::serve_connection;
use crate::serve::routes::Routes;

/// Python's SDK opens 500 connections at once; the default backlog refuses some of them.
const BACKLOG: u32 = 1024;
/// After a failed accept (no file handles left) a closing connection may free one.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(10);

/// Listens on `address`. Must be called within a runtime.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart may take the port at once, although old connections linger.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// The two ways to end what runs, and the tasks to wait for.
#[derive(Clone)]
pub(crate) struct Sockets {
    pub(crate) tracker: TaskTracker,
    /// No new connections; those that are idle close, the others finish what they are at.
    pub(crate) stop: CancellationToken,
    /// Everything closes now.
    pub(crate) kill: CancellationToken,
}

impl Sockets {
    pub(crate) fn new(stop: CancellationToken) -> Self {
        Self { tracker: TaskTracker::new(), stop, kill: CancellationToken::new() }
    }

    /// Begins to accept.
    pub(crate) fn serve(&self, listener: TcpListener, tls: Option<TlsAcceptor>, routes: Routes) {
        let sockets = self.clone();
        self.tracker.spawn(async move { accept(&sockets, listener, tls, routes).await });
    }
}

async fn accept(sockets: &Sockets, listener: TcpListener, tls: Option<TlsAcceptor>, routes: Routes) {
    loop {
        let accepted = tokio::select! {
            () = sockets.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                // Small answers must not wait for more bytes.
                let _ = stream.set_nodelay(true);
                let (routes, sockets, tls) = (routes.clone(), sockets.clone(), tls.clone());
                let tracker = sockets.tracker.clone();
                tracker.spawn(async move { greet(stream, tls, &routes, &sockets).await });
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
}

/// Shakes hands where the listener speaks TLS, then serves. A client that does not trust us goes away here.
async fn greet(stream: TcpStream, tls: Option<TlsAcceptor>, routes: &Routes, sockets: &Sockets) {
    let Some(tls) = tls else { return serve_connection(stream, "http", routes, sockets).await };
    match sockets.stop.run_until_cancelled(tls.accept(stream)).await {
        Some(Ok(stream)) => serve_connection(stream, "https", routes, sockets).await,
        Some(Err(error)) => tracing::info!(%error, "a TLS handshake failed: does the client trust ca.pem?"),
        None => {}
    }
}
