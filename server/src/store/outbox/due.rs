//! Finds what is due, and when something will be.

use std::collections::HashSet;

use pushbridge_wire::Timestamp;
use rusqlite::Connection;

use super::ClaimRequest;
use crate::{
    outbox::{DeliveryNo, LANES, LaneNo, interleave, share_out},
    store::{AppNo, StoreError},
};

/// What is due, in the order in which it is to be sent.
pub(super) struct Due {
    pub(super) deliveries: Vec<DeliveryNo>,
    /// Whether more was due than there are places.
    pub(super) backlog: bool,
}

/// Up to `places` due deliveries, shared between lanes and apps.
pub(super) fn find_due(
    connection: &Connection,
    apps: &[AppNo],
    &ClaimRequest { places, turn, now, ref probed, .. }: &ClaimRequest,
) -> Result<Due, StoreError> {
    let mut lanes = Vec::with_capacity(LANES.len());
    // A probe is one delivery, of the most urgent lane that has one.
    let mut unprobed = probed.clone();
    for lane in LANES {
        let mut queues = Vec::with_capacity(apps.len());
        for app in apps {
            let limit = match (probed.contains(app), unprobed.contains(app)) {
                (false, _) => places,
                (true, wanted) => usize::from(wanted).min(places),
            };
            let queue = due_in_lane(connection, *app, lane, limit, now)?;
            if !queue.is_empty() {
                unprobed.remove(app);
            }
            queues.push(queue);
        }
        lanes.push(interleave(queues, turn));
    }
    let waiting = [lanes[0].len(), lanes[1].len(), lanes[2].len()];
    let shares = share_out(places, turn, waiting);
    let deliveries = lanes.into_iter().zip(shares).flat_map(|(lane, share)| lane.into_iter().take(share));
    Ok(Due { deliveries: deliveries.collect(), backlog: waiting.iter().sum::<usize>() > places })
}

fn due_in_lane(
    connection: &Connection,
    app: AppNo,
    lane: LaneNo,
    limit: usize,
    now: Timestamp,
) -> Result<Vec<DeliveryNo>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT delivery FROM deliveries
         WHERE app = ?1 AND lane = ?2 AND state = 'pending' AND due_ms <= ?3 ORDER BY due_ms LIMIT ?4",
    )?;
    let found = query.query_map((app.0, lane.0, now.as_ms(), limit), |row| Ok(DeliveryNo(row.get(0)?)))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// When the next delivery of these apps is due or the next lease ends; none where nothing waits.
pub(super) fn next_moment(connection: &Connection, apps: &[AppNo]) -> Result<Option<Timestamp>, StoreError> {
    let mut lease =
        connection.prepare_cached("SELECT min(lease_until_ms) FROM deliveries WHERE state = 'leased'")?;
    let mut earliest: Option<i64> = lease.query_row([], |row| row.get(0))?;
    let mut due = connection.prepare_cached(
        "SELECT min(due_ms) FROM deliveries WHERE app = ?1 AND lane = ?2 AND state = 'pending'",
    )?;
    for app in apps {
        for lane in LANES {
            let next: Option<i64> = due.query_row((app.0, lane.0), |row| row.get(0))?;
            earliest = [earliest, next].into_iter().flatten().min();
        }
    }
    Ok(earliest.map(Timestamp::from_ms))
}

/// Every app but those that pause.
pub(super) fn running_apps(
    connection: &Connection,
    paused: &HashSet<AppNo>,
) -> Result<Vec<AppNo>, StoreError> {
    let mut query = connection.prepare_cached("SELECT app FROM apps ORDER BY app")?;
    let apps = query.query_map([], |row| Ok(AppNo(row.get(0)?)))?.collect::<Result<Vec<_>, _>>()?;
    Ok(apps.into_iter().filter(|app| !paused.contains(app)).collect())
}
