//! What single users' templates are filled with: kept with their message, and only for whom it reaches.

use pushbridge_wire::UserId;
use rusqlite::Connection;

use super::{AppNo, StoreError};

/// Keeps the users' own parameters of a message that was just written.
pub(super) fn insert_params(
    connection: &Connection,
    app: AppNo,
    message: i64,
    own: &[(UserId, String)],
) -> Result<(), StoreError> {
    let mut insert = connection
        .prepare_cached("INSERT INTO message_params (app, user, message, params) VALUES (?1, ?2, ?3, ?4)")?;
    for (user, params) in own {
        insert.execute((app.0, user.as_str(), message, params))?;
    }
    Ok(())
}

/// Removes the parameters of users who got no delivery of a message that gets no further ones. So what is kept about a
/// user stands with his deliveries.
pub(super) fn forget_unreached(connection: &Connection, message: i64) -> Result<(), StoreError> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM message_params WHERE message = ?1 AND user NOT IN
             (SELECT user FROM deliveries INDEXED BY deliveries_message WHERE message = ?1 AND user IS NOT NULL)",
    )?;
    forget.execute([message])?;
    Ok(())
}

/// Removes all parameters of a user, whatever became of their messages.
pub(super) fn forget_params(connection: &Connection, app: AppNo, user: &UserId) -> Result<(), StoreError> {
    let mut forget = connection.prepare_cached("DELETE FROM message_params WHERE app = ?1 AND user = ?2")?;
    forget.execute((app.0, user.as_str()))?;
    Ok(())
}
