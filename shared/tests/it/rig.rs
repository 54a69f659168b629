//! A real core on a real store, with a clock, a network and an app that do as told.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use pushbridge_core::{
    CredentialReply, CredentialsProvider, Platform, PlatformEffect, Ports, PushConfig, PushCore, PushError,
    PushListener, PushStatus, SyncOutcome, SyncTrigger,
    clock::{Clock, ManualClock},
    entropy::SeededEntropy,
    sync::{ApiAnswer, ApiRequest, Transport, TransportError, TransportFuture},
};
use pushbridge_wire::Timestamp;
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::{
    model_phone::Fate,
    model_server::{Server, json_answer},
};

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The network: fates for the next requests, then everything arrives.
#[derive(Default)]
pub(crate) struct Network {
    pub(crate) fates: Mutex<VecDeque<Fate>>,
    pub(crate) requests: Mutex<Vec<ApiRequest>>,
    late: Mutex<Vec<ApiRequest>>,
    /// While set, requests arrive and wait here for a word before they go on.
    pub(crate) gate: Mutex<Option<Arc<Gate>>>,
}

#[derive(Default)]
pub(crate) struct Gate {
    pub(crate) reached: Notify,
    pub(crate) open: Notify,
}

impl Network {
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }
    pub(crate) fn close_gate(&self) -> Arc<Gate> {
        let gate = Arc::new(Gate::default());
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }
    pub(crate) fn deliver_late(&self, server: &mut Server) {
        for request in self.late.lock().unwrap().drain(..) {
            server.handle(&request);
        }
    }
}

struct Wire {
    network: Arc<Network>,
    server: Arc<Mutex<Server>>,
    clock: Arc<ManualClock>,
}

impl Transport for Wire {
    fn send(&self, request: ApiRequest) -> TransportFuture<'_> {
        Box::pin(async move {
            self.network.requests.lock().unwrap().push(request.clone());
            let gate = self.network.gate.lock().unwrap().clone();
            if let Some(gate) = gate {
                gate.reached.notify_one();
                gate.open.notified().await;
            }
            self.carry(&request)
        })
    }
}

impl Wire {
    fn carry(&self, request: &ApiRequest) -> Result<ApiAnswer, TransportError> {
        let fate = self.network.fates.lock().unwrap().pop_front().unwrap_or(Fate::Arrives);
        let mut server = self.server.lock().unwrap();
        server.now_ms = self.clock.now().as_ms();
        match fate {
            Fate::Arrives => Ok(server.handle(request)),
            Fate::Twice => {
                server.handle(request);
                Ok(server.handle(request))
            }
            Fate::AnswerLost => {
                server.handle(request);
                Err(TransportError::Timeout)
            }
            Fate::Late => {
                self.network.late.lock().unwrap().push(request.clone());
                Err(TransportError::Timeout)
            }
            Fate::RequestLost => Err(TransportError::Offline),
            Fate::Portal => Ok(json_answer(200, "text/html", &serde_json::json!({}))),
            Fate::Busy => Ok(ApiAnswer {
                retry_after: Some("60".to_owned()),
                ..json_answer(503, "text/plain", &serde_json::json!({}))
            }),
        }
    }
}

/// What the credentials provider does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    Gives(String),
    /// The first when not forced, the second when forced.
    Refreshes(String, String),
    HasNone,
    Fails,
    NeverAnswers,
    Panics,
}

/// The app: hears callbacks, provides credentials.
pub(crate) struct App {
    pub(crate) provider: Mutex<Provider>,
    /// Who was asked for, and whether a refreshed one was wanted.
    pub(crate) asked: Mutex<Vec<(String, bool)>>,
    pub(crate) kept: Mutex<Vec<Arc<CredentialReply>>>,
    questions: Sender<()>,
    effects: Sender<PlatformEffect>,
    statuses: Sender<PushStatus>,
}

impl PushListener for App {
    fn on_effect(&self, effect: PlatformEffect) {
        let _ = self.effects.send(effect);
    }
    fn on_status(&self, status: PushStatus) {
        let _ = self.statuses.send(status);
    }
}

impl CredentialsProvider for App {
    fn request(&self, user_id: String, force_refresh: bool, reply: Arc<CredentialReply>) {
        self.asked.lock().unwrap().push((user_id, force_refresh));
        let provider = self.provider.lock().unwrap().clone();
        let _ = self.questions.send(());
        match provider {
            Provider::Gives(token) => {
                reply.provide(token);
                reply.provide("a second answer does not count".to_owned());
            }
            Provider::Refreshes(stale, fresh) => {
                reply.provide(if force_refresh { fresh } else { stale });
            }
            Provider::HasNone => reply.none(),
            Provider::Fails => reply.fail("secret-in-a-reason".to_owned()),
            Provider::NeverAnswers => self.kept.lock().unwrap().push(reply),
            Provider::Panics => panic!("a provider's fault"),
        }
    }
}

pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) server: Arc<Mutex<Server>>,
    pub(crate) network: Arc<Network>,
    pub(crate) app: Arc<App>,
    pub(crate) effects: Receiver<PlatformEffect>,
    pub(crate) statuses: Receiver<PushStatus>,
    /// One for each question to the provider.
    pub(crate) questions: Receiver<()>,
    pub(crate) seed: Mutex<u64>,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let ((effects_in, effects), (statuses_in, statuses)) = (channel(), channel());
        let (questions_in, questions) = channel();
        Self {
            dir: TempDir::new().unwrap(),
            clock: Arc::new(ManualClock::at(Timestamp::from_ms(1_795_000_000_000))),
            server: Arc::new(Mutex::new(Server::new())),
            network: Arc::default(),
            app: Arc::new(App {
                provider: Mutex::new(Provider::HasNone),
                asked: Mutex::default(),
                kept: Mutex::default(),
                questions: questions_in,
                effects: effects_in,
                statuses: statuses_in,
            }),
            effects,
            statuses,
            questions,
            seed: Mutex::new(0),
        }
    }

    pub(crate) fn config(&self) -> PushConfig {
        let dir = self.dir.path().join("store");
        let mut config =
            PushConfig::new("https://push.test", "shop", dir.to_str().unwrap(), Platform::Android);
        config.credentials_timeout = Duration::from_millis(200);
        config.app_version = Some("2.1.0".to_owned());
        config.os_version = Some("16".to_owned());
        config.locale = Some("ru-RU".to_owned());
        config.timezone = Some("Europe/Moscow".to_owned());
        config
    }

    pub(crate) fn ports(&self) -> Ports {
        let mut seed = self.seed.lock().unwrap();
        *seed += 1;
        Ports {
            clock: self.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(*seed)),
            transport: Arc::new(Wire {
                network: self.network.clone(),
                server: self.server.clone(),
                clock: self.clock.clone(),
            }),
        }
    }

    pub(crate) fn try_open(&self) -> Result<Arc<PushCore>, PushError> {
        PushCore::open_with(self.config(), self.ports(), self.app.clone(), self.app.clone())
    }

    pub(crate) fn open(&self) -> Arc<PushCore> {
        self.try_open().unwrap()
    }

    pub(crate) fn next_fates(&self, fates: &[Fate]) {
        self.network.fates.lock().unwrap().extend(fates);
    }

    pub(crate) fn set_provider(&self, provider: Provider) {
        *self.app.provider.lock().unwrap() = provider;
    }

    pub(crate) fn require_proof(&self, proof: &str) {
        self.server.lock().unwrap().proof = Some(proof.to_owned());
    }

    pub(crate) fn next_effect(&self) -> PlatformEffect {
        self.effects.recv_timeout(PATIENCE).unwrap()
    }

    /// The reset that is asked for next.
    pub(crate) fn next_reset(&self) -> u64 {
        loop {
            if let PlatformEffect::ResetAddress { reset_id } = self.next_effect() {
                return reset_id;
            }
        }
    }

    /// Who is bound to the core's installation, by the server.
    pub(crate) fn bound_user(&self, core: &PushCore) -> Option<String> {
        let id = core.snapshot().unwrap().installation_id;
        let server = self.server.lock().unwrap();
        server.installations.get(&id)?.bound.as_ref().map(|(user, _)| user.clone())
    }
}

pub(crate) async fn sync(core: &PushCore) -> SyncOutcome {
    core.sync_now(PATIENCE, SyncTrigger::Change).await.unwrap()
}

/// The platform names its address.
pub(crate) fn report(core: &PushCore, value: &str) {
    let accepted = core.on_registration(pushbridge_core::RegistrationKind::FcmToken, value.to_owned(), None);
    accepted.unwrap();
}
