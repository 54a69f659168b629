//! The streams of one HTTP/2 connection. In: a connection of hyper, and the streams that it hands over to be run. Out: one
//! future that is both. Next: `connection` polls it.
//!
//! A task for each stream would wake the connection's for every answer, and would have to be ended with it; here streams end
//! by being dropped, hanging ones too, and whatever arrives together is answered together.

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use hyper::rt::Executor;
use tokio::task::unconstrained;

use crate::locks::lock;

type Stream = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the streams that hyper begins.
#[derive(Clone, Default)]
pub(super) struct Begun(Arc<Mutex<Vec<Stream>>>);

impl<F> Executor<F> for Begun
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        // The budget of a task is meant for one future; with it, those behind the first would be polled again and again.
        lock(&self.0).push(Box::pin(unconstrained(stream.map(drop))));
    }
}

/// A connection with its streams; ends when the connection does.
pub(super) struct WithStreams<C> {
    connection: Pin<Box<C>>,
    begun: Begun,
    running: FuturesUnordered<Stream>,
}

impl<C> WithStreams<C> {
    /// `connection` hands its streams to `begun`.
    pub(super) fn new(connection: C, begun: Begun) -> Self {
        Self { connection: Box::pin(connection), begun, running: FuturesUnordered::new() }
    }

    pub(super) fn connection(&mut self) -> Pin<&mut C> {
        self.connection.as_mut()
    }
}

impl<C: Future> Future for WithStreams<C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<C::Output> {
        if let Poll::Ready(ended) = self.connection.as_mut().poll(context) {
            return Poll::Ready(ended);
        }
        let begun = mem::take(&mut *lock(&self.begun.0));
        self.running.extend(begun);
        // What a stream has to say it tells hyper, which wakes this task for it.
        while let Poll::Ready(Some(())) = self.running.poll_next_unpin(context) {}
        Poll::Pending
    }
}
