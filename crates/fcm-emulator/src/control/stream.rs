//! Server-sent events: everything that happens, and one inbox. In: `?after=N` or `Last-Event-ID`. Out: one event per message, its id the message's
//! `seq`. Ends with the emulator.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::control::Control;
use crate::control::api::{AfterQuery, after};
use crate::control::problem::Problem;
use crate::devices::{DeviceEntry, InboxMessage};
use crate::names::DeviceId;
use crate::world::World;

pub(crate) async fn stream_inbox(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    query: AfterQuery,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let seen_last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = after(query)?.max(seen_last.unwrap_or(0));
    let device = Control { world: Arc::clone(&world) }.entry(&DeviceId::new(id))?;
    let reader =
        Reader { arrivals: device.arrivals(), device, after, ready: Vec::new(), stop: world.stop.clone() };
    let events = stream::unfold(reader, |mut reader| async move {
        let message = reader.next().await?;
        let event = Event::default().id(message.seq.to_string()).json_data(&message).unwrap_or_default();
        Some((Ok(event), reader))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::default()))
}

/// Everything that happens from now on, until the emulator ends.
pub(crate) async fn stream_events(
    State(world): State<Arc<World>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (watcher, stop) = (world.events.watch(), world.stop.clone());
    let events = stream::unfold((watcher, stop), |(mut watcher, stop)| async move {
        let happened = stop.run_until_cancelled(watcher.next()).await??;
        let event = Event::default().json_data(&happened).unwrap_or_default();
        Some((Ok(event), (watcher, stop)))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

struct Reader {
    device: Arc<DeviceEntry>,
    arrivals: Arc<Notify>,
    after: u64,
    /// The rest of the last page, newest first.
    ready: Vec<InboxMessage>,
    stop: CancellationToken,
}

impl Reader {
    /// The next message, or nothing once the emulator stops.
    async fn next(&mut self) -> Option<InboxMessage> {
        loop {
            if let Some(message) = self.ready.pop() {
                self.after = message.seq;
                return Some(message);
            }
            let mut arrival = pin!(self.arrivals.notified());
            arrival.as_mut().enable();
            self.ready = self.device.inbox_after(self.after);
            self.ready.reverse();
            if self.ready.is_empty() {
                self.stop.run_until_cancelled(arrival).await?;
            }
        }
    }
}
