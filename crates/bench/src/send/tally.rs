//! What became of the deliveries: the store's word beside the log of the emulator, phone by phone.
//!
//! In: a store that nobody has open, the log, which addresses were dead, what was on the wire when the server was
//! killed. Out: a [`Tally`]. Each phone was sent one delivery, so the two can be compared.

use std::{collections::HashMap, path::Path};

use rusqlite::{Connection, OpenFlags};
use serde::Serialize;

use super::fcm::Seen;
use crate::BenchError;

/// A cut ends all calls of its connection: answers that are on their way are lost, and what the connection had still
/// brought is taken without anybody to answer. That many at most.
const CALLS_A_CUT: u64 = 100;

/// What there is to compare.
pub(super) struct Evidence<'a> {
    /// The folder of the store.
    pub(super) dir: &'a Path,
    /// Phones that were to get one delivery each: numbers below this.
    pub(super) phones: u64,
    /// What the emulator saw.
    pub(super) log: &'a [Seen],
    /// Phones whose addresses were dead.
    pub(super) dead: &'a [usize],
    /// How often each phone's delivery was on the wire when the server was killed.
    pub(super) at_kills: &'a HashMap<u32, u32>,
    /// Whether connections were cut.
    pub(super) cuts: bool,
}

/// Counts.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Tally {
    /// Requests that FCM got.
    pub attempts: u64,
    /// Those answered 404, 429, 503, and not at all.
    pub answered_404: u64,
    /// 429.
    pub answered_429: u64,
    /// 503.
    pub answered_503: u64,
    /// Not at all: the connection was cut, or the server was killed.
    pub unanswered: u64,
    /// Deliveries that ended sent.
    pub sent: u64,
    /// Failed.
    pub failed: u64,
    /// Expired.
    pub expired: u64,
    /// Cancelled.
    pub cancelled: u64,
    /// Without an end after the wait.
    pub stuck: u64,
    /// Of which nothing is known any more, or which are called sent and never reached FCM.
    pub lost: u64,
    /// Made twice in the store.
    pub doubled: u64,
    /// That did not end as they must: sent where the address lives, failed as `unregistered` where it is dead.
    pub wrong_ends: u64,
    /// Addresses that are live although dead, or retired although alive.
    pub wrong_addresses: u64,
    /// Acceptances by FCM of a delivery that it had accepted before.
    pub duplicates: u64,
    /// Those whose delivery was on the wire when the server was killed.
    pub duplicates_by_kill: u64,
    /// Those whose answer was cut off.
    pub duplicates_by_cut: u64,
    /// All others.
    pub duplicates_unexplained: u64,
}

impl Tally {
    /// Whether nothing is lost, stuck, wrong, or sent twice without need.
    #[must_use]
    pub fn holds(&self) -> bool {
        let Self { stuck, lost, doubled, wrong_ends, wrong_addresses, duplicates_unexplained, .. } = *self;
        (stuck, lost, doubled, wrong_ends, wrong_addresses, duplicates_unexplained) == (0, 0, 0, 0, 0, 0)
    }
}

/// Opens the store as it lies there, without changing it: the next start must find what a kill has left.
pub(super) fn open_unchanged(dir: &Path) -> Result<Connection, BenchError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(dir.join("pushbridge.db"), flags).map_err(BenchError::of)
}

/// Compares.
pub(super) fn count(evidence: &Evidence<'_>) -> Result<Tally, BenchError> {
    let mut tally = Tally::default();
    let mut taken = read_log(evidence, &mut tally);
    read_ends(evidence, &taken, &mut tally)?;
    read_addresses(evidence, &mut tally)?;
    count_duplicates(evidence, &mut taken, &mut tally);
    Ok(tally)
}

/// The acceptances of each phone.
type Taken = Vec<Vec<(u64, bool)>>;

fn read_log(evidence: &Evidence<'_>, tally: &mut Tally) -> Taken {
    let mut taken = vec![Vec::new(); index(evidence.phones)];
    for seen in evidence.log {
        tally.attempts += 1;
        match seen.status {
            Some(404) => tally.answered_404 += 1,
            Some(429) => tally.answered_429 += 1,
            Some(503) => tally.answered_503 += 1,
            Some(_) => {}
            None => tally.unanswered += 1,
        }
        if let Some(of_phone) = taken.get_mut(seen.number as usize).filter(|_| seen.accepted) {
            of_phone.push((seen.ended_us, seen.status.is_some()));
        }
    }
    taken
}

fn read_ends(evidence: &Evidence<'_>, taken: &Taken, tally: &mut Tally) -> Result<(), BenchError> {
    let dead = marks(evidence);
    let mut known = vec![false; taken.len()];
    let store = open_unchanged(evidence.dir)?;
    let sql = "SELECT CAST(substr(i.reported_user, 2) AS INTEGER), d.state, coalesce(d.reason, '')
               FROM deliveries d JOIN installations i USING (installation) WHERE d.message IS NOT NULL";
    let mut ends = store.prepare(sql).map_err(BenchError::of)?;
    let mut rows = ends.query([]).map_err(BenchError::of)?;
    while let Some(row) = rows.next().map_err(BenchError::of)? {
        let (number, state): (u64, String) =
            (row.get(0).map_err(BenchError::of)?, row.get(1).map_err(BenchError::of)?);
        let reason: String = row.get(2).map_err(BenchError::of)?;
        let number = index(number);
        let Some(known) = known.get_mut(number) else { continue };
        tally.doubled += u64::from(std::mem::replace(known, true));
        let as_it_must = match state.as_str() {
            "sent" => {
                tally.sent += 1;
                tally.lost += u64::from(taken[number].is_empty());
                !dead[number]
            }
            "failed" => {
                tally.failed += 1;
                dead[number] && reason == "unregistered"
            }
            "expired" => {
                tally.expired += 1;
                false
            }
            "cancelled" => {
                tally.cancelled += 1;
                false
            }
            _ => {
                tally.stuck += 1;
                true
            }
        };
        tally.wrong_ends += u64::from(!as_it_must);
    }
    tally.lost += known.iter().filter(|known| !**known).count() as u64;
    Ok(())
}

fn read_addresses(evidence: &Evidence<'_>, tally: &mut Tally) -> Result<(), BenchError> {
    let dead = marks(evidence);
    let store = open_unchanged(evidence.dir)?;
    let sql = "SELECT CAST(substr(reported_user, 2) AS INTEGER), address_state = 'live' FROM installations";
    let mut addresses = store.prepare(sql).map_err(BenchError::of)?;
    let mut rows = addresses.query([]).map_err(BenchError::of)?;
    while let Some(row) = rows.next().map_err(BenchError::of)? {
        let number: u64 = row.get(0).map_err(BenchError::of)?;
        let live: bool = row.get(1).map_err(BenchError::of)?;
        let wrong = dead.get(index(number)).is_some_and(|dead| *dead == live);
        tally.wrong_addresses += u64::from(wrong);
    }
    Ok(())
}

fn count_duplicates(evidence: &Evidence<'_>, taken: &mut Taken, tally: &mut Tally) {
    let mut cuts: Vec<u64> =
        evidence.log.iter().filter(|seen| seen.status.is_none()).map(|seen| seen.ended_us).collect();
    cuts.sort_unstable();
    let cuts_before = |moment_us: u64| cuts.partition_point(|cut| *cut < moment_us);
    for (number, of_phone) in (0_u32..).zip(taken) {
        of_phone.sort_unstable();
        let kills = u64::from(evidence.at_kills.get(&number).copied().unwrap_or_default());
        // The last acceptance is that of which the server knows; each one before needs a reason.
        let may_be_cut = |pair: &&[(u64, bool)]| evidence.cuts && (!pair[0].1 || cuts_before(pair[1].0) > 0);
        let (all, cut) = (of_phone.len().saturating_sub(1), of_phone.windows(2).filter(may_be_cut).count());
        let (all, cut) = (all as u64, cut as u64);
        // A kill explains what no cut can before it explains others.
        let by_kill = kills.min(all);
        let by_cut = cut.min(all - by_kill);
        let unexplained = all - by_kill - by_cut;
        tally.duplicates += all;
        tally.duplicates_by_kill += by_kill;
        tally.duplicates_by_cut += by_cut;
        tally.duplicates_unexplained += unexplained;
        if unexplained > 0 {
            anstream::eprintln!(
                "phone {number}, on the wire at {kills} kills, was taken at (us, answered): {of_phone:?}"
            );
        }
    }
    // What no cut has room for has another reason.
    let too_many = tally.duplicates_by_cut.saturating_sub(cuts.len() as u64 * CALLS_A_CUT);
    tally.duplicates_by_cut -= too_many;
    tally.duplicates_unexplained += too_many;
}

fn marks(evidence: &Evidence<'_>) -> Vec<bool> {
    let mut dead = vec![false; index(evidence.phones)];
    for number in evidence.dead {
        if let Some(mark) = dead.get_mut(*number) {
            *mark = true;
        }
    }
    dead
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
