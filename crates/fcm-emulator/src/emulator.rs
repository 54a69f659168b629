//! One emulator from start to end. In: [`Options`]. Out: its URL, its service account and its [`Control`].
//! Next: `serve` has the sockets. Several may run in one process.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::Control;
use crate::events::Event;
use crate::files::write_file;
use crate::options::{Options, StartError};
use crate::projects::Projects;
use crate::serve::{Routes, Sockets, Tls, bind};
use crate::state::{StateError, StateFile, keep};

/// How long `shutdown` waits for tasks before it closes their connections. Above what a connection itself allows.
const LAST_TASKS: Duration = Duration::from_secs(2);

/// A running emulator. Dropping it stops it at once; [`shutdown`](Self::shutdown) lets answers finish and waits.
pub struct FcmEmulator {
    projects: Arc<Projects>,
    control: Control,
    sockets: Sockets,
    writer: Writer,
    url: String,
    secure: Option<Secure>,
}

/// The task that writes the state, if there is a file for it. It ends after all others, so that it sees all they did.
#[derive(Default)]
struct Writer {
    tracker: TaskTracker,
    end: CancellationToken,
}

/// What a client needs to speak TLS.
struct Secure {
    url: String,
    ca_pem: String,
    ca_file: Option<PathBuf>,
}

impl FcmEmulator {
    /// Makes a service account per project, listens and begins to answer.
    ///
    /// # Errors
    /// When a project's id is malformed, the address is taken, or the folder cannot be written.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let failed = |source| StartError::Listen { address: options.listen, source };
        let listener = bind(options.listen).map_err(failed)?;
        let url = format!("http://{}", reachable(listener.local_addr().map_err(failed)?));
        let stop = CancellationToken::new();
        let (projects, state) = Projects::start(&options, url.clone(), stop.clone()).await?;
        let secured = options.tls_listen.map(|listen| secure(listen, options.dir.as_deref())).transpose()?;
        let writer = state.map(|file| Writer::start(&projects, file)).transpose()?.unwrap_or_default();
        let sockets = Sockets::new(stop);
        let routes = Routes::new(&projects);
        let secure = secured.map(|(secure, listener, acceptor)| {
            sockets.serve(listener, Some(acceptor), routes.clone());
            secure
        });
        sockets.serve(listener, None, routes);
        let control = Control { world: Arc::clone(projects.first()) };
        Ok(Self { projects, control, sockets, writer, url, secure })
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

    /// The first project, the one of [`control`](Self::control).
    #[must_use]
    pub fn project(&self) -> &str {
        self.control.project()
    }

    /// The first project's service account, see [`Control::service_account_json`].
    #[must_use]
    pub fn service_account_json(&self) -> &str {
        self.control.service_account_json()
    }

    /// Where that JSON was written, if a folder was given.
    #[must_use]
    pub fn service_account_file(&self) -> Option<&Path> {
        self.control.service_account_file()
    }

    /// Everything a test may do and see in the first project; [`Control::of_project`] leads to the others.
    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Serves one project more, with nothing in it, and returns its control.
    ///
    /// # Errors
    /// When the id is malformed or served already, or the account cannot be written.
    pub async fn add_project(&self, id: &str) -> Result<Control, StartError> {
        Ok(Control { world: self.projects.add(id).await? })
    }

    /// The control of every project, the first one first.
    #[must_use]
    pub fn projects(&self) -> Vec<Control> {
        self.projects.all().into_iter().map(|world| Control { world }).collect()
    }

    /// Stops: no new connections, running answers get a second, what hangs is closed. Returns when nothing runs and the
    /// state, if it is kept, is in its file.
    pub async fn shutdown(self) {
        self.sockets.stop.cancel();
        self.sockets.tracker.close();
        let finished = tokio::time::timeout(LAST_TASKS, self.sockets.tracker.wait()).await;
        if finished.is_err() {
            self.sockets.kill.cancel();
            self.sockets.tracker.wait().await;
        }
        self.writer.end.cancel();
        self.writer.tracker.close();
        self.writer.tracker.wait().await;
    }
}

impl Writer {
    /// Writes once, so that a file that cannot be written stops the start, and from then on after every change.
    fn start(projects: &Arc<Projects>, file: StateFile) -> Result<Self, StartError> {
        let failed = |source| StartError::state(file.path(), StateError::Unwritable(source));
        file.write(&projects.saved()).map_err(failed)?;
        let writer = Self::default();
        if let Some(keeper) = projects.keeper() {
            let (projects, file) = (Arc::clone(projects), Arc::new(file));
            let (clock, end) = (projects.clock().clone(), writer.end.clone());
            writer.tracker.spawn(async move {
                let tell = || projects.all().iter().for_each(|world| world.events.tell(|| Event::State));
                keep(&keeper, &clock, &end, || write(&projects, &file), tell).await;
            });
        }
        Ok(writer)
    }
}

/// Gathers and writes on a thread for blocking work.
async fn write(projects: &Arc<Projects>, file: &Arc<StateFile>) -> io::Result<()> {
    let (projects, to) = (Arc::clone(projects), Arc::clone(file));
    let written = tokio::task::spawn_blocking(move || to.write(&projects.saved())).await;
    // Not what a panic says of itself: it may quote what it was about.
    written.unwrap_or_else(|_| Err(io::Error::other("the write came to no end")))
}

impl Drop for FcmEmulator {
    fn drop(&mut self) {
        self.sockets.stop.cancel();
        self.sockets.kill.cancel();
        self.writer.end.cancel();
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

/// The address a client on this machine can connect to: nobody connects to `0.0.0.0`.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}
