//! Finds what is due, and when something will be.

use std::collections::HashSet;

use pushbridge_wire::Timestamp;
use rusqlite::{Connection, Row};

use super::{
    ClaimRequest,
    allowance::{Allowances, FcmProject},
};
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

/// An app that may send.
pub(super) struct RunningApp {
    pub(super) no: AppNo,
    pub(super) project: FcmProject,
}

/// Up to `places` due deliveries, shared between lanes and apps.
pub(super) fn find_due(
    connection: &Connection,
    apps: &[RunningApp],
    &ClaimRequest { places, turn, now, ref probed, ref allowances, .. }: &ClaimRequest,
) -> Result<Due, StoreError> {
    let mut lanes = Vec::with_capacity(LANES.len());
    // A probe is one delivery, of the most urgent lane that has one.
    let mut unprobed = probed.clone();
    for lane in LANES {
        let mut queues = Vec::with_capacity(apps.len());
        for app in apps {
            let limit = match (probed.contains(&app.no), unprobed.contains(&app.no)) {
                (false, _) => places.min(allowances.of(&app.project)),
                (true, wanted) => usize::from(wanted).min(places),
            };
            let queue = due_in_lane(connection, app.no, lane, limit, now)?;
            if !queue.is_empty() {
                unprobed.remove(&app.no);
            }
            queues.push(queue.into_iter().map(|delivery| (app, delivery)).collect());
        }
        lanes.push(interleave(queues, turn));
    }
    let waiting = [lanes[0].len(), lanes[1].len(), lanes[2].len()];
    // Shared out is what may be sent, or urgent ones would use up a small allowance before the other lanes' turns.
    let shares = share_out(places.min(allowed(apps, allowances)), turn, waiting);
    let chosen = lanes.into_iter().zip(shares).flat_map(|(lane, share)| lane.into_iter().take(share));
    let mut left = allowances.clone();
    let within = chosen.filter(|(app, _)| left.take(&app.project));
    let deliveries = within.map(|(_, delivery)| delivery).collect();
    Ok(Due { deliveries, backlog: waiting.iter().sum::<usize>() > places })
}

/// What all projects together may send.
fn allowed(apps: &[RunningApp], allowances: &Allowances) -> usize {
    let projects: HashSet<&FcmProject> = apps.iter().map(|app| &app.project).collect();
    projects.into_iter().fold(0, |sum, project| sum.saturating_add(allowances.of(project)))
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

/// When the next delivery of these apps is due; none where nothing waits.
pub(super) fn next_due(
    connection: &Connection,
    apps: &[RunningApp],
) -> Result<Option<Timestamp>, StoreError> {
    let mut earliest = None;
    let mut due = connection.prepare_cached(
        "SELECT min(due_ms) FROM deliveries WHERE app = ?1 AND lane = ?2 AND state = 'pending'",
    )?;
    for app in apps {
        for lane in LANES {
            let next: Option<i64> = due.query_row((app.no.0, lane.0), |row| row.get(0))?;
            earliest = earlier(earliest, next.map(Timestamp::from_ms));
        }
    }
    Ok(earliest)
}

/// The earlier of two moments that there may be.
pub(super) fn earlier(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    [one, other].into_iter().flatten().min()
}

/// Every app but those that pause.
pub(super) fn running_apps(
    connection: &Connection,
    paused: &HashSet<AppNo>,
) -> Result<Vec<RunningApp>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT app, firebase_project, fcm_endpoint FROM apps ORDER BY app")?;
    let read = |row: &Row<'_>| {
        Ok(RunningApp {
            no: AppNo(row.get(0)?),
            project: FcmProject { id: row.get(1)?, endpoint: row.get(2)? },
        })
    };
    let apps = query.query_map([], read)?.collect::<Result<Vec<_>, _>>()?;
    Ok(apps.into_iter().filter(|app| !paused.contains(&app.no)).collect())
}
