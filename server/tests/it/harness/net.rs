//! The network between phones and server: a heap of parcels that move only when the test says so.
//!
//! In: requests of the cores. Out: whichever parcel the test picks: carried to the server, doubled, dropped, late. An
//! answer is a parcel of its own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pushbridge_core::sync::{ApiAnswer, ApiRequest, Transport, TransportError, TransportFuture};
use tokio::sync::{Notify, oneshot};

type Answer = Result<ApiAnswer, TransportError>;

/// Where the answer goes. The first one counts: a phone that has given up or heard an answer takes no other.
#[derive(Clone)]
pub(crate) struct Reply(Arc<Mutex<Option<oneshot::Sender<Answer>>>>);

impl Reply {
    fn take(&self) -> Option<oneshot::Sender<Answer>> {
        lock(&self.0).take()
    }
}

/// Something on its way.
#[derive(Clone)]
pub(crate) enum Parcel {
    /// To the server.
    Request { from: usize, request: ApiRequest, reply: Reply },
    /// Back to a phone.
    Answer { to: usize, answer: ApiAnswer, reply: Reply },
}

/// Everything on its way.
#[derive(Clone, Default)]
pub(crate) struct Net {
    parcels: Arc<Mutex<Vec<Parcel>>>,
}

impl Net {
    pub(crate) fn len(&self) -> usize {
        lock(&self.parcels).len()
    }

    /// The parcel at `at`, taken off the heap.
    pub(crate) fn take(&self, at: usize) -> Option<Parcel> {
        let mut parcels = lock(&self.parcels);
        (at < parcels.len()).then(|| parcels.remove(at))
    }

    /// A copy of the parcel at `at`; the parcel stays.
    pub(crate) fn copy(&self, at: usize) -> Option<Parcel> {
        lock(&self.parcels).get(at).cloned()
    }

    pub(crate) fn put(&self, parcel: Parcel) {
        lock(&self.parcels).push(parcel);
    }

    /// Whether `phone` has a parcel on its way in either direction.
    pub(crate) fn holds_for(&self, phone: usize) -> bool {
        lock(&self.parcels).iter().any(|parcel| parcel.phone() == phone)
    }

    /// The place of the oldest parcel of `phone`.
    pub(crate) fn first_of(&self, phone: usize) -> Option<usize> {
        lock(&self.parcels).iter().position(|parcel| parcel.phone() == phone)
    }
}

impl Parcel {
    pub(crate) fn phone(&self) -> usize {
        match self {
            Self::Request { from: phone, .. } | Self::Answer { to: phone, .. } => *phone,
        }
    }
}

/// A phone's end of the network.
pub(crate) struct Link {
    phone: usize,
    net: Net,
    waiting: Mutex<Option<Reply>>,
    asked: Notify,
    requests: Mutex<Vec<ApiRequest>>,
}

impl Link {
    pub(crate) fn new(phone: usize, net: Net) -> Self {
        Self { phone, net, waiting: Mutex::default(), asked: Notify::new(), requests: Mutex::default() }
    }

    /// Whether the core waits for an answer.
    pub(crate) fn is_waiting(&self) -> bool {
        lock(&self.waiting).is_some()
    }

    /// Waits for the core's next request; one made before the call counts.
    pub(crate) async fn asked(&self) {
        self.asked.notified().await;
    }

    /// Gives the core an answer, if it still waits for this one. Says whether it did.
    pub(crate) fn answer(&self, reply: &Reply, answer: Answer) -> bool {
        let Some(to) = reply.take() else { return false };
        // Before the answer goes: the core may ask again at once.
        *lock(&self.waiting) = None;
        to.send(answer).is_ok()
    }

    /// The core gives up waiting. Says whether it waited.
    pub(crate) fn give_up(&self, error: TransportError) -> bool {
        let reply = lock(&self.waiting).clone();
        reply.is_some_and(|reply| self.answer(&reply, Err(error)))
    }

    /// The process is gone, and with it whoever waited.
    pub(crate) fn hang_up(&self) {
        if let Some(reply) = lock(&self.waiting).take() {
            drop(reply.take());
        }
    }

    /// Every request that this phone has made.
    pub(crate) fn requests(&self) -> MutexGuard<'_, Vec<ApiRequest>> {
        lock(&self.requests)
    }
}

impl Transport for Link {
    fn send(&self, request: ApiRequest) -> TransportFuture<'_> {
        let (to, from) = oneshot::channel();
        let reply = Reply(Arc::new(Mutex::new(Some(to))));
        self.requests().push(request.clone());
        self.net.put(Parcel::Request { from: self.phone, request, reply: reply.clone() });
        *lock(&self.waiting) = Some(reply);
        self.asked.notify_one();
        Box::pin(async move { from.await.unwrap_or(Err(TransportError::Offline)) })
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
