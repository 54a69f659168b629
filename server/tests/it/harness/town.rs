//! Server and FCM, where all worlds of a test live one after the other, each as an app of its own.

use std::{
    collections::BTreeMap,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use pushbridge_fcm_emulator::{
    Clock as FcmClock, Control, DeviceId, FaultSpec, FcmEmulator, FcmErrorCode, Options,
};
use pushbridge_server::{
    App, Clock, Server, StartError, bootstrap_key_file, config::Config, restore_snapshot, take_snapshot,
};
use pushbridge_wire::IsoDuration;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::sync::CancellationToken;

use super::{DAY, PATIENCE, START_MS, Shop, Truth, wire::Wire};

/// One attempt that is (or will be) held on the wire.
const HOLD: Duration = Duration::from_millis(1);
/// Deliveries that end without an attempt wake nobody who watches leases.
const LOOK_AGAIN: Duration = Duration::from_millis(3);
/// What a phone waits for the wire, in real time: long enough for an answer of FCM, short where one is held.
const WALL_WAIT: Duration = Duration::from_millis(25);

/// Server and FCM.
pub(crate) struct Town {
    emulator: FcmEmulator,
    fcm_clock: FcmClock,
    real_clock: FcmClock,
    pub(crate) clock: Clock,
    wire: Arc<Wire>,
    operator: String,
    config: Config,
    app: Weak<App>,
    stop: CancellationToken,
    serving: JoinSet<Result<(), StartError>>,
    pub(crate) truth: Truth,
    apps: u32,
    stranger: Shop,
    /// Rules that hold an attempt, with what is left of the wait.
    holds: BTreeMap<u64, Duration>,
    /// Leases of a server that is gone, as long as they last: retention frees numbers for other deliveries.
    orphans: Mutex<Vec<(i64, u32)>>,
    // Last: files are closed before their folder goes.
    dir: TempDir,
}

impl Town {
    pub(crate) async fn start() -> Self {
        // The emulator checks the times of the server's OAuth assertions, which are the machine's.
        let real_clock = FcmClock::real();
        let fcm_clock = FcmClock::manual(real_clock.unix());
        let options = Options { clock: fcm_clock.clone(), access_token_life: 30 * DAY, ..Options::default() };
        let emulator = FcmEmulator::start(options).await.unwrap();
        let dir = tempfile::tempdir().unwrap();
        let config = config(&dir.path().join("server"));
        let clock = Clock::manual(START_MS);
        let (server, listener) = open(&config, &clock).await;
        let wire = Arc::new(Wire::new(listener.local_addr().unwrap()));
        let operator = std::fs::read_to_string(bootstrap_key_file(&config)).unwrap().trim().to_owned();
        let truth = Truth::open(&config.server.data_dir);
        let app = Arc::downgrade(server.app());
        let stop = CancellationToken::new();
        let mut serving = JoinSet::new();
        serving.spawn(server.serve(listener, stop.clone()));
        let stranger = register(&wire, &operator, &emulator, "stranger", &json!({"mode": "multi"})).await;
        Self {
            emulator,
            fcm_clock,
            real_clock,
            clock,
            wire,
            operator,
            config,
            app,
            stop,
            serving,
            truth,
            apps: 0,
            stranger,
            holds: BTreeMap::new(),
            orphans: Mutex::default(),
            dir,
        }
    }

    fn serve(&mut self, server: Server, listener: TcpListener) {
        self.wire.move_to(listener.local_addr().unwrap());
        self.app = Arc::downgrade(server.app());
        self.stop = CancellationToken::new();
        self.serving.spawn(server.serve(listener, self.stop.clone()));
    }

    /// FCM's clock catches up with the machine's. Lets go of what is held.
    fn set_fcm_clock(&self) {
        self.fcm_clock.advance(self.real_clock.elapsed().saturating_sub(self.fcm_clock.elapsed()));
    }

    /// Registers another app with its back end.
    pub(crate) async fn open_shop(&mut self, policy: &Value) -> Shop {
        self.set_fcm_clock();
        self.apps += 1;
        let id = format!("shop-{}", self.apps);
        register(&self.wire, &self.operator, &self.emulator, &id, policy).await
    }

    /// The back end of an app that has nothing to do with the others.
    pub(crate) fn stranger(&self) -> &Shop {
        &self.stranger
    }

    pub(crate) fn control(&self) -> &Control {
        self.emulator.control()
    }

    pub(crate) fn wire(&self) -> &Wire {
        &self.wire
    }

    /// A folder that nobody else uses, not made yet.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(format!("{}-{name}", self.apps))
    }

    /// Time passes on the server.
    pub(crate) fn pass(&self, by: Duration) {
        self.clock.advance(by);
        if let Some(app) = self.app.upgrade() {
            app.wake.deliveries_due();
        }
    }

    /// The janitor looks at the store.
    pub(crate) async fn take_janitor_turn(&self) {
        let app = self.app.upgrade().expect("the server runs");
        pushbridge_server::janitor::take_turn(&app).await;
    }

    /// The next send to `device` (or to anybody) stays on the wire until it is let go.
    pub(crate) fn hold_next(&mut self, device: Option<&DeviceId>) {
        self.hold(FaultSpec::default(), device, 1);
    }

    /// The next send to `device` is called dead, but that answer stays on the wire for `turns` of [`Self::let_go`].
    pub(crate) fn hold_death(&mut self, device: &DeviceId, turns: u32) {
        self.hold(FaultSpec::code(FcmErrorCode::Unregistered), Some(device), turns);
    }

    fn hold(&mut self, spec: FaultSpec, device: Option<&DeviceId>, turns: u32) {
        let spec = spec.times(1).latency(HOLD * turns);
        let spec = device.into_iter().fold(spec, FaultSpec::on);
        let rule = self.control().add_fault(spec).unwrap();
        self.holds.insert(rule.id, HOLD * turns);
    }

    /// FCM is busy for the next send: it waits in the outbox.
    pub(crate) fn fail_next(&self) {
        self.control().add_fault(FaultSpec::code(FcmErrorCode::Unavailable).times(1)).unwrap();
    }

    /// Lets go of what is held on the wire (of what has only one turn left).
    pub(crate) async fn let_go(&mut self) {
        let unstruck = self.unstruck();
        self.holds.retain(|rule, left| {
            if unstruck.contains(rule) {
                return true;
            }
            *left = left.saturating_sub(HOLD);
            !left.is_zero()
        });
        self.fcm_clock.advance(HOLD);
        self.quiet().await;
    }

    /// Ends all holds and faults.
    pub(crate) async fn calm(&mut self) {
        self.control().clear_faults();
        let longest = self.holds.len();
        for _ in 0..=longest {
            self.holds.retain(|_, left| *left > HOLD);
            self.fcm_clock.advance(HOLD);
        }
        self.holds.clear();
        self.fcm_clock.advance(HOLD * 10);
        self.quiet().await;
    }

    fn unstruck(&self) -> Vec<u64> {
        self.control().faults().iter().map(|rule| rule.id).collect()
    }

    /// How many attempts are held.
    pub(crate) fn held(&self) -> usize {
        let unstruck = self.unstruck();
        self.holds.keys().filter(|rule| !unstruck.contains(rule)).count()
    }

    /// Waits until every delivery that is due has ended, waits for its time or is held on the wire.
    pub(crate) async fn quiet(&self) {
        let waiting = async {
            loop {
                let settled = self.app.upgrade().map(|app| app.wake.watch_settled());
                let Some(mut settled) = settled else { return };
                if self.is_quiet() {
                    return;
                }
                // The look itself is what counts; this only says when to look again.
                let _ = timeout(LOOK_AGAIN, settled.changed()).await;
            }
        };
        let came = timeout(PATIENCE, waiting).await;
        assert!(came.is_ok(), "the dispatcher never came to rest: {}", self.unrest());
    }

    /// What keeps it from being quiet.
    fn unrest(&self) -> String {
        let (due, leased) = self.truth.under_way(self.now_ms());
        let (held, in_flight) = (self.held(), self.control().in_flight());
        let (orphans, holds, faults) = (&self.orphans, &self.holds, self.control().faults());
        let blocks = self.app.upgrade().map(|app| format!("{:?}", app.blocks));
        format!(
            "{due} due, {leased:?} leased, {orphans:?} orphans, {held} held, {in_flight} at FCM, {holds:?}, {faults:?}, {blocks:?}"
        )
    }

    fn now_ms(&self) -> i64 {
        self.clock.now().as_ms()
    }

    fn is_quiet(&self) -> bool {
        let (due, leased) = self.truth.under_way(self.now_ms());
        let mut orphans = self.orphans.lock().unwrap();
        orphans.retain(|orphan| leased.contains(orphan));
        let leased = leased.iter().filter(|lease| !orphans.contains(lease)).count();
        due == 0 && leased == self.held() && self.control().in_flight() == leased
    }

    /// Stops serving and opens the same store again. What was on the wire is cut; its lease stays.
    pub(crate) async fn restart_server(&mut self) {
        self.stop_server().await;
        let (server, listener) = open(&self.config, &self.clock).await;
        self.serve(server, listener);
    }

    async fn stop_server(&mut self) {
        self.stop.cancel();
        while let Some(ended) = self.serving.join_next().await {
            ended.unwrap().unwrap();
        }
        self.holds.clear();
        self.orphans = Mutex::new(self.truth.under_way(self.now_ms()).1);
        self.control().clear_faults();
        self.fcm_clock.advance(HOLD * 10);
        self.set_fcm_clock();
        let cut = async {
            while self.control().in_flight() > 0 {
                tokio::task::yield_now().await;
            }
        };
        timeout(PATIENCE, cut).await.expect("FCM notices that its client has gone");
    }

    /// A copy of the running server's store.
    pub(crate) fn take_snapshot(&self, to: &Path) {
        take_snapshot(&self.config, to).unwrap();
    }

    /// The server loses its store and is given `snapshot` back.
    pub(crate) async fn restore_server(&mut self, snapshot: &Path) {
        self.stop_server().await;
        self.truth = Truth::closed(); // a restore wants the file for itself
        restore_snapshot(&self.config, snapshot, &self.clock).unwrap();
        self.truth = Truth::open(&self.config.server.data_dir);
        self.orphans = Mutex::new(self.truth.under_way(self.now_ms()).1);
        let (server, listener) = open(&self.config, &self.clock).await;
        self.serve(server, listener);
    }

    pub(crate) async fn end(mut self) {
        self.stop_server().await;
        self.emulator.shutdown().await;
    }
}

/// Makes an app and its key.
async fn register(wire: &Arc<Wire>, operator: &str, fcm: &FcmEmulator, id: &str, policy: &Value) -> Shop {
    let account: Value = serde_json::from_str(fcm.service_account_json()).unwrap();
    let body = json!({
        "id": id, "firebase_project": fcm.project(), "service_account": account,
        "fcm_endpoint": fcm.url(), "policy": policy,
    });
    let (status, answer) = wire.call("POST", "/v1/admin/apps", Some(operator), Some(&body)).await;
    assert_eq!(status, 201, "{answer}");
    let scopes = json!({"scopes": ["send", "read", "manage"]});
    let path = format!("/v1/admin/apps/{id}/keys");
    let (status, made) = wire.call("POST", &path, Some(operator), Some(&scopes)).await;
    assert_eq!(status, 201, "{made}");
    let key = made["key"].as_str().unwrap().to_owned();
    Shop { id: id.to_owned(), key, wire: wire.clone(), operator: operator.to_owned() }
}

async fn open(config: &Config, clock: &Clock) -> (Server, TcpListener) {
    let server = Server::open(config.clone(), clock.clone()).await.unwrap();
    (server, TcpListener::bind("127.0.0.1:0").unwrap())
}

/// The defaults, but for real waits, which a world full of held attempts would sum up.
fn config(data_dir: &Path) -> Config {
    let mut config = Config::defaults().unwrap();
    config.server.data_dir = data_dir.to_owned();
    config.server.drain = IsoDuration(Duration::from_millis(20));
    config.dispatch.wall_wait = IsoDuration(WALL_WAIT);
    // A quota refills as the clock goes, and here thousands of sends share a moment.
    config.fcm.messages_per_minute = u32::MAX;
    config.fcm.device_messages_per_minute = 0;
    config.fcm.device_messages_per_hour = 0;
    config.dispatch.request_timeout = IsoDuration(PATIENCE);
    config.dispatch.lease = IsoDuration(PATIENCE * 5);
    config
}
