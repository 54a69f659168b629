//! TLS and proxies, over loopback sockets.

use std::{
    ops::Range,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use pushbridge_core::{DeferCause, FindingCode, PushConfig, SyncOutcome, sync::TlsRoots};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::{
    ServerConfig,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    http::{applied_body, assert_deferred, config, open},
    rig::{Rig, sync},
};

/// A server whose certificate an authority of its own has signed.
struct SecureServer {
    port: u16,
    authority_pem: String,
    answered: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl SecureServer {
    async fn start() -> Self {
        Self::start_with(2000..2100).await
    }

    /// With a certificate that is valid in these years.
    async fn start_with(years: Range<i32>) -> Self {
        let (acceptor, authority_pem) = certified_for_localhost(years);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let answered = Arc::new(AtomicUsize::new(0));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(listener, acceptor, answered.clone()));
        Self { port, authority_pem, answered, _tasks: tasks }
    }

    fn config(&self, rig: &Rig, roots: TlsRoots) -> PushConfig {
        let mut config = config(rig, &format!("https://localhost:{}", self.port));
        config.tls = roots;
        config
    }

    fn own_roots(&self) -> TlsRoots {
        TlsRoots::Custom { pem: self.authority_pem.clone() }
    }
}

fn certified_for_localhost(years: Range<i32>) -> (TlsAcceptor, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut leaf = CertificateParams::new(["localhost".to_owned()]).unwrap();
    leaf.not_before = date_time_ymd(years.start, 1, 1);
    leaf.not_after = date_time_ymd(years.end, 1, 1);
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.pem())
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, answered: Arc<AtomicUsize>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        // A client that does not trust the certificate ends the handshake.
        let Ok(mut stream) = acceptor.accept(stream).await else { continue };
        read_request(&mut stream).await;
        let body = applied_body();
        let head = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        answered.fetch_add(1, Ordering::SeqCst);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body.as_bytes()).await.unwrap();
        // The client may have closed first.
        let _ = stream.shutdown().await;
    }
}

/// The head of a request, after its body.
pub(crate) async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> String {
    read_message(stream).await.0
}

/// Head and body of a request; the body is empty where the head announces none.
pub(crate) async fn read_message(stream: &mut (impl AsyncRead + Unpin)) -> (String, String) {
    let mut text = Vec::new();
    let mut byte = [0];
    while !text.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.unwrap();
        text.push(byte[0]);
    }
    let head = String::from_utf8(text).unwrap();
    let length =
        head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ").map(str::to_owned));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// A proxy that opens tunnels, or refuses to. What it was asked for.
async fn proxy(opens: bool) -> (String, Arc<Mutex<Vec<String>>>, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            let request = read_request(&mut client).await;
            let line = request.lines().next().unwrap().to_owned();
            seen.lock().unwrap().push(line.clone());
            if opens { tunnel(client, &line).await } else { refuse(client).await }
        }
    });
    (url, asked, tasks)
}

async fn tunnel(mut client: TcpStream, line: &str) {
    let port = line.split([':', ' ']).nth(2).unwrap();
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
    // Either side may end it as it likes.
    let _ = copy_bidirectional(&mut client, &mut server).await;
}

async fn refuse(mut client: impl AsyncWrite + Unpin) {
    client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await.unwrap();
}

/// Failure mode 31: an authority of the app's own is trusted where it is named, and another one never.
#[tokio::test]
async fn row31_only_the_roots_of_the_configuration_are_trusted() {
    let (server, other) = (SecureServer::start().await, SecureServer::start().await);
    for roots in [TlsRoots::Bundled, other.own_roots()] {
        let rig = Rig::new();
        let core = open(&rig, server.config(&rig, roots));
        assert_deferred(&sync(&core).await, DeferCause::Tls);
        assert_eq!(core.snapshot().unwrap().acked_revision, None);
    }
    assert_eq!(server.answered.load(Ordering::SeqCst), 0, "nothing was said to a stranger");
    let rig = Rig::new();
    let core = open(&rig, server.config(&rig, server.own_roots()));
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(server.answered.load(Ordering::SeqCst), 1);
}

/// Failure mode 31: a proxy that is named carries the connection, which stays the server's own: it sees a host and no
/// more.
#[tokio::test]
async fn row31_a_named_proxy_carries_the_connection() {
    let (rig, server) = (Rig::new(), SecureServer::start().await);
    let (url, asked, _tasks) = proxy(true).await;
    let mut config = server.config(&rig, server.own_roots());
    config.proxy = Some(url);
    let core = open(&rig, config);
    assert_eq!(sync(&core).await, SyncOutcome::Delivered { revision: 1 });
    assert_eq!(*asked.lock().unwrap(), [format!("CONNECT localhost:{} HTTP/1.1", server.port)]);
    assert_eq!(server.answered.load(Ordering::SeqCst), 1);
}

/// Failure mode 31: where the proxy refuses, nothing is acknowledged and no other way is tried.
#[tokio::test]
async fn row31_a_proxy_that_refuses_is_not_gone_around() {
    let (rig, server) = (Rig::new(), SecureServer::start().await);
    let (url, asked, _tasks) = proxy(false).await;
    let mut config = server.config(&rig, server.own_roots());
    config.proxy = Some(url);
    let core = open(&rig, config);
    assert_deferred(&sync(&core).await, DeferCause::Offline);
    assert_eq!(core.snapshot().unwrap().acked_revision, None);
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert_eq!(server.answered.load(Ordering::SeqCst), 0);
}

/// Failure mode 23: to a phone whose clock is years behind, a good certificate is not valid yet, and years ahead it has
/// ended. A wait, whose finding names the clock; never an acknowledgement.
#[tokio::test]
async fn row23_a_certificate_that_is_not_valid_by_the_phones_clock_is_waited_out() {
    for years in [2090..2100, 2000..2010] {
        let (rig, server) = (Rig::new(), SecureServer::start_with(years).await);
        let core = open(&rig, server.config(&rig, server.own_roots()));
        assert_deferred(&sync(&core).await, DeferCause::Tls);
        let found = core.diagnose().unwrap().findings;
        let found = found.iter().find(|finding| finding.code == FindingCode::WaitTls).unwrap();
        assert!(found.code.explain().contains("wrong clock"));
        assert_eq!(core.snapshot().unwrap().acked_revision, None);
        assert_eq!(server.answered.load(Ordering::SeqCst), 0, "neither address nor secret was sent");
    }
}
