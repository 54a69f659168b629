//! What waits for somebody who is not there any more is cancelled, in the transaction of whoever ended that.

use pushbridge_wire::{Reason, Timestamp, UserId};
use rusqlite::{Connection, Params};

use crate::{
    outbox::DeliveryState,
    store::{AppNo, InstallationNo, StoreError, progress::EndedCounts},
};

/// Cancels what waits for a binding that has just ended.
pub(in crate::store) fn cancel_for_binding(
    connection: &Connection,
    (installation, epoch): (InstallationNo, u64),
    reason: &Reason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cancel = "UPDATE deliveries SET state = 'cancelled', reason = ?3, updated_ms = ?4
         WHERE installation = ?1 AND epoch = ?2 AND state = 'pending' RETURNING message";
    cancel_counted(connection, cancel, (installation.0, epoch, reason.as_str(), now.as_ms()), now)
}

/// Cancels whatever waits for a user.
pub(in crate::store) fn cancel_for_user(
    connection: &Connection,
    (app, user): (AppNo, &UserId),
    reason: &Reason,
    now: Timestamp,
) -> Result<(), StoreError> {
    let cancel = "UPDATE deliveries SET state = 'cancelled', reason = ?3, updated_ms = ?4
         WHERE app = ?1 AND user = ?2 AND state = 'pending' RETURNING message";
    cancel_counted(connection, cancel, (app.0, user.as_str(), reason.as_str(), now.as_ms()), now)
}

fn cancel_counted(
    connection: &Connection,
    cancel: &'static str,
    parameters: impl Params,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut ended = EndedCounts::default();
    let mut cancel = connection.prepare_cached(cancel)?;
    for message in cancel.query_map(parameters, |row| row.get(0))? {
        ended.add(message?, DeliveryState::Cancelled, 1);
    }
    ended.write(connection, now)
}
