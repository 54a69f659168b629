//! What the back end asks and does about a user.

use pushbridge_wire::{InstallationId, Reason, Timestamp, UserId};
use rusqlite::{Connection, Row};

use super::{
    AppNo, InstallationNo, Store, StoreError,
    apps::load_policy,
    installations::Scribe,
    rows::{load_installation, read_installation},
};
use crate::{
    policy::{BoundInstallation, excess},
    registry::Installation,
};

/// An installation bound to a user.
#[derive(Clone, Debug)]
pub struct UserInstallation {
    /// As the phone names it.
    pub id: InstallationId,
    /// Its state.
    pub state: Installation,
}

/// A line of the event log.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// Why.
    pub reason: Option<String>,
    /// By whom.
    pub actor: String,
    /// Fingerprint of the address that it is about.
    pub detail: Option<String>,
}

impl Store {
    /// The installations bound to a user, most recently seen first.
    pub async fn user_installations(
        &self,
        app: AppNo,
        user: UserId,
    ) -> Result<Vec<UserInstallation>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(
                "SELECT * FROM installations WHERE app = ?1 AND user = ?2 ORDER BY seen_ms DESC, installation",
            )?;
            let rows = query.query_map((app.0, user.as_str()), read_installation)?;
            let stored = rows.collect::<Result<Vec<_>, _>>()?;
            Ok(stored.into_iter().map(|stored| UserInstallation { id: stored.id, state: stored.state }).collect())
        })
        .await
    }

    /// Ends the user's bindings (all, or that of one installation) and refuses every proof from before now. Returns the
    /// installations that were unbound.
    pub async fn revoke_user(
        &self,
        app: AppNo,
        user: UserId,
        only: Option<InstallationId>,
        actor: String,
        now: Timestamp,
    ) -> Result<Vec<InstallationNo>, StoreError> {
        self.write(move |connection| {
            let mut unbound = Vec::new();
            for (no, id) in bound(connection, app, &user)? {
                if only.is_none_or(|only| only == id) {
                    scribe(connection, app, no, &id, now, &actor).evict(no, &Reason::Revoked)?;
                    unbound.push(no);
                }
            }
            refuse_older_proofs(connection, app, &user, now)?;
            Ok(unbound)
        })
        .await
    }

    /// Applies the app's policy to every user at once. Returns how many installations were unbound.
    pub async fn enforce_policy(&self, app: AppNo, actor: String, now: Timestamp) -> Result<u64, StoreError> {
        self.write(move |connection| {
            let (policy, _) = load_policy(connection, app)?;
            let mut users = connection.prepare_cached(
                "SELECT user FROM installations WHERE app = ?1 AND user IS NOT NULL GROUP BY user HAVING count(*) > 1",
            )?;
            let users = users.query_map([app.0], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            let mut unbound = 0;
            for user in users {
                let user: UserId = user.parse().map_err(|_| StoreError::BadRow("user"))?;
                for (no, reason) in excess(policy, &bound_seen(connection, app, &user)?) {
                    let id = InstallationId::from_stored([0; 16]);
                    unbound += u64::from(scribe(connection, app, no, &id, now, &actor).evict(no, &reason)?);
                }
            }
            Ok(unbound)
        })
        .await
    }

    /// The newest events of an installation, newest first; none where it does not exist.
    pub async fn installation_events(
        &self,
        app: AppNo,
        id: InstallationId,
        limit: u32,
    ) -> Result<Option<Vec<EventRow>>, StoreError> {
        self.read(move |connection| {
            let Some(stored) = load_installation(connection, app, &id)? else { return Ok(None) };
            let mut query = connection.prepare_cached(
                "SELECT at_ms, what, reason, actor, detail FROM events WHERE installation = ?1
                 ORDER BY event DESC LIMIT ?2",
            )?;
            let rows = query.query_map((stored.no.0, limit), read_event)?;
            Ok(Some(rows.collect::<Result<Vec<_>, _>>()?))
        })
        .await
    }
}

pub(super) fn read_event(row: &Row<'_>) -> rusqlite::Result<EventRow> {
    Ok(EventRow {
        at: Timestamp::from_ms(row.get(0)?),
        what: row.get(1)?,
        reason: row.get(2)?,
        actor: row.get(3)?,
        detail: row.get(4)?,
    })
}

/// Proofs of the user from before now bind nobody any more.
pub(super) fn refuse_older_proofs(
    connection: &Connection,
    app: AppNo,
    user: &UserId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut revoke = connection.prepare_cached(
        "INSERT INTO revokes (app, user, revoked_ms) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET revoked_ms = max(revoked_ms, excluded.revoked_ms)",
    )?;
    revoke.execute((app.0, user.as_str(), now.as_ms()))?;
    Ok(())
}

pub(super) fn scribe<'a>(
    connection: &'a Connection,
    app: AppNo,
    this: InstallationNo,
    id: &'a InstallationId,
    now: Timestamp,
    actor: &'a str,
) -> Scribe<'a> {
    Scribe { connection, app, this, id, now, actor }
}

pub(super) fn bound(
    connection: &Connection,
    app: AppNo,
    user: &UserId,
) -> Result<Vec<(InstallationNo, InstallationId)>, StoreError> {
    let mut query = connection
        .prepare_cached("SELECT installation, id FROM installations WHERE app = ?1 AND user = ?2")?;
    let rows = query.query_map((app.0, user.as_str()), |row| {
        Ok((InstallationNo(row.get(0)?), InstallationId::from_stored(row.get(1)?)))
    })?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn bound_seen(
    connection: &Connection,
    app: AppNo,
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
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}
