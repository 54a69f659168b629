//! Calls the app's listener, from one thread, in order, under no lock.
//!
//! In: effects and statuses, queued while the state is locked. Out: calls of [`PushListener`]. Bounded without a
//! limit: equal effects and successive statuses become one, so a listener that sleeps misses nothing.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use super::lock::lock;
use crate::{
    api::{PlatformEffect, PushListener, PushStatus},
    machine::Effect,
};

#[derive(Default)]
struct Queue {
    effects: VecDeque<PlatformEffect>,
    status: Option<PushStatus>,
    last_status: Option<PushStatus>,
    is_closed: bool,
}

enum Call {
    Effect(PlatformEffect),
    Status(PushStatus),
}

/// Queue and thread of the callbacks.
pub(crate) struct Courier {
    queue: Mutex<Queue>,
    has_news: Condvar,
}

impl Courier {
    /// Starts the thread. It owns the listener and lets go of it when the courier is closed.
    pub(crate) fn start(listener: Arc<dyn PushListener>) -> std::io::Result<Arc<Self>> {
        let courier = Arc::new(Self { queue: Mutex::default(), has_news: Condvar::new() });
        let of_thread = Arc::clone(&courier);
        thread::Builder::new().name("pushbridge-events".to_owned()).spawn(move || {
            while let Some(call) = of_thread.next_call() {
                deliver(listener.as_ref(), call);
            }
        })?;
        Ok(courier)
    }

    /// Queues what follows from a step. Calls nobody.
    pub(crate) fn post(&self, effects: Vec<Effect>, status: PushStatus) {
        let mut queue = lock(&self.queue);
        if queue.is_closed {
            return;
        }
        for effect in effects.into_iter().map(PlatformEffect::from) {
            if !queue.effects.contains(&effect) {
                queue.effects.push_back(effect);
            }
        }
        if queue.last_status.as_ref() != Some(&status) {
            queue.last_status = Some(status.clone());
            queue.status = Some(status);
        }
        self.has_news.notify_one();
    }

    /// Delivers what is queued and ends the thread. Does not wait for it: the caller may be that thread.
    pub(crate) fn close(&self) {
        lock(&self.queue).is_closed = true;
        self.has_news.notify_one();
    }

    fn next_call(&self) -> Option<Call> {
        let mut queue = lock(&self.queue);
        loop {
            if let Some(effect) = queue.effects.pop_front() {
                return Some(Call::Effect(effect));
            }
            if let Some(status) = queue.status.take() {
                return Some(Call::Status(status));
            }
            if queue.is_closed {
                return None;
            }
            queue = self.has_news.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A listener that panics loses this call only.
fn deliver(listener: &dyn PushListener, call: Call) {
    let outcome = catch_unwind(AssertUnwindSafe(|| match call {
        Call::Effect(effect) => listener.on_effect(effect),
        Call::Status(status) => listener.on_status(status),
    }));
    if outcome.is_err() {
        tracing::warn!("the listener panicked");
    }
}
