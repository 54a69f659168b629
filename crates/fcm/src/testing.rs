//! A Google of one test: token endpoint and `messages:send` on a loopback port, answering as the test says.

use std::{
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::KeySize,
    signature::RsaKeyPair,
};
use axum::{
    Router,
    body::Bytes,
    extract::{ConnectInfo, Request, State},
    http::{StatusCode, Version, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinSet};

use crate::{ClientSettings, ServiceAccount, TokenSettings, TokenSource};

/// No wait of a test that is not about waiting: a machine that is busy with other things may stop a test for as long as it
/// likes, and a call that is slow for that reason alone must not count as one that failed.
const NEVER: Duration = Duration::from_secs(24 * 60 * 60);

/// Settings of a client whose calls end by what the peer does, and never by the clock.
pub(crate) fn patient() -> ClientSettings {
    ClientSettings {
        request_timeout: NEVER,
        connect_timeout: NEVER,
        keep_alive_interval: NEVER,
        keep_alive_timeout: NEVER,
        ..ClientSettings::default()
    }
}

/// The same of a token source.
pub(crate) fn patient_tokens() -> TokenSettings {
    TokenSettings { fetch_timeout: NEVER, ..TokenSettings::default() }
}

/// The answer to come, which may take as long as the test wants.
pub(crate) type Pending = Pin<Box<dyn Future<Output = Response> + Send>>;
type Script = Arc<dyn Fn(usize) -> Pending + Send + Sync>;

/// A call that arrived at `messages:send`.
#[derive(Clone, Debug)]
pub(crate) struct SendCall {
    pub(crate) version: Version,
    pub(crate) path: String,
    pub(crate) bearer: String,
    pub(crate) body: Value,
    pub(crate) peer: SocketAddr,
}

pub(crate) struct FakeGoogle {
    pub(crate) url: String,
    pub(crate) seen: Arc<Seen>,
    _server: JoinSet<()>,
}

#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) fetches: AtomicUsize,
    pub(crate) sends: Mutex<Vec<SendCall>>,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) most_in_flight: AtomicUsize,
}

#[derive(Clone)]
struct Scripts {
    token: Script,
    send: Script,
    seen: Arc<Seen>,
}

impl FakeGoogle {
    /// `token` and `send` get the number of the call, from 1.
    pub(crate) async fn start(
        token: impl Fn(usize) -> Pending + Send + Sync + 'static,
        send: impl Fn(usize) -> Pending + Send + Sync + 'static,
    ) -> Self {
        let seen = Arc::<Seen>::default();
        let scripts = Scripts { token: Arc::new(token), send: Arc::new(send), seen: Arc::clone(&seen) };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a loopback port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new()
            .route("/token", post(answer_token))
            .fallback(answer_send)
            .with_state(scripts)
            .into_make_service_with_connect_info::<SocketAddr>();
        let mut server = JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.expect("axum serves") });
        Self { url, seen, _server: server }
    }

    /// One that takes every message; tokens are `token-1`, `token-2`, ….
    pub(crate) async fn start_sound(send: impl Fn(usize) -> Pending + Send + Sync + 'static) -> Self {
        Self::start(|number| ready(token_answer(number, 3600)), send).await
    }

    pub(crate) fn account(&self) -> ServiceAccount {
        let json = service_account_json(&format!("{}/token", self.url));
        ServiceAccount::from_json(&json.to_string()).expect("a sound account")
    }

    pub(crate) fn tokens(&self, settings: TokenSettings) -> TokenSource {
        TokenSource::new(self.account(), settings)
    }

    pub(crate) fn fetches(&self) -> usize {
        self.seen.fetches.load(Ordering::SeqCst)
    }

    pub(crate) fn sends(&self) -> Vec<SendCall> {
        self.seen.sends.lock().expect("unpoisoned").clone()
    }
}

async fn answer_token(State(scripts): State<Scripts>) -> Response {
    let number = scripts.seen.fetches.fetch_add(1, Ordering::SeqCst) + 1;
    (scripts.token)(number).await
}

async fn answer_send(
    State(scripts): State<Scripts>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.expect("a whole body");
    let bearer = parts.headers.get(header::AUTHORIZATION).map(|value| value.to_str().expect("text"));
    let call = SendCall {
        version: parts.version,
        path: parts.uri.path().to_owned(),
        bearer: bearer.unwrap_or_default().to_owned(),
        body: if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("a JSON body") },
        peer,
    };
    let number = {
        let mut sends = scripts.seen.sends.lock().expect("unpoisoned");
        sends.push(call);
        sends.len()
    };
    let now = scripts.seen.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
    scripts.seen.most_in_flight.fetch_max(now, Ordering::SeqCst);
    let response = (scripts.send)(number).await;
    scripts.seen.in_flight.fetch_sub(1, Ordering::SeqCst);
    response
}

pub(crate) fn ready(response: impl IntoResponse) -> Pending {
    let response = response.into_response();
    Box::pin(async { response })
}

/// Never answers.
pub(crate) fn hang() -> Pending {
    Box::pin(std::future::pending())
}

pub(crate) fn token_answer(number: usize, expires_in: u64) -> Response {
    let token = format!("token-{number}");
    let body = json!({ "access_token": token, "expires_in": expires_in, "token_type": "Bearer" });
    axum::Json(body).into_response()
}

pub(crate) fn taken() -> Response {
    axum::Json(json!({ "name": "projects/demo/messages/0:15%31" })).into_response()
}

pub(crate) fn refusal(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).expect("a status"), axum::Json(body.clone())).into_response()
}

pub(crate) fn service_account_json(token_uri: &str) -> Value {
    json!({
        "type": "service_account",
        "project_id": "demo",
        "private_key_id": "1",
        "private_key": private_key_pem(),
        "client_email": "push@demo.iam.gserviceaccount.com",
        "client_id": "1",
        "token_uri": token_uri,
    })
}

/// One key for all tests of the process, made when it is first needed.
pub(crate) fn private_key_pem() -> &'static str {
    static PEM: OnceLock<String> = OnceLock::new();
    PEM.get_or_init(|| {
        let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
        let der: Pkcs8V1Der<'_> = key.as_der().expect("PKCS#8");
        let text = STANDARD.encode(der.as_ref());
        format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n")
    })
}
