//! The bare loop: the h2 crate and nothing else. 8 connections filled with 100 streams, over TLS unless the address is
//! plain, one thread, no store, no logic.
//!
//! It runs as a process of its own, so that its CPU is its own.

use std::{net::SocketAddr, path::Path, sync::Arc};

use bytes::Bytes;
use h2::client::SendRequest;
use http::Request;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    sync::Semaphore,
    task::JoinSet,
};
use tokio_rustls::TlsConnector;

use super::programs::usage_of;
use crate::{BenchError, registry::moment};

pub(super) const CONNECTIONS: usize = 8;
pub(super) const STREAMS: usize = 100;

/// What one round of the loop came to.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct BareRound {
    /// Sends that were answered 200.
    pub sent: u64,
    /// Sends a second.
    pub rate: f64,
    /// CPU of the loop's process for 1,000 sends, in milliseconds.
    pub cpu_ms_per_1000: f64,
}

/// What to send to whom.
struct Work {
    address: SocketAddr,
    /// How to speak TLS, where the address asks for it.
    tls: Option<TlsConnector>,
    uri: String,
    tokens: Vec<String>,
}

/// Sends `deliveries` messages to the tokens of a file, one a line, in turn. `ca` is the file of the authority to trust.
///
/// # Errors
/// Where the emulator does not answer.
pub async fn rush_file(
    url: &str,
    tokens: &Path,
    deliveries: u64,
    ca: Option<&Path>,
) -> Result<BareRound, BenchError> {
    let address = url.trim_start_matches("http://").trim_start_matches("https://");
    let work = Work {
        address: address.parse().map_err(BenchError::of)?,
        tls: ca.map(connector).transpose()?,
        uri: format!("{url}/v1/projects/demo/messages:send"),
        tokens: read_tokens(tokens)?,
    };
    rush(Arc::new(work), deliveries).await
}

pub(super) fn read_tokens(file: &Path) -> Result<Vec<String>, BenchError> {
    let tokens = std::fs::read_to_string(file).map_err(BenchError::of)?;
    Ok(tokens.lines().map(str::to_owned).collect())
}

/// ring is what the baselines of others were measured with; it costs a little less here than aws-lc-rs.
fn connector(ca: &Path) -> Result<TlsConnector, BenchError> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(ca).map_err(BenchError::of)?).map_err(BenchError::of)?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(BenchError::of)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

async fn rush(work: Arc<Work>, deliveries: u64) -> Result<BareRound, BenchError> {
    let before = usage_of("self")?.cpu_us;
    let start = moment();
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let numbers = (connection as u64..deliveries).step_by(CONNECTIONS);
        connections.spawn(connect(work.clone(), numbers));
    }
    let mut sent = 0;
    while let Some(done) = connections.join_next().await {
        sent += done.map_err(BenchError::of)??;
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_us = usage_of("self")?.cpu_us - before;
    #[expect(clippy::cast_precision_loss, reason = "figures to look at")]
    let (count, cpu_us) = (deliveries as f64, cpu_us as f64);
    Ok(BareRound { sent, rate: count / seconds, cpu_ms_per_1000: cpu_us / count })
}

async fn connect(work: Arc<Work>, numbers: impl Iterator<Item = u64>) -> Result<u64, BenchError> {
    let stream = TcpStream::connect(work.address).await.map_err(BenchError::of)?;
    stream.set_nodelay(true).map_err(BenchError::of)?;
    match &work.tls {
        None => fill(stream, &work, numbers).await,
        Some(tls) => {
            let name = ServerName::from(work.address.ip());
            fill(tls.connect(name, stream).await.map_err(BenchError::of)?, &work, numbers).await
        }
    }
}

async fn fill<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    work: &Work,
    numbers: impl Iterator<Item = u64>,
) -> Result<u64, BenchError> {
    let (mut client, connection) = h2::client::handshake(stream).await.map_err(BenchError::of)?;
    let mut driver = JoinSet::new();
    driver.spawn(connection);
    let mut sent = 0;
    let places = Arc::new(Semaphore::new(STREAMS));
    let mut calls = JoinSet::new();
    for number in numbers {
        let place = places.clone().acquire_owned().await.map_err(BenchError::of)?;
        client = client.ready().await.map_err(BenchError::of)?;
        let index = usize::try_from(number).unwrap_or_default() % work.tokens.len();
        let call = send(&mut client, &work.uri, &work.tokens[index])?;
        calls.spawn(async move {
            let ok = call.await;
            drop(place);
            ok
        });
        while let Some(done) = calls.try_join_next() {
            done.map_err(BenchError::of)??;
            sent += 1;
        }
    }
    drop(client);
    while let Some(done) = calls.join_next().await {
        done.map_err(BenchError::of)??;
        sent += 1;
    }
    Ok(sent)
}

fn send(
    client: &mut SendRequest<Bytes>,
    uri: &str,
    token: &str,
) -> Result<impl Future<Output = Result<(), BenchError>> + use<>, BenchError> {
    let body = json!({"message": {"token": token, "notification": {"title": "Hello", "body": "World of pushes"},
        "data": {"order": "42", "pb_app": "bench", "pb_msg": "msg_0123456789abcdef"}}});
    let request = Request::post(uri)
        .header("authorization", "Bearer owner")
        .header("content-type", "application/json")
        .body(())
        .map_err(BenchError::of)?;
    let (answer, mut stream) = client.send_request(request, false).map_err(BenchError::of)?;
    stream.send_data(Bytes::from(body.to_string()), true).map_err(BenchError::of)?;
    Ok(async move {
        let answer = answer.await.map_err(BenchError::of)?;
        let status = answer.status();
        let mut body = answer.into_body();
        let mut text = Vec::new();
        while let Some(chunk) = body.data().await {
            let chunk = chunk.map_err(BenchError::of)?;
            body.flow_control().release_capacity(chunk.len()).map_err(BenchError::of)?;
            text.extend_from_slice(&chunk);
        }
        let parsed: Value = serde_json::from_slice(&text).map_err(BenchError::of)?;
        if status.is_success() && parsed["name"].is_string() {
            Ok(())
        } else {
            Err(BenchError(format!("{status}: {parsed}")))
        }
    })
}
