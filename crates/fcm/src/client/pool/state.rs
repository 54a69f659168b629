//! Which connection takes the next call, when another one is dialled, and which one goes: a pure state, no sockets.
//!
//! In: what happened. Out: a connection for a call, how many to dial, how long to leave FCM alone. Next:
//! [`pool`](super) carries it out.

use std::time::Duration;

use tokio::time::Instant;

/// How long no connection is tried after the first failure; doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Where that doubling stops.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// One of the connections that there are or were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ConnectionNo(u64);

/// The connections of a pool, each with what it takes to use it.
#[derive(Debug)]
pub(super) struct State<C> {
    most_connections: usize,
    most_streams: usize,
    slots: Vec<Slot<C>>,
    next_no: u64,
    dialing: usize,
    /// After a failure and until the next success.
    pause: Option<Pause>,
}

#[derive(Clone, Copy, Debug)]
struct Pause {
    length: Duration,
    until: Instant,
}

#[derive(Debug)]
struct Slot<C> {
    no: ConnectionNo,
    connection: C,
    room: usize,
    taken: usize,
    used: bool,
}

impl<C: Clone> State<C> {
    pub(super) const fn new(most_connections: usize, most_streams: usize) -> Self {
        Self { most_connections, most_streams, slots: Vec::new(), next_no: 0, dialing: 0, pause: None }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.most_connections.saturating_mul(self.most_streams)
    }

    /// A place on the first connection with room: they are filled one after the other, so that the last ones become
    /// idle when there is less to do.
    pub(super) fn take(&mut self) -> Option<(ConnectionNo, C)> {
        let slot = self.slots.iter_mut().find(|slot| slot.taken < slot.room)?;
        slot.taken += 1;
        slot.used = true;
        Some((slot.no, slot.connection.clone()))
    }

    pub(super) fn give_back(&mut self, no: ConnectionNo) {
        if let Some(slot) = self.slot(no) {
            slot.taken = slot.taken.saturating_sub(1);
        }
    }

    /// How many connections to dial for `waiting` calls, and not before when. They count as being dialled from now
    /// on. After a failure it is one at a time, however many wait.
    pub(super) fn dial(&mut self, waiting: usize) -> (usize, Option<Instant>) {
        let allowed = self.most_connections.saturating_sub(self.slots.len() + self.dialing);
        let wanted = waiting.div_ceil(self.most_streams).saturating_sub(self.dialing);
        let most = if self.pause.is_some() { 1_usize.saturating_sub(self.dialing) } else { allowed };
        let count = wanted.min(allowed).min(most);
        self.dialing += count;
        (count, self.pause.map(|pause| pause.until))
    }

    /// Takes in a connection that was dialled, on which the peer allows `streams`.
    pub(super) fn opened(&mut self, connection: C, streams: usize) -> ConnectionNo {
        self.dialing = self.dialing.saturating_sub(1);
        self.pause = None;
        let no = ConnectionNo(self.next_no);
        self.next_no += 1;
        let room = streams.min(self.most_streams);
        self.slots.push(Slot { no, connection, room, taken: 0, used: true });
        no
    }

    /// Takes in that, at `now`, a dialled connection did not come about. Returns whether none is left to hope for.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        let doubled = |pause: Pause| pause.length.saturating_mul(2).min(LONGEST_PAUSE);
        let length = self.pause.map_or(FIRST_PAUSE, doubled);
        self.pause = Some(Pause { length, until: now + length });
        self.given_up();
        self.slots.is_empty() && self.dialing == 0
    }

    /// Takes in that nobody waits for it any more.
    pub(super) const fn given_up(&mut self) {
        self.dialing = self.dialing.saturating_sub(1);
    }

    /// The peer now allows `streams` on this connection; those above may end.
    pub(super) fn allow(&mut self, no: ConnectionNo, streams: usize) {
        let room = streams.min(self.most_streams);
        if let Some(slot) = self.slot(no) {
            slot.room = room;
        }
    }

    /// Lets no further call on this connection. The calls on it keep what they have.
    pub(super) fn leave(&mut self, no: ConnectionNo) {
        self.slots.retain(|slot| slot.no != no);
    }

    /// To be asked once in a while: leaves a connection that no call used since it was last asked about, unless it
    /// is the only one.
    pub(super) fn leave_if_idle(&mut self, no: ConnectionNo) {
        let alone = self.slots.len() == 1;
        let Some(slot) = self.slot(no) else { return };
        let idle = slot.taken == 0 && !slot.used;
        slot.used = slot.taken > 0;
        if idle && !alone {
            self.leave(no);
        }
    }

    fn slot(&mut self, no: ConnectionNo) -> Option<&mut Slot<C>> {
        self.slots.iter_mut().find(|slot| slot.no == no)
    }
}

#[cfg(test)]
mod tests;
