//! One emulator from start to end. In: [`Options`]. Out: its URL, its service account and its [`Control`].
//! Next: `serve` has the sockets. Several may run in one process.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::control::Control;
use crate::files::write_file;
use crate::names::ProjectId;
use crate::oauth::ServiceAccount;
use crate::options::{Options, StartError};
use crate::serve::{Sockets, Tls, bind, routes};
use crate::world::World;

/// How long `shutdown` waits for tasks before it closes their connections. Above what a connection itself allows.
const LAST_TASKS: Duration = Duration::from_secs(2);

/// A running emulator. Dropping it stops it at once; [`shutdown`](Self::shutdown) lets answers finish and waits.
pub struct FcmEmulator {
    world: Arc<World>,
    control: Control,
    sockets: Sockets,
    url: String,
    service_account_file: Option<PathBuf>,
    secure: Option<Secure>,
}

/// What a client needs to speak TLS.
struct Secure {
    url: String,
    ca_pem: String,
    ca_file: Option<PathBuf>,
}

impl FcmEmulator {
    /// Makes a service account, listens and begins to answer.
    ///
    /// # Errors
    /// When the project id is malformed, the address is taken, or the folder cannot be written.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let project = ProjectId::parse(&options.project)?;
        let failed = |source| StartError::Listen { address: options.listen, source };
        let listener = bind(options.listen).map_err(failed)?;
        let url = format!("http://{}", reachable(listener.local_addr().map_err(failed)?));
        let account = make_account(project.clone(), url.clone()).await?;
        let dir = options.dir.as_deref();
        let service_account_file =
            dir.map(|dir| write_file(dir, "service-account.json", account.json())).transpose()?;
        let secured = options.tls_listen.map(|listen| secure(listen, dir)).transpose()?;
        let stop = CancellationToken::new();
        let world = Arc::new(World::new(&options, project, account, stop.clone())?);
        let sockets = Sockets::new(stop);
        let router = routes(Arc::clone(&world));
        let secure = secured.map(|(secure, listener, acceptor)| {
            sockets.serve(listener, Some(acceptor), router.clone());
            secure
        });
        sockets.serve(listener, None, router);
        let control = Control { world: Arc::clone(&world) };
        Ok(Self { world, control, sockets, url, service_account_file, secure })
    }

    /// `http://address:port`, without a slash at the end: what a server takes as FCM's endpoint.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `https://address:port` of the TLS listener, if there is one.
    #[must_use]
    pub fn tls_url(&self) -> Option<&str> {
        self.secure.as_ref().map(|secure| secure.url.as_str())
    }

    /// The authority that a client of [`tls_url`](Self::tls_url) must trust, in PEM. Made anew at every start.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.secure.as_ref().map(|secure| secure.ca_pem.as_str())
    }

    /// Where that authority was written, if a folder was given.
    #[must_use]
    pub fn ca_file(&self) -> Option<&Path> {
        self.secure.as_ref()?.ca_file.as_deref()
    }

    /// The one project that is served.
    #[must_use]
    pub fn project(&self) -> &str {
        self.world.project.as_str()
    }

    /// The service account's JSON with its private key and this emulator's token endpoint. A secret, if a small one.
    #[must_use]
    pub fn service_account_json(&self) -> &str {
        self.world.account.json()
    }

    /// Where that JSON was written, if a folder was given.
    #[must_use]
    pub fn service_account_file(&self) -> Option<&Path> {
        self.service_account_file.as_deref()
    }

    /// Everything a test may do and see.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops: no new connections, running answers get a second, what hangs is closed. Returns when nothing runs.
    pub async fn shutdown(self) {
        self.sockets.stop.cancel();
        self.sockets.tracker.close();
        let finished = tokio::time::timeout(LAST_TASKS, self.sockets.tracker.wait()).await;
        if finished.is_err() {
            self.sockets.kill.cancel();
            self.sockets.tracker.wait().await;
        }
    }
}

impl Drop for FcmEmulator {
    fn drop(&mut self) {
        self.sockets.stop.cancel();
        self.sockets.kill.cancel();
    }
}

/// Shows where it listens; the world within holds a private key.
impl fmt::Debug for FcmEmulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FcmEmulator").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Listens on `listen` with a certificate of its own, and writes the authority to `dir`.
fn secure(listen: SocketAddr, dir: Option<&Path>) -> Result<(Secure, TcpListener, TlsAcceptor), StartError> {
    let failed = |source| StartError::Listen { address: listen, source };
    let listener = bind(listen).map_err(failed)?;
    let address = reachable(listener.local_addr().map_err(failed)?);
    let Tls { acceptor, ca_pem } = Tls::generate(address.ip())?;
    let ca_file = dir.map(|dir| write_file(dir, "ca.pem", &ca_pem)).transpose()?;
    Ok((Secure { url: format!("https://{address}"), ca_pem, ca_file }, listener, acceptor))
}

/// Makes the key on a thread for blocking work: it takes long enough to hold up other tasks.
async fn make_account(project: ProjectId, url: String) -> Result<ServiceAccount, StartError> {
    tokio::task::spawn_blocking(move || ServiceAccount::generate(&project, &url))
        .await
        .map_err(|_| StartError::Key)?
}

/// The address a client on this machine can connect to: nobody connects to `0.0.0.0`.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}
