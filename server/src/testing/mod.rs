//! What the tests of the sending half share: apps on a store in a temporary folder, phones that report, and an FCM that
//! answers what the test says.

mod kill;
mod phone;
mod scripted_fcm;

use std::{path::Path, sync::Arc, time::Duration};

use pushbridge_wire::{
    IdentityMode, MessageAccepted, MessageId, MessageStatus, PolicyConfig, PolicyMode, Timestamp,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    app::App,
    clock::Clock,
    config::Config,
    dispatcher::Sender,
    feedback::Finding,
    intake::{IntakeError, accept_message},
    outbox::{Claim, DeviceCaps, Outcome, Settled, Settlement, WorkerId},
    registry::{Nonce, UserProof},
    store::{
        Allowances, AppRow, ClaimBatch, ClaimRequest, InstallationNo, NewApp, PutAnswer, PutRequest,
        StoreError, TemplateSaved,
    },
};

pub(crate) use kill::Kill;
pub(crate) use phone::Phone;
use scripted_fcm::ScriptedFcm;
pub(crate) use scripted_fcm::{Call, throttled, unavailable, unregistered};

/// 2026-11-24T08:00:00Z.
pub(crate) const START_MS: i64 = 1_795_507_200_000;
pub(crate) const LEASE: Duration = Duration::from_secs(45);

/// A server without a network: app `shop`, which believes its phones, and a clock that is moved by hand.
pub(crate) struct Bench {
    pub(crate) app: Arc<App>,
    pub(crate) shop: AppRow,
    dir: TempDir,
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|_| ()).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let app = open_with(dir.path(), START_MS, change).await;
        let shop = create_app(&app, "shop").await;
        Self { app, shop, dir }
    }

    /// What a kill and a new start do: nothing but the file stays. The clock goes on from where it was.
    pub(crate) async fn restart(self) -> Self {
        let Self { app, shop, dir } = self;
        let now = app.clock.now().as_ms();
        Arc::into_inner(app).expect("nobody else has the app").store.close();
        Self { app: open(dir.path(), now).await, shop, dir }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    pub(crate) fn pass(&self, time: Duration) {
        self.app.clock.advance(time);
    }

    /// Changes rows behind the store's back, where no request could.
    pub(crate) async fn sql(&self, sql: &'static str) -> usize {
        self.app.store.write(move |connection| Ok(connection.execute(sql, [])?)).await.unwrap()
    }

    /// A disk without room for one more page, or with room again.
    pub(crate) async fn fill_disk(&self, full: bool) {
        let set = move |connection: &rusqlite::Connection| {
            let pages: i64 = connection.query_row("PRAGMA page_count", [], |row| row.get(0))?;
            Ok(connection.pragma_update(None, "max_page_count", if full { pages } else { pages + 1_000 })?)
        };
        self.app.store.write(set).await.unwrap();
    }

    pub(crate) async fn text(&self, sql: &'static str) -> String {
        let query = |connection: &rusqlite::Connection| Ok(connection.query_row(sql, [], |row| row.get(0))?);
        self.app.store.read(query).await.unwrap()
    }

    /// A PUT of `phone`'s whole desired state, one revision on.
    pub(crate) async fn put(&self, phone: &mut Phone) -> InstallationNo {
        phone.revision += 1;
        self.put_again(phone).await
    }

    /// The same PUT once more.
    pub(crate) async fn put_again(&self, phone: &Phone) -> InstallationNo {
        let put = PutRequest {
            app: self.shop.no,
            id: phone.id,
            secret_hash: [phone.number; 32],
            request: phone.request(),
            proof: UserProof::Trusted,
            nonce: Nonce::from_random([phone.number; 24]),
            challenge_life: Duration::from_secs(600),
            now: self.now(),
        };
        match self.app.store.put_installation(put).await.unwrap() {
            PutAnswer::Decided { installation, .. } => installation,
            refused => panic!("{refused:?}"),
        }
    }

    /// `phone` echoes the challenge of its last PUT, so that the value it reports is its own.
    pub(crate) async fn prove(&self, phone: &Phone) {
        let nonce = Nonce::hash(Nonce::from_random([phone.number; 24]).expose());
        let secret = [phone.number; 32];
        let proven = self.app.store.prove_possession(self.shop.no, phone.id, secret, nonce, self.now()).await;
        assert!(matches!(proven, Ok(Ok(Some(_)))), "the challenge was wrong or over");
    }

    /// `count` phones beside those that are there, with nobody logged in. Written as rows: so many PUTs would take long.
    pub(crate) async fn crowd(&self, count: i64) {
        let shop = self.shop.no.0;
        let fill = move |connection: &rusqlite::Connection| {
            Ok(connection.execute(
                "INSERT INTO installations (app, id, secret_hash, revision, platform, tags, address_state, address_kind,
                     address_value, address_key, generation, deaths, reset_told, created_ms, seen_ms)
                 WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?2)
                 SELECT ?1, CAST(printf('%016d', i) AS BLOB), zeroblob(32), 1, iif(i % 2, 'android', 'ios'), '[]', 'live',
                     'fcm_token', printf('crowd-%d', i), CAST(printf('%016d', i) AS BLOB), 1, 0, 0, 0, ?3 FROM n",
                (shop, count, START_MS),
            )?)
        };
        self.app.store.write(fill).await.unwrap();
    }

    /// Works off every chunk that is due. Says how many there were.
    pub(crate) async fn expand(&self) -> usize {
        for chunks in 0.. {
            if !self.app.store.work_on_messages(self.now()).await.unwrap().worked {
                return chunks;
            }
        }
        unreachable!()
    }

    /// A phone with a token of its own, on which `user` is logged in.
    pub(crate) async fn phone(&self, number: u8, user: &str) -> Phone {
        let mut phone = Phone::new(number, user);
        self.put(&mut phone).await;
        phone
    }

    /// Saves a template. Says which version it is.
    pub(crate) async fn put_template(&self, id: &str, template: &Value) -> u64 {
        let (id, body) = (id.parse().unwrap(), template.to_string());
        match self.app.store.save_template(self.shop.no, id, body, self.now()).await.unwrap() {
            TemplateSaved::As(info) => info.version,
            TemplateSaved::TooMany => panic!("too many templates"),
        }
    }

    /// A phone of `user` that speaks `locale`.
    pub(crate) async fn phone_in(&self, number: u8, user: &str, locale: &str) -> Phone {
        let mut phone = Phone::new(number, user);
        phone.locale = Some(locale.to_owned());
        self.put(&mut phone).await;
        phone
    }

    /// Accepts a message of `{"to":…, …}`; `message` is filled in where it names no template.
    pub(crate) async fn accept(&self, request: Value) -> Result<MessageAccepted, IntakeError> {
        self.accept_with_key(None, request).await
    }

    pub(crate) async fn accept_with_key(
        &self,
        key: Option<&str>,
        mut request: Value,
    ) -> Result<MessageAccepted, IntakeError> {
        if request.get("message").is_none() && request.get("template").is_none() {
            request["message"] = json!({"notification": {"title": "hello"}});
        }
        let request = serde_json::from_value(request).unwrap();
        accept_message(&self.app, &self.shop, key.map(str::to_owned), request).await
    }

    /// A message to `user`.
    pub(crate) async fn send(&self, user: &str) -> MessageAccepted {
        self.accept(json!({"to": {"user": user}})).await.unwrap()
    }

    pub(crate) async fn status(&self, id: &MessageId) -> MessageStatus {
        self.app.store.message_status(self.shop.no, id.clone(), self.now()).await.unwrap().unwrap()
    }

    /// State and reason of the only delivery of a message.
    pub(crate) async fn fate(&self, accepted: &MessageAccepted) -> (String, Option<String>) {
        let (id, size) = (accepted.message_id.clone(), crate::store::PageSize::DEFAULT);
        let start = crate::store::DeliveryCursor::START;
        let page = self.app.store.list_deliveries(self.shop.no, id, start, size).await.unwrap().unwrap();
        assert_eq!(page.deliveries.len(), 1);
        (page.deliveries[0].state.to_string(), page.deliveries[0].reason.clone())
    }

    pub(crate) fn claim_request(&self, owner: u32, places: usize) -> ClaimRequest {
        ClaimRequest {
            owner: WorkerId::new(owner, Timestamp::from_ms(START_MS)),
            now: self.now(),
            lease_until: self.now().plus(LEASE),
            places,
            turn: 0,
            paused: Default::default(),
            probed: Default::default(),
            allowances: Allowances::unlimited(),
            device_caps: DeviceCaps::new(0, 0),
        }
    }

    pub(crate) async fn claim(&self, places: usize) -> ClaimBatch {
        self.app.store.claim_due(self.claim_request(1, places)).await.unwrap()
    }

    /// The only delivery that is due.
    pub(crate) async fn claim_only(&self) -> Claim {
        let mut claims = self.claim(10).await.claims;
        assert_eq!(claims.len(), 1);
        claims.remove(0)
    }

    pub(crate) async fn settle(&self, claim: &Claim, outcome: Outcome, finding: Finding) -> Settled {
        let settled = self.try_settle(vec![settlement(claim, outcome, finding)]).await.unwrap();
        settled[0]
    }

    pub(crate) async fn try_settle(&self, batch: Vec<Settlement>) -> Result<Vec<Settled>, StoreError> {
        self.app.store.settle(batch, self.now()).await
    }

    /// Puts an FCM that answers by hand behind the app.
    pub(crate) fn script_fcm(&self) -> mpsc::UnboundedReceiver<Call> {
        let (calls, receiver) = mpsc::unbounded_channel();
        let sender = Sender {
            app: self.shop.app.id.clone(),
            project: self.shop.app.firebase_project.clone(),
            fcm: Box::new(ScriptedFcm(calls)),
        };
        self.app.senders.set(self.shop.no, sender);
        receiver
    }
}

async fn open(dir: &Path, now_ms: i64) -> Arc<App> {
    open_with(dir, now_ms, |_| ()).await
}

async fn open_with(dir: &Path, now_ms: i64, change: impl FnOnce(&mut Config)) -> Arc<App> {
    let mut config = Config::defaults().unwrap();
    config.server.data_dir = dir.to_owned();
    config.dispatch.max_in_flight = 8;
    change(&mut config);
    App::open(config, Clock::manual(now_ms)).await.unwrap()
}

pub(crate) async fn create_app(app: &App, id: &str) -> AppRow {
    let new = NewApp {
        id: id.parse().unwrap(),
        firebase_project: "demo".to_owned(),
        service_account: "{}".to_owned(),
        service_account_email: String::new(),
        fcm_endpoint: None,
        policy: PolicyConfig { mode: PolicyMode::Multi, max_devices: None },
        identity_mode: IdentityMode::Trusted,
        identity_keys: Vec::new(),
    };
    assert!(app.store.create_app(new.clone(), app.clock.now()).await.unwrap());
    app.store.find_app(new.id).await.unwrap().unwrap()
}

pub(crate) fn settlement(claim: &Claim, outcome: Outcome, finding: Finding) -> Settlement {
    Settlement { lease: claim.lease.clone(), outcome, finding }
}

pub(crate) fn sent() -> Outcome {
    Outcome::Sent { fcm_name: "projects/demo/messages/1".to_owned() }
}
