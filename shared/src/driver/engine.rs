//! State and store under one lock: an event is applied, stored, and only then acted on.
//!
//! In: events. Out: [`Accepted`], effects for the courier. If storing fails, the state in memory stays what it was,
//! so what is in memory is always what is on disk.

use std::sync::{Arc, Mutex, MutexGuard};

use pushbridge_wire::{Receipt, Timestamp};

use super::{Courier, lock::lock};
use crate::{
    api::{Accepted, Diagnosis, PushError, PushStatus},
    clock::Clock,
    entropy::{Entropy, draw_identity, draw_jitter, draw_marker},
    machine::{Answer, Attributes, Effect, Event, Plan, Sent, Session, State, plan, step},
    store::{Opened, Store, StorePaths, StoredReceipt},
};

/// That many receipts are worth a request of their own; fewer go along with the next one.
const RECEIPTS_WORTH_A_SYNC: u32 = 20;

/// The state, its store, and what is needed to change them.
pub(crate) struct Engine {
    inner: Mutex<Inner>,
    paths: StorePaths,
    attributes: Attributes,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    courier: Arc<Courier>,
}

struct Inner {
    state: State,
    slot: Slot,
}

enum Slot {
    Open(Store),
    Paused,
    Closed,
}

/// What a sync run sees.
pub(crate) enum View {
    /// The state at this moment.
    Open(Box<State>, Timestamp),
    /// The store is closed for a suspension.
    Paused,
    /// The core was shut down.
    Closed,
}

impl Engine {
    /// Opens the store and tells the app what is left over from the last process.
    pub(crate) fn open(
        paths: StorePaths,
        attributes: Attributes,
        (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>),
        courier: Arc<Courier>,
    ) -> Result<Self, PushError> {
        let (store, state) =
            open_store(&paths, &attributes, clock.now(), entropy.as_ref(), Session::default())?;
        let inner = Mutex::new(Inner { state, slot: Slot::Open(store) });
        let engine = Self { inner, paths, attributes, clock, entropy, courier };
        engine.apply(engine.opened_event())?;
        Ok(engine)
    }

    fn opened_event(&self) -> Event {
        let core_version = env!("CARGO_PKG_VERSION").to_owned();
        Event::Opened { core_version, attributes: self.attributes.clone() }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }

    /// Applies `event`. What it says is durable when this returns.
    pub(crate) fn apply(&self, event: Event) -> Result<Accepted, PushError> {
        let mut inner = lock(&self.inner);
        self.with_store(&mut inner, |engine, state, store| engine.advance(state, store, event))
    }

    /// Applies the answer to `sent`. One that comes while the core is paused is dropped: it will be asked for again.
    pub(crate) fn take_answer(&self, sent: Sent, answer: Answer) -> Result<(), PushError> {
        let fresh = draw_identity(self.entropy())?;
        let jitter = draw_jitter(self.entropy())?;
        let mut inner = lock(&self.inner);
        let Inner { state, slot: Slot::Open(store) } = &mut *inner else { return Ok(()) };
        let event = Event::Answered { sent, answer, fresh, jitter };
        self.advance(state, store, event).map(|_| ())
    }

    fn advance(&self, state: &mut State, store: &mut Store, event: Event) -> Result<Accepted, PushError> {
        let now = self.clock.now();
        let (next, effects) = step(state.clone(), event, now);
        let changed = !next.is_stored_like(state);
        if changed {
            store.save(state, &next)?;
        }
        *state = next;
        self.post(state, effects, now, false);
        Ok(Accepted { changed, work_needed: needs_work(state, now) })
    }

    fn post(&self, state: &State, effects: Vec<Effect>, now: Timestamp, paused: bool) {
        self.courier.post(effects, PushStatus::of(state, now, paused));
    }

    /// Number of a question to the platform.
    pub(crate) fn begin_pull(&self) -> Result<u64, PushError> {
        let mut inner = self.lock_unless_closed()?;
        let session = &mut inner.state.session;
        session.numbered = session.numbered.saturating_add(1);
        Ok(session.numbered)
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, PushError> {
        Ok(look(&self.lock_unless_closed()?.state))
    }

    pub(crate) fn status(&self) -> Result<PushStatus, PushError> {
        let inner = self.lock_unless_closed()?;
        Ok(PushStatus::of(&inner.state, self.clock.now(), matches!(inner.slot, Slot::Paused)))
    }

    pub(crate) fn diagnose(&self) -> Result<Diagnosis, PushError> {
        let inner = self.lock_unless_closed()?;
        let (paused, receipts) = match &inner.slot {
            Slot::Open(store) => (false, Some(store.count_receipts()?)),
            Slot::Paused | Slot::Closed => (true, None),
        };
        Ok(Diagnosis::of(&inner.state, self.clock.now(), paused, receipts))
    }

    pub(crate) fn view(&self) -> View {
        let inner = lock(&self.inner);
        match inner.slot {
            Slot::Open(_) => View::Open(Box::new(inner.state.clone()), self.clock.now()),
            Slot::Paused => View::Paused,
            Slot::Closed => View::Closed,
        }
    }

    /// Remembers a receipt.
    pub(crate) fn add_receipt(&self, receipt: &Receipt) -> Result<Accepted, PushError> {
        let mut inner = lock(&self.inner);
        self.with_store(&mut inner, |engine, state, store| {
            let changed = store.add_receipt(receipt)?;
            let is_worth_it = store.count_receipts()? >= RECEIPTS_WORTH_A_SYNC;
            Ok(Accepted { changed, work_needed: is_worth_it || needs_work(state, engine.clock.now()) })
        })
    }

    /// The oldest `limit` receipts; none while paused.
    pub(crate) fn load_receipts(&self, limit: u32) -> Result<Vec<StoredReceipt>, PushError> {
        match &lock(&self.inner).slot {
            Slot::Open(store) => Ok(store.load_receipts(limit)?),
            Slot::Paused | Slot::Closed => Ok(Vec::new()),
        }
    }

    /// Forgets receipts that the server has or will never take.
    pub(crate) fn drop_receipts_up_to(&self, number: i64) -> Result<(), PushError> {
        match &mut lock(&self.inner).slot {
            Slot::Open(store) => Ok(store.drop_receipts_up_to(number)?),
            Slot::Paused | Slot::Closed => Ok(()),
        }
    }

    /// Closes the store until [`resume`](Self::resume).
    pub(crate) fn pause(&self) -> Result<(), PushError> {
        let mut inner = self.lock_unless_closed()?;
        if let Slot::Open(store) = std::mem::replace(&mut inner.slot, Slot::Paused) {
            store.close()?;
            self.post(&inner.state, Vec::new(), self.clock.now(), true);
        }
        Ok(())
    }

    /// Opens the store again and tells the app once more what it may have missed.
    pub(crate) fn resume(&self) -> Result<(), PushError> {
        let mut inner = self.lock_unless_closed()?;
        if matches!(inner.slot, Slot::Paused) {
            let store = self.reopen(&mut inner.state)?;
            inner.slot = Slot::Open(store);
            let opened = self.opened_event();
            self.with_store(&mut inner, |engine, state, store| engine.advance(state, store, opened))?;
        }
        Ok(())
    }

    /// Closes for good. May be called twice.
    pub(crate) fn close(&self) {
        let slot = std::mem::replace(&mut lock(&self.inner).slot, Slot::Closed);
        if let Slot::Open(store) = slot
            && let Err(error) = store.close()
        {
            tracing::warn!(%error, "the store was not closed in order; the next start replays its journal");
        }
        self.courier.close();
    }

    /// Another process may have owned the store meanwhile, so the state is read again; what this process heard stays.
    fn reopen(&self, state: &mut State) -> Result<Store, PushError> {
        let session = state.session.clone();
        let (store, found) =
            open_store(&self.paths, &self.attributes, self.clock.now(), self.entropy(), session)?;
        *state = found;
        Ok(store)
    }

    /// While paused the store is opened for this one call: what the platform says must not be lost.
    fn with_store<T>(
        &self,
        inner: &mut Inner,
        act: impl FnOnce(&Self, &mut State, &mut Store) -> Result<T, PushError>,
    ) -> Result<T, PushError> {
        match &mut inner.slot {
            Slot::Open(store) => act(self, &mut inner.state, store),
            Slot::Closed => Err(PushError::Closed),
            Slot::Paused => {
                let mut store = self.reopen(&mut inner.state)?;
                let done = act(self, &mut inner.state, &mut store);
                store.close()?;
                done
            }
        }
    }

    fn lock_unless_closed(&self) -> Result<MutexGuard<'_, Inner>, PushError> {
        let inner = lock(&self.inner);
        if matches!(inner.slot, Slot::Closed) { Err(PushError::Closed) } else { Ok(inner) }
    }
}

fn needs_work(state: &State, now: Timestamp) -> bool {
    matches!(plan(state, now), Plan::Put(_) | Plan::Prove { .. } | Plan::Wait { .. })
}

/// Opens the store and gives what it remembers: a new installation if it is new or not what it was.
fn open_store(
    paths: &StorePaths,
    attributes: &Attributes,
    now: Timestamp,
    entropy: &dyn Entropy,
    session: Session,
) -> Result<(Store, State), PushError> {
    let Opened { mut store, state, recovered } = Store::open(paths)?;
    let mut state = match (state, recovered) {
        (Some(state), None) => state,
        (None, None) => {
            let state = State::new(draw_identity(entropy)?, attributes.clone());
            store.adopt(&state, &draw_marker(entropy)?)?;
            state
        }
        (found, Some(why)) => {
            let identity = draw_identity(entropy)?;
            let lost = found.unwrap_or_else(|| State::new(identity.clone(), attributes.clone()));
            // Its effects are told by the `Opened` that follows.
            let (state, _) = step(lost, Event::Recovered { why, identity }, now);
            store.adopt(&state, &draw_marker(entropy)?)?;
            let recovered = state.session.recovered;
            return Ok((store, State { session: Session { recovered, ..session }, ..state }));
        }
    };
    state.session = session;
    Ok((store, state))
}
