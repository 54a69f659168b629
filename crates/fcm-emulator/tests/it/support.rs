//! What the tests share: an emulator on a clock that stands still, and a client for each HTTP version.

use std::time::Duration;

use pushbridge_fcm_emulator::{Clock, Control, Device, FcmEmulator, Options};
use reqwest::{Client, Response};
use serde_json::{Value, json};

/// 2026-11-24T00:00:00Z, where every manual clock begins.
pub(crate) const START: Duration = Duration::from_secs(1_795_478_400);
/// Long enough for a slow machine; never waited for when all is well.
pub(crate) const SOON: Duration = Duration::from_secs(30);

pub(crate) struct Bench {
    pub(crate) emulator: FcmEmulator,
    pub(crate) clock: Clock,
    pub(crate) http1: Client,
    pub(crate) http2: Client,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let clock = Clock::manual(START);
        let emulator = FcmEmulator::start(Options { clock: clock.clone(), ..options }).await.unwrap();
        let http1 = Client::builder().no_proxy().http1_only().build().unwrap();
        let http2 = Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
        Self { emulator, clock, http1, http2 }
    }

    pub(crate) fn control(&self) -> &Control {
        self.emulator.control()
    }

    /// An absolute URL of this emulator.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.emulator.url())
    }

    pub(crate) fn control_url(&self, path: &str) -> String {
        self.url(&format!("/emulator/v1{path}"))
    }

    pub(crate) fn send_url(&self) -> String {
        self.url(&format!("/v1/projects/{}/messages:send", self.emulator.project()))
    }

    /// Sends `body` as the emulators' owner.
    pub(crate) async fn try_send(&self, client: &Client, body: &Value) -> reqwest::Result<Response> {
        client.post(self.send_url()).bearer_auth("owner").json(body).send().await
    }

    pub(crate) async fn send(&self, body: &Value) -> Answer {
        Answer::of(self.try_send(&self.http1, body).await.unwrap()).await
    }

    /// Sends a data message to a registration token.
    pub(crate) async fn send_to(&self, device: &Device) -> Answer {
        self.send(&to_token(device)).await
    }

    pub(crate) async fn post_control(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.http1.post(self.control_url(path)).json(&body).send().await.unwrap()).await
    }

    pub(crate) async fn get_control(&self, path: &str) -> Answer {
        Answer::of(self.http1.get(self.control_url(path)).send().await.unwrap()).await
    }
}

/// A data message to the device's registration token.
pub(crate) fn to_token(device: &Device) -> Value {
    json!({"message": {"token": device.fcm_token.expose(), "data": {"k": "v"}}})
}

/// A status and its JSON (null for anything else).
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(response: Response) -> Self {
        let status = response.status().as_u16();
        let body = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap_or_default();
        Self { status, body }
    }

    /// The FCM code in the details, if there is one.
    pub(crate) fn fcm_code(&self) -> Option<&str> {
        let details = self.body["error"]["details"].as_array()?;
        let of_fcm = "type.googleapis.com/google.firebase.fcm.v1.FcmError";
        details.iter().find(|detail| detail["@type"] == of_fcm)?["errorCode"].as_str()
    }
}
