//! What every handler and worker shares.

use std::sync::Arc;

use pushbridge_wire::Incarnation;
use tokio::sync::{Notify, Semaphore, watch};

use crate::{
    clock::{Clock, random_bytes},
    config::Config,
    dispatcher::{Blocks, Senders},
    run::StartError,
    store::{Meta, Store, StoreOptions},
};

/// The server's shared state. One per process (several in tests).
pub struct App {
    /// What the operator set.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Which life of the store this is.
    pub incarnation: Incarnation,
    /// Signs user tokens.
    pub token_key: [u8; 32],
    /// FCM clients by app.
    pub senders: Senders,
    /// Apps that cannot send.
    pub blocks: Blocks,
    /// Large templates are filled one at a time, at intake: the machine has other things to do.
    pub fillings: Arc<Semaphore>,
    /// Signals between the stages.
    pub wake: Wake,
}

/// Signals between the stages. Each has a slow poll behind it, so a lost one costs time and nothing else.
pub struct Wake {
    due: Notify,
    work: Notify,
    settled: watch::Sender<u64>,
}

impl Wake {
    fn new() -> Self {
        Self { due: Notify::new(), work: Notify::new(), settled: watch::Sender::new(0) }
    }

    /// Says that a delivery may be due.
    pub fn deliveries_due(&self) {
        self.due.notify_one();
    }

    /// Waits until somebody says so; a signal given before the call counts.
    pub async fn until_deliveries_due(&self) {
        self.due.notified().await;
    }

    /// Says that a message may have an audience to expand or deliveries to cancel.
    pub fn work_waits(&self) {
        self.work.notify_one();
    }

    /// Waits until somebody says so; a signal given before the call counts.
    pub async fn until_work_waits(&self) {
        self.work.notified().await;
    }

    /// Says that leases ended.
    pub fn leases_settled(&self) {
        self.settled.send_modify(|turn| *turn = turn.wrapping_add(1));
    }

    /// A receiver that changes whenever leases end. Take it before looking, so that no change is missed.
    #[must_use]
    pub fn watch_settled(&self) -> watch::Receiver<u64> {
        self.settled.subscribe()
    }
}

impl App {
    /// Opens the store and prepares everything that needs no network.
    pub(crate) async fn open(config: Config, clock: Clock) -> Result<Arc<Self>, StartError> {
        let options =
            StoreOptions { dir: config.server.data_dir.clone(), readers: config.server.readers.max(1) };
        let store = tokio::task::spawn_blocking(move || Store::open(&options))
            .await
            .map_err(|_| StartError::Interrupted)??;
        let fresh = Meta { incarnation: fresh_incarnation()?, token_key: random_bytes()? };
        let meta = store.load_meta(fresh).await?;
        let senders = Senders::new(&config);
        Ok(Arc::new(Self {
            config,
            store,
            clock,
            incarnation: meta.incarnation,
            token_key: meta.token_key,
            senders,
            blocks: Blocks::default(),
            fillings: Arc::new(Semaphore::new(1)),
            wake: Wake::new(),
        }))
    }
}

/// A name that no other life of a store has.
pub(crate) fn fresh_incarnation() -> Result<Incarnation, StartError> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(random_bytes::<12>()?).parse().map_err(|_| StartError::Interrupted)
}
