//! What the `api_*` tests share: the emulator, a server on a real socket, a back end and phones that speak plain HTTP.
//!
//! In: what a test changes of the configuration. Out: answers as they came over the wire. The clock stands until a
//! test moves it, so waits of minutes cost nothing and are checked to the millisecond.

mod http;
mod phone;
mod routes;

use std::{net::TcpListener, time::Duration};

use pushbridge_fcm_emulator::{Control, FcmEmulator, Options};
use pushbridge_server::{Clock, Server, StartError, bootstrap_key_file, config::Config};
use pushbridge_wire::{Scope, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

pub(crate) use http::{Answer, Http};
pub(crate) use phone::Phone;
pub(crate) use routes::{Caller, Parts, ROUTES, Route, Scene};

/// 2026-11-24T08:00:00Z.
pub(crate) const START_MS: i64 = 1_795_507_200_000;
/// Longer than anything here takes on a busy machine; reached only by a defect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Everything that runs for one test.
pub(crate) struct Fixture {
    pub(crate) emulator: FcmEmulator,
    pub(crate) clock: Clock,
    pub(crate) http: Http,
    /// The key of `bootstrap.key`.
    pub(crate) operator: String,
    /// A key of the app `shop` with every scope that a back end may have.
    pub(crate) shop: String,
    config: Config,
    stop: CancellationToken,
    serving: JoinSet<Result<(), StartError>>,
    // Last: the store is closed before its folder goes.
    _dir: TempDir,
}

impl Fixture {
    /// The defaults.
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// The defaults, changed by `change`; app `shop` under `multi`, which needs proofs.
    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let emulator = FcmEmulator::start(Options::default()).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let mut config = Config::defaults().unwrap();
        config.server.data_dir = dir.path().to_owned();
        change(&mut config);
        let clock = Clock::manual(START_MS);
        let key_file = bootstrap_key_file(&config);
        let (http, stop, serving) = serve(&config, &clock).await;
        let operator = std::fs::read_to_string(key_file).unwrap().trim().to_owned();
        let shop = String::new();
        let mut fixture = Self { emulator, clock, http, operator, shop, config, stop, serving, _dir: dir };
        fixture.create_app("shop", json!({"mode": "multi"})).await;
        fixture.shop = fixture.create_key("shop", &[Scope::Send, Scope::Read, Scope::Manage]).await;
        fixture
    }

    pub(crate) fn control(&self) -> &Control {
        self.emulator.control()
    }

    /// What an operator sends to register `id`.
    pub(crate) fn registration(&self, id: &str, policy: &Value) -> Value {
        let account: Value = serde_json::from_str(self.emulator.service_account_json()).unwrap();
        json!({
            "id": id, "firebase_project": self.emulator.project(), "service_account": account,
            "fcm_endpoint": self.emulator.url(), "policy": policy,
        })
    }

    pub(crate) async fn create_app(&self, id: &str, policy: Value) {
        let body = self.registration(id, &policy);
        self.http.call("POST", "/v1/admin/apps", &self.operator, &body).await.expect(201);
    }

    pub(crate) async fn create_key(&self, app: &str, scopes: &[Scope]) -> String {
        let path = format!("/v1/admin/apps/{app}/keys");
        let made =
            self.http.call("POST", &path, &self.operator, &json!({"scopes": scopes})).await.expect(201);
        made["key"].as_str().unwrap().to_owned()
    }

    /// A proof of the server's own making, as a back end without JWKS gives it to its app.
    pub(crate) async fn user_token(&self, user: &str) -> String {
        let made =
            self.http.call("POST", "/v1/apps/shop/user-tokens", &self.shop, &json!({"user": user})).await;
        made.expect(200)["token"].as_str().unwrap().to_owned()
    }

    /// A phone of app `shop` on which `user` is logged in.
    pub(crate) async fn phone_of(&self, user: &str) -> Phone {
        let mut phone = Phone::new(self);
        phone.login(self, user).await;
        phone
    }

    /// Sends a notification to `user` and returns the id of the message.
    pub(crate) async fn send(&self, user: &str) -> String {
        let body = json!({"to": {"user": user}, "message": {"notification": {"title": "Hello"}}});
        let accepted = self.http.call("POST", "/v1/apps/shop/messages", &self.shop, &body).await.expect(202);
        accepted["message_id"].as_str().unwrap().to_owned()
    }

    /// Saves a template of the app `shop` and returns its version.
    pub(crate) async fn put_template(&self, id: &str, template: Value) -> u64 {
        let path = format!("/v1/apps/shop/templates/{id}");
        let saved = self.http.call("PUT", &path, &self.shop, &template).await.expect(200);
        saved["version"].as_u64().unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.http.get(path, &self.shop).await.expect(200)
    }

    /// The only delivery of `message`.
    pub(crate) async fn delivery(&self, message: &str) -> Value {
        let page = self.get(&format!("/v1/apps/shop/messages/{message}/deliveries")).await;
        let deliveries = page["deliveries"].as_array().unwrap();
        assert_eq!(deliveries.len(), 1, "{page}");
        deliveries[0].clone()
    }

    /// The only delivery of `message`, as soon as it is as `wanted` says.
    pub(crate) async fn delivery_when(&self, message: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let poll = async {
            loop {
                last = self.delivery(message).await;
                if wanted(&last) {
                    return;
                }
            }
        };
        let came = timeout(PATIENCE, poll).await;
        assert!(came.is_ok(), "the delivery never became what was wanted: {last}");
        last
    }

    /// The only delivery of `message`, once it has ended.
    pub(crate) async fn ended(&self, message: &str) -> Value {
        self.delivery_when(message, |delivery| {
            !matches!(delivery["state"].as_str(), Some("pending" | "leased"))
        })
        .await
    }

    /// The only delivery of `message`, once attempt number `attempts` was answered and another one is due.
    pub(crate) async fn parked(&self, message: &str, attempts: u64) -> Value {
        let waits = |delivery: &Value| delivery["state"] == "pending" && delivery["attempts"] == attempts;
        self.delivery_when(message, waits).await
    }

    /// The only delivery of `message`, sent after as many attempts as it takes, each at its time.
    pub(crate) async fn sent_at_last(&self, message: &str) -> Value {
        loop {
            let delivery =
                self.delivery_when(message, |one| one["state"] != "leased" && one["attempts"] != 0).await;
            if delivery["state"] != "pending" {
                assert_eq!(delivery["state"], "sent", "{delivery}");
                return delivery;
            }
            let due: Timestamp = serde_json::from_value(delivery["due_at"].clone()).unwrap();
            self.clock.advance(due.since(self.clock.now()));
            let attempts = &delivery["attempts"];
            self.delivery_when(message, |one| one["attempts"] != *attempts).await;
        }
    }

    /// What `explain` says of the only installation of `user`.
    pub(crate) async fn explained(&self, user: &str) -> Value {
        let explained = self.get(&format!("/v1/apps/shop/users/{user}/explain")).await;
        let installations = explained["installations"].as_array().unwrap();
        assert_eq!(installations.len(), 1, "{explained}");
        installations[0].clone()
    }

    /// Ends the server as a signal does, and starts another on what it left.
    pub(crate) async fn restart(&mut self) {
        self.end_server().await;
        (self.http, self.stop, self.serving) = serve(&self.config, &self.clock).await;
    }

    /// Ends the server as a signal does, and the emulator after it.
    pub(crate) async fn end(mut self) {
        self.end_server().await;
        self.emulator.shutdown().await;
    }

    async fn end_server(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.serving.join_next().await {
            ended.unwrap().unwrap();
        }
    }
}

/// A server on a free port.
async fn serve(config: &Config, clock: &Clock) -> (Http, CancellationToken, JoinSet<Result<(), StartError>>) {
    let server = Server::open(config.clone(), clock.clone()).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = Http::new(listener.local_addr().unwrap());
    let (stop, mut serving) = (CancellationToken::new(), JoinSet::new());
    serving.spawn(server.serve(listener, stop.clone()));
    (http, stop, serving)
}
