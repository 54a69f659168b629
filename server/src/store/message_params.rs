//! What single users' templates are filled with: kept with their message, and only for whom it reaches.
//!
//! Of a user who was erased while the message was still expanded an empty text stays until that is done: should he come
//! back before his turn, nothing that was meant for others is said to him in its place.

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

/// Whether the user's own parameters of the message were erased before his turn came.
pub(super) const ERASED: &str =
    "SELECT 1 FROM message_params WHERE app = ?1 AND user = ?2 AND message = ?3 AND params = ''";

/// Removes the parameters of users who got no delivery of a message that gets no further ones, and the marks of those
/// who were erased. So what is kept about a user stands with his deliveries.
pub(super) fn forget_unreached(connection: &Connection, message: i64) -> Result<(), StoreError> {
    let mut forget = connection.prepare_cached(
        "DELETE FROM message_params WHERE message = ?1 AND (params = '' OR user NOT IN
             (SELECT user FROM deliveries INDEXED BY deliveries_message WHERE message = ?1 AND user IS NOT NULL))",
    )?;
    forget.execute([message])?;
    Ok(())
}

/// Removes all parameters of a user, whatever became of their messages. Where one may still get deliveries, a mark stays.
pub(super) fn forget_params(connection: &Connection, app: AppNo, user: &UserId) -> Result<(), StoreError> {
    let mut mark = connection.prepare_cached(
        "UPDATE message_params SET params = '' WHERE app = ?1 AND user = ?2
             AND NOT (SELECT sealed FROM message_progress p WHERE p.message = message_params.message)",
    )?;
    mark.execute((app.0, user.as_str()))?;
    let mut forget = connection
        .prepare_cached("DELETE FROM message_params WHERE app = ?1 AND user = ?2 AND params <> ''")?;
    forget.execute((app.0, user.as_str()))?;
    Ok(())
}
