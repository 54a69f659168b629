//! A folder, an emulator and an app that sends through it, set up by the program's own commands.

use std::{
    future::Future,
    path::{Path, PathBuf},
    time::Duration,
};

use pushbridge_fcm_emulator::{Device, FcmEmulator, Options, Platform};
use pushbridge_wire::{InstallationId, InstallationSecret};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};

use crate::process::{PATIENCE, Serving, run};

/// Where everything happens. Servers come and go in it.
pub(crate) struct Shop {
    pub(crate) emulator: FcmEmulator,
    dir: TempDir,
    client: reqwest::Client,
}

impl Shop {
    pub(crate) async fn open() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options { dir: Some(dir.path().to_owned()), ..Options::default() };
        let emulator = FcmEmulator::start(options).await.unwrap();
        Self { emulator, dir, client: reqwest::Client::new() }
    }

    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.dir().join("pushbridge-data/bootstrap.key")
    }

    fn key(&self) -> String {
        std::fs::read_to_string(self.key_file()).unwrap().trim().to_owned()
    }

    /// Registers the app `shop`, which believes its phones, and sends to the emulator.
    pub(crate) async fn register(&self, server: &Serving) -> String {
        let account = self.emulator.service_account_file().unwrap().display().to_string();
        let (project, endpoint) = (self.emulator.project(), self.emulator.url());
        let arguments = [
            "app",
            "create",
            "shop",
            "--project",
            project,
            "--service-account",
            &account,
            "--fcm-endpoint",
            endpoint,
            "--identity",
            "trusted",
            "--url",
            &server.url,
        ];
        let created = run(self.dir(), &arguments).await;
        created.succeeded();
        created.stdout
    }

    /// A phone on which `user` is logged in.
    pub(crate) fn phone(&self, server: &Serving, user: &str) -> impl Future<Output = Device> + use<> {
        let device = self.emulator.control().add_device(Platform::Android);
        let mut bytes = [0; 32];
        let token = device.fcm_token.expose().as_bytes();
        bytes.copy_from_slice(&token[token.len() - 32..]);
        let id = InstallationId::from_random(bytes[..16].try_into().unwrap());
        let secret = InstallationSecret::from_random(bytes);
        let body = json!({
            "revision": 1, "platform": "android", "user": user, "login_id": format!("login-{id}"),
            "address": {"kind": "fcm_token", "value": device.fcm_token.expose()},
        });
        let request = self.client.put(format!("{}/v1/apps/shop/installations/{id}", server.url));
        async move {
            let answer = request.bearer_auth(secret.expose()).json(&body).send().await.unwrap();
            let answer: Value = answer.json().await.unwrap();
            assert_eq!(answer["user_state"], "bound", "{answer}");
            device
        }
    }

    /// `count` phones, each with a user of its own, who are called `user-0` and so on.
    pub(crate) async fn phones(&self, server: &Serving, count: usize) -> Vec<Device> {
        let mut puts = JoinSet::new();
        for index in 0..count {
            puts.spawn(self.phone(server, &format!("user-{index}")));
        }
        puts.join_all().await
    }

    /// Sends one message to the first `count` of these users.
    pub(crate) async fn send_to(&self, server: &Serving, count: usize) -> String {
        let users: Vec<String> = (0..count).map(|index| format!("user-{index}")).collect();
        let body = json!({"to": {"users": users}, "message": {"data": {"a": "1"}}});
        let request = self.client.post(format!("{}/v1/apps/shop/messages", server.url));
        let answer = request.bearer_auth(self.key()).json(&body).send().await.unwrap();
        assert_eq!(answer.status(), 202);
        let accepted: Value = answer.json().await.unwrap();
        assert_eq!(accepted["deliveries"], count, "{accepted}");
        accepted["message_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn message(&self, server: &Serving, id: &str) -> Value {
        let request = self.client.get(format!("{}/v1/apps/shop/messages/{id}", server.url));
        let answer = request.bearer_auth(self.key()).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// The message once it is done.
    pub(crate) async fn done(&self, server: &Serving, id: &str) -> Value {
        let mut last = Value::Null;
        let poll = async {
            let mut turns = tokio::time::interval(Duration::from_millis(20));
            loop {
                turns.tick().await;
                last = self.message(server, id).await;
                if last["state"] == "done" {
                    return;
                }
            }
        };
        let done = timeout(PATIENCE, poll).await;
        assert!(done.is_ok(), "stuck: {last}");
        last
    }

    /// How many messages each device got.
    pub(crate) fn received(&self, devices: &[Device]) -> Vec<usize> {
        let inbox = |device: &Device| self.emulator.control().inbox(&device.id, 0).unwrap().len();
        devices.iter().map(inbox).collect()
    }
}
