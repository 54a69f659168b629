//! [`Driver`]: owns engine, courier, transport and tasks of one core.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use pushbridge_wire::AppId;
use tokio::{
    runtime::Handle,
    sync::oneshot,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::{
    Courier, Engine, View,
    credentials::Credentials,
    flight::{Arrivals, Flight, Outcome},
    lock::lock,
    run, runtime,
};
use crate::{
    api::{CredentialsProvider, Ports, PushError, PushListener, Settings, SyncOutcome, SyncTrigger},
    machine::{DeferCause, Event},
    sync::Transport,
};

/// A caller that wants to wait longer asks again.
const DEADLINE_MAX: Duration = Duration::from_secs(60 * 60);

/// Everything that belongs to one open core.
pub(crate) struct Driver {
    pub(crate) engine: Engine,
    pub(crate) app: AppId,
    pub(super) flight: Mutex<Flight>,
    pub(super) transport: Arc<dyn Transport>,
    pub(super) credentials: Credentials,
    pub(super) request_timeout: Duration,
    runtime: Handle,
    courier: Arc<Courier>,
    tasks: Mutex<JoinSet<()>>,
}

impl Driver {
    pub(crate) fn open(
        settings: Settings,
        ports: Ports,
        credentials: Arc<dyn CredentialsProvider>,
        listener: Arc<dyn PushListener>,
    ) -> Result<Arc<Self>, PushError> {
        let runtime = runtime::handle().map_err(|_| PushError::internal("no thread for the runtime"))?;
        let courier =
            Courier::start(listener).map_err(|_| PushError::internal("no thread for the callbacks"))?;
        let time_and_chance = (ports.clock, ports.entropy);
        let engine = Engine::open(settings.paths, settings.attributes, time_and_chance, Arc::clone(&courier))
            .inspect_err(|_| courier.close())?;
        Ok(Arc::new(Self {
            engine,
            app: settings.app,
            flight: Mutex::default(),
            transport: ports.transport,
            credentials: Credentials::new(credentials, settings.credentials_timeout),
            request_timeout: settings.http.request_timeout,
            runtime,
            courier,
            tasks: Mutex::new(JoinSet::new()),
        }))
    }

    /// Starts a sync, or joins the one under way. The outcome comes at `deadline` at the latest.
    pub(crate) fn start_sync(
        self: &Arc<Self>,
        deadline: Duration,
        trigger: SyncTrigger,
    ) -> Result<oneshot::Receiver<Outcome>, PushError> {
        let (tell, told) = oneshot::channel();
        if matches!(self.engine.view(), View::Paused) {
            let _ = tell.send(Ok(SyncOutcome::Paused));
            return Ok(told);
        }
        self.engine.apply(Event::Woken { try_now: trigger.tries_now() })?;
        let deadline = Instant::now() + deadline.min(DEADLINE_MAX);
        let (arrivals, is_first) = lock(&self.flight).join(deadline)?;
        if is_first {
            self.spawn(run::run(Arc::clone(self)));
        }
        self.spawn(async move {
            // An error means that the caller went away.
            let _ = tell.send(await_outcome(arrivals, deadline).await);
        });
        Ok(told)
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = lock(&self.tasks);
        while tasks.try_join_next().is_some() {} // the set would keep what has ended
        tasks.spawn_on(task, &self.runtime);
    }

    /// Ends everything, after at most `drain` for what is under way.
    pub(crate) fn shut_down(driver: &Arc<Self>, drain: Duration) -> oneshot::Receiver<()> {
        let (tell, told) = oneshot::channel();
        lock(&driver.flight).close();
        let mut under_way = std::mem::take(&mut *lock(&driver.tasks));
        let closing = Arc::clone(driver);
        driver.spawn(async move {
            let all = async { while under_way.join_next().await.is_some() {} };
            if timeout(drain.min(DEADLINE_MAX), all).await.is_err() {
                under_way.abort_all();
            }
            tokio::task::block_in_place(|| closing.engine.close());
            let _ = tell.send(());
        });
        told
    }

    /// The app let go of the core: callbacks end. A run under way ends by itself.
    pub(crate) fn release(&self) {
        lock(&self.flight).close();
        self.courier.close();
    }
}

async fn await_outcome(mut arrivals: Arrivals, deadline: Instant) -> Outcome {
    let at_deadline = SyncOutcome::Deferred { retry_after: Duration::ZERO, cause: DeferCause::Deadline };
    tokio::select! {
        biased;
        arrived = arrivals.wait_for(Option::is_some) => match arrived.as_deref() {
            Ok(Some(outcome)) => outcome.clone(),
            _ => Err(PushError::internal("a sync ended without an outcome")),
        },
        () = sleep_until(deadline) => Ok(at_deadline),
    }
}
