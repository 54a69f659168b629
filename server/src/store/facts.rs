//! Reads, inside the transaction of a PUT, what its decision needs to know.

use pushbridge_wire::{Address, InstallationRequest, LoginId, Reason, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension};

use super::{AppNo, InstallationNo, StoreError, address_key, apps::load_policy};
use crate::{
    policy::BoundInstallation,
    registry::{Nonce, PutFacts},
};

/// Facts for the PUT `request` of `this` installation (none where it is new).
pub(super) fn put_facts(
    connection: &Connection,
    app: AppNo,
    this: Option<InstallationNo>,
    request: &InstallationRequest,
    nonce: Nonce,
    (now, challenge_life): (Timestamp, std::time::Duration),
) -> Result<PutFacts, StoreError> {
    let (policy, last_epoch) = load_policy(connection, app)?;
    let (held_by_other, open_challenges) = match &request.address {
        Some(address) => (
            held_by_other(connection, app, this, address)?,
            open_challenges(connection, app, this, address, now)?,
        ),
        None => (false, 0),
    };
    let login_ended = match &request.login_id {
        Some(login) => login_ended(connection, app, login)?,
        None => None,
    };
    let (revoked_at, others) = match &request.user {
        Some(user) => (revoked_at(connection, app, user)?, bound_others(connection, app, this, user)?),
        None => (None, Vec::new()),
    };
    Ok(PutFacts {
        now,
        held_by_other,
        open_challenges,
        login_ended,
        revoked_at,
        others,
        policy,
        next_epoch: last_epoch + 1,
        nonce,
        challenge_life,
    })
}

/// Whether the last holder of `address` is another installation. A holder is always its last holder.
fn held_by_other(
    connection: &Connection,
    app: AppNo,
    this: Option<InstallationNo>,
    address: &Address,
) -> Result<bool, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT installation FROM held_addresses WHERE app = ?1 AND address_key = ?2 ORDER BY turn DESC LIMIT 1",
    )?;
    let last: Option<i64> = query.query_row((app.0, address_key(address)), |row| row.get(0)).optional()?;
    Ok(last.is_some_and(|last| Some(InstallationNo(last)) != this))
}

fn open_challenges(
    connection: &Connection,
    app: AppNo,
    this: Option<InstallationNo>,
    address: &Address,
    now: Timestamp,
) -> Result<u32, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT count(*) FROM installations WHERE app = ?1 AND address_key = ?2 AND address_state = 'contested'
             AND challenge_end_ms > ?3 AND installation IS NOT ?4",
    )?;
    let this = this.map(|this| this.0);
    Ok(query.query_row((app.0, address_key(address), now.as_ms(), this), |row| row.get(0))?)
}

/// Why `login` was ended, if it was.
pub(super) fn login_ended(
    connection: &Connection,
    app: AppNo,
    login: &LoginId,
) -> Result<Option<Reason>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT reason FROM ended_logins WHERE app = ?1 AND login = ?2")?;
    let reason: Option<String> = query.query_row((app.0, login.as_str()), |row| row.get(0)).optional()?;
    Ok(reason.map(Reason::from))
}

pub(super) fn revoked_at(
    connection: &Connection,
    app: AppNo,
    user: &UserId,
) -> Result<Option<Timestamp>, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT revoked_ms FROM revokes WHERE app = ?1 AND user = ?2")?;
    let revoked: Option<i64> = query.query_row((app.0, user.as_str()), |row| row.get(0)).optional()?;
    Ok(revoked.map(Timestamp::from_ms))
}

fn bound_others(
    connection: &Connection,
    app: AppNo,
    this: Option<InstallationNo>,
    user: &UserId,
) -> Result<Vec<BoundInstallation>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT installation, seen_ms FROM installations WHERE app = ?1 AND user = ?2")?;
    let rows = query.query_map((app.0, user.as_str()), |row| {
        Ok(BoundInstallation {
            installation: InstallationNo(row.get(0)?),
            seen: Timestamp::from_ms(row.get(1)?),
        })
    })?;
    let bound = rows.collect::<Result<Vec<_>, _>>()?;
    Ok(bound.into_iter().filter(|other| Some(other.installation) != this).collect())
}
