//! Everything that runs: emulator, server, the back ends of two apps, phones.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    time::Duration,
};

use pushbridge_fcm_emulator::{Control, FcmEmulator, Options, Platform};
use pushbridge_server::{Clock, Server, bootstrap_key_file, config::Config};
use pushbridge_wire::{IsoDuration, PolicyMode};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::{
    backend::{Backend, Session},
    phone::{Install, Phone, Received},
    report::Difference,
};
use crate::{args::DemoArguments, client::Client, failure::Failure};

/// The app whose users may have several devices.
pub(super) const SHOP: &str = "shop";
/// The app whose users have one.
pub(super) const BANK: &str = "bank";

/// Everything that runs.
pub(super) struct World {
    pub(super) server: SocketAddr,
    pub(super) key_file: PathBuf,
    pub(super) shop: Backend,
    pub(super) bank: Backend,
    keys: [(&'static str, String); 2],
    emulator: FcmEmulator,
    told: Vec<String>,
    stores: usize,
    dir: TempDir,
    shutdown: CancellationToken,
    tasks: JoinSet<Result<(), pushbridge_server::StartError>>,
}

impl World {
    pub(super) async fn start(arguments: &DemoArguments) -> Result<Self, Failure> {
        let dir = TempDir::new().map_err(|error| Failure::usage(format!("no temporary folder: {error}")))?;
        let options = Options { seed: arguments.seed, ..Options::default() };
        let emulator =
            FcmEmulator::start(options).await.map_err(|error| Failure::usage(error.to_string()))?;
        let config = config(&dir)?;
        let key_file = bootstrap_key_file(&config);
        let server =
            Server::open(config, Clock::System).await.map_err(|error| Failure::usage(error.to_string()))?;
        let listener = listen(arguments)?;
        let address = listener.local_addr().map_err(|error| Failure::usage(error.to_string()))?;
        let shutdown = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(server.serve(listener, shutdown.clone()));
        let url = format!("http://{address}");
        let key = std::fs::read_to_string(&key_file).map_err(|error| Failure::usage(error.to_string()))?;
        let operator = Client::with_key(&url, key.trim())?;
        let account = serde_json::from_str(emulator.service_account_json())
            .map_err(|error| Failure::usage(error.to_string()))?;
        let fcm = (emulator.project(), &account, emulator.url());
        let (shop, shop_key) = Backend::register(&url, &operator, SHOP, PolicyMode::Multi, fcm).await?;
        let (bank, bank_key) = Backend::register(&url, &operator, BANK, PolicyMode::Single, fcm).await?;
        let keys = [(SHOP, shop_key), (BANK, bank_key)];
        let (told, stores) = (Vec::new(), 0);
        Ok(Self { server: address, key_file, shop, bank, keys, emulator, told, stores, dir, shutdown, tasks })
    }

    /// What runs where.
    pub(super) fn introduction(&self) -> Vec<String> {
        vec![
            format!("server    http://{}  (SQLite in a temporary folder)", self.server),
            format!(
                "emulator  {}  (in the part of FCM, project {})",
                self.emulator.url(),
                self.emulator.project()
            ),
            "phones    the real core; the emulator's devices play Android and iOS".to_owned(),
        ]
    }

    pub(super) fn control(&self) -> &Control {
        self.emulator.control()
    }

    pub(super) fn emulator_url(&self) -> &str {
        self.emulator.url()
    }

    /// A line of the story.
    pub(super) fn say(&mut self, line: impl Into<String>) {
        self.told.push(line.into());
    }

    /// The lines since the last step.
    pub(super) fn take_told(&mut self) -> Vec<String> {
        std::mem::take(&mut self.told)
    }

    fn install_of(
        &mut self,
        name: &'static str,
        app: &str,
        platform: Platform,
    ) -> Result<Install, Difference> {
        self.stores += 1;
        let key = self.keys.iter().find(|(id, _)| *id == app).map(|(_, key)| key.clone()).unwrap_or_default();
        let session = Session::new(&format!("http://{}", self.server), &key, app)?;
        let store = self.dir.path().join(format!("phone-{}", self.stores));
        Ok(Install { name, app: app.to_owned(), store, server: self.server, session, platform })
    }

    pub(super) async fn new_phone(
        &mut self,
        name: &'static str,
        app: &str,
        platform: Platform,
    ) -> Result<Phone, Difference> {
        let install = self.install_of(name, app, platform)?;
        Phone::install(self.emulator.control(), install).await
    }

    pub(super) async fn reinstall(&mut self, phone: Phone, app: &str) -> Result<Phone, Difference> {
        let install = self.install_of(phone.name, app, Platform::Android)?;
        phone.reinstall(install).await
    }

    /// Compares what each phone got since the last look with what it must have got, and tells it.
    pub(super) fn expect(&mut self, phones: &mut [(&mut Phone, &[&str])]) -> Result<(), Difference> {
        for (phone, expected) in phones {
            let received = phone.receive()?;
            self.say(format!("  {:<14} {}", phone.name, shown(&received)));
            let titles: Vec<&str> =
                received.iter().filter(|one| one.handed_over).map(|one| one.title.as_str()).collect();
            if titles != **expected {
                return Err(Difference(format!(
                    "{} must have got {expected:?} and got {titles:?}",
                    phone.name
                )));
            }
        }
        Ok(())
    }

    /// Ends everything; files go with the temporary folder.
    pub(super) async fn end(mut self) {
        self.shutdown.cancel();
        while self.tasks.join_next().await.is_some() {}
        self.emulator.shutdown().await;
    }
}

fn shown(received: &[Received]) -> String {
    if received.is_empty() {
        return "nothing".to_owned();
    }
    let one = |one: &Received| {
        let fate = if one.handed_over { "" } else { " (for another login: dropped by the core)" };
        format!("«{}»{fate}", one.title)
    };
    received.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The defaults, but for waits that nobody would like to watch.
fn config(dir: &TempDir) -> Result<Config, Failure> {
    let mut config = Config::defaults().map_err(|error| Failure::usage(error.to_string()))?;
    config.server.data_dir = dir.path().join("server");
    config.dispatch.retry_first = IsoDuration(Duration::from_millis(300));
    config.dispatch.retry_cap = IsoDuration(Duration::from_secs(2));
    Ok(config)
}

fn listen(arguments: &DemoArguments) -> Result<TcpListener, Failure> {
    let usual = if arguments.keep { "127.0.0.1:8080" } else { "127.0.0.1:0" };
    let address = arguments.listen.map_or_else(|| usual.to_owned(), |address| address.to_string());
    TcpListener::bind(&address).map_err(|error| {
        Failure::usage(format!("cannot listen on {address}: {error}"))
            .next("choose another address with --listen")
    })
}
