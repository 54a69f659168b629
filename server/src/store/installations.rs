//! Transactions of the device protocol.

use pushbridge_wire::{InstallationId, InstallationRequest, Reason, Timestamp};
use rusqlite::Connection;

use super::{
    AppNo, InstallationNo, Store, StoreError, address_key,
    facts::{login_ended, put_facts},
    outbox::cancel_for_binding,
    rows::{StoredInstallation, load_installation, load_numbered, save_installation},
};
use crate::registry::{
    Binding, Change, Installation, Nonce, Owner, PutDecision, UserProof, prove_possession, put_installation,
};

/// A PUT, parsed and with its proof checked.
#[derive(Clone, Debug)]
pub struct PutRequest {
    /// The app.
    pub app: AppNo,
    /// The installation, as the phone names it.
    pub id: InstallationId,
    /// SHA-256 of the secret that came.
    pub secret_hash: [u8; 32],
    /// The desired state.
    pub request: InstallationRequest,
    /// What proves the user.
    pub proof: UserProof,
    /// For a challenge, should one be needed.
    pub nonce: Nonce,
    /// How long a challenge lives.
    pub challenge_life: std::time::Duration,
    /// The moment of the request.
    pub now: Timestamp,
}

/// What a PUT came to.
#[derive(Clone, Debug)]
pub enum PutAnswer {
    /// It was decided, and the decision is on disk.
    Decided {
        /// The installation's number, for the wall.
        installation: InstallationNo,
        /// The decision.
        decision: Box<PutDecision>,
        /// Other installations that it unbound.
        unbound_others: u32,
    },
    /// The secret is not the one that came first. Nothing changed.
    SecretInvalid,
    /// Two phones use one identity. Nothing changed.
    Cloned,
}

/// The caller named an installation that does not exist, or did not prove that it is his.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownInstallation;

impl Store {
    /// Applies one PUT of the whole desired state: revision, address, user and policy in one transaction.
    pub async fn put_installation(&self, put: PutRequest) -> Result<PutAnswer, StoreError> {
        self.write(move |connection| put_in_transaction(connection, &put)).await
    }

    /// Moves a contested value to the installation that echoed its challenge. None where nonce or secret is wrong.
    pub async fn prove_possession(
        &self,
        app: AppNo,
        id: InstallationId,
        secret_hash: [u8; 32],
        nonce_hash: [u8; 32],
        now: Timestamp,
    ) -> Result<Result<Option<PutAnswer>, UnknownInstallation>, StoreError> {
        self.write(move |connection| {
            let Some(stored) = authenticated(connection, app, &id, &secret_hash)? else {
                return Ok(Err(UnknownInstallation));
            };
            let ended = match &stored.state.reported.login {
                Some(login) => login_ended(connection, app, login)?,
                None => None,
            };
            let Some(decision) = prove_possession(&stored.state, nonce_hash, ended, now) else {
                return Ok(Ok(None));
            };
            if let Some(address) = decision.installation.slot.live() {
                displace_holder(connection, app, stored.no, &address_key(address), now)?;
            }
            let answer = write_decision(connection, app, &id, &secret_hash, decision, now)?;
            Ok(Ok(Some(answer)))
        })
        .await
    }
}

/// The installation, if the secret is its own. A comparison of hashes needs no constant time: it tells nothing.
pub(super) fn authenticated(
    connection: &Connection,
    app: AppNo,
    id: &InstallationId,
    secret_hash: &[u8; 32],
) -> Result<Option<StoredInstallation>, StoreError> {
    let stored = load_installation(connection, app, id)?;
    Ok(stored.filter(|stored| stored.secret_hash == *secret_hash))
}

fn put_in_transaction(connection: &Connection, put: &PutRequest) -> Result<PutAnswer, StoreError> {
    let stored = load_installation(connection, put.app, &put.id)?;
    if stored.as_ref().is_some_and(|stored| stored.secret_hash != put.secret_hash) {
        return Ok(PutAnswer::SecretInvalid);
    }
    let this = stored.as_ref().map(|stored| stored.no);
    let time = (put.now, put.challenge_life);
    let facts = put_facts(connection, put.app, this, &put.request, put.nonce.clone(), time)?;
    let current = stored.as_ref().map(|stored| &stored.state);
    let Ok(decision) = put_installation(current, &put.request, &put.proof, &facts) else {
        return Ok(PutAnswer::Cloned);
    };
    write_decision(connection, put.app, &put.id, &put.secret_hash, decision, put.now)
}

fn write_decision(
    connection: &Connection,
    app: AppNo,
    id: &InstallationId,
    secret_hash: &[u8; 32],
    decision: PutDecision,
    now: Timestamp,
) -> Result<PutAnswer, StoreError> {
    let this = save_installation(connection, app, id, secret_hash, &decision.installation)?;
    let mut scribe = Scribe { connection, app, this, id, now, actor: "device" };
    let mut unbound_others = 0;
    for change in &decision.changes {
        unbound_others += scribe.write(change)?;
    }
    Ok(PutAnswer::Decided { installation: this, decision: Box::new(decision), unbound_others })
}

/// The old holder of a value that moved keeps its binding and loses the address.
fn displace_holder(
    connection: &Connection,
    app: AppNo,
    this: InstallationNo,
    key: &[u8; 16],
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut query = connection.prepare_cached(
        "UPDATE installations SET address_state = 'moved'
         WHERE app = ?1 AND address_key = ?2 AND installation <> ?3 AND address_state IN ('live', 'retired', 'quarantined')
         RETURNING installation",
    )?;
    let moved = query.query_map((app.0, key, this.0), |row| row.get::<_, i64>(0))?;
    for no in moved.collect::<Result<Vec<_>, _>>()? {
        append_event(
            connection,
            app,
            InstallationNo(no),
            now,
            "address_moved",
            Some(&Reason::Moved),
            "device",
            None,
        )?;
    }
    Ok(())
}

/// Writes the changes that stand beside an installation's own row.
pub(super) struct Scribe<'a> {
    pub(super) connection: &'a Connection,
    pub(super) app: AppNo,
    pub(super) this: InstallationNo,
    pub(super) id: &'a InstallationId,
    pub(super) now: Timestamp,
    pub(super) actor: &'a str,
}

impl Scribe<'_> {
    /// Writes one change. Returns how many other installations it unbound.
    fn write(&mut self, change: &Change) -> Result<u32, StoreError> {
        match change {
            Change::Hold { address } => self.hold(&address_key(address))?,
            Change::UseEpoch(epoch) => {
                let mut update =
                    self.connection.prepare_cached("UPDATE apps SET epoch = ?2 WHERE app = ?1")?;
                update.execute((self.app.0, epoch))?;
            }
            Change::EndBinding { owner, binding, reason } => self.end_binding(*owner, binding, reason)?,
            Change::Evict { installation, reason } => return self.evict(*installation, reason),
            Change::Tell { address, .. } => self.queue_data(address, &serde_json::json!({"pb_sync": "1"}))?,
            Change::Challenge { address, nonce } => {
                let installation = self.id.to_string();
                let data =
                    serde_json::json!({"pb_challenge": nonce.expose(), "pb_installation": installation});
                self.queue_data(address, &data)?;
            }
            Change::Event { what, reason, fingerprint } => {
                let detail = fingerprint.as_deref();
                let reason = reason.as_ref();
                append_event(
                    self.connection,
                    self.app,
                    self.this,
                    self.now,
                    what,
                    reason,
                    self.actor,
                    detail,
                )?;
            }
        }
        Ok(0)
    }

    fn hold(&self, key: &[u8; 16]) -> Result<(), StoreError> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO held_addresses (app, address_key, installation, held_ms, turn)
             VALUES (?1, ?2, ?3, ?4,
                (SELECT coalesce(max(turn), 0) + 1 FROM held_addresses WHERE app = ?1 AND address_key = ?2))
             ON CONFLICT DO UPDATE SET held_ms = excluded.held_ms, turn = excluded.turn",
        )?;
        insert.execute((self.app.0, key, self.this.0, self.now.as_ms()))?;
        Ok(())
    }

    /// Makes the login final, cancels what is queued for the binding, and writes the event. The row itself is the
    /// caller's.
    fn end_binding(&self, owner: Owner, binding: &Binding, reason: &Reason) -> Result<(), StoreError> {
        let no = match owner {
            Owner::This => self.this,
            Owner::Other(no) => no,
        };
        let mut end = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO ended_logins (app, login, reason, ended_ms) VALUES (?1, ?2, ?3, ?4)",
        )?;
        end.execute((self.app.0, binding.login.as_str(), reason.as_str(), self.now.as_ms()))?;
        cancel_for_binding(self.connection, (no, binding.epoch), reason, self.now)?;
        append_event(self.connection, self.app, no, self.now, "unbound", Some(reason), self.actor, None)
    }

    /// Ends the binding of another installation and tells its phone. Returns 1 where there was one.
    pub(super) fn evict(&self, no: InstallationNo, reason: &Reason) -> Result<u32, StoreError> {
        let Some(other) = load_numbered(self.connection, no)? else { return Ok(0) };
        let Installation { binding: Some(binding), slot, .. } = other.state else { return Ok(0) };
        let mut unbind = self.connection.prepare_cached(
            "UPDATE installations SET user = NULL, login = NULL, epoch = NULL, bound_ms = NULL WHERE installation = ?1",
        )?;
        unbind.execute([no.0])?;
        self.end_binding(Owner::Other(no), &binding, reason)?;
        if let Some(address) = slot.live() {
            self.queue_data(address, &serde_json::json!({"pb_sync": "1"}))?;
        }
        Ok(1)
    }

    /// Queues one of the server's own data messages. A `sync` that still waits for the same address is enough.
    fn queue_data(
        &self,
        address: &pushbridge_wire::Address,
        data: &serde_json::Value,
    ) -> Result<(), StoreError> {
        /// What the phone has not got by then it learns from its next PUT.
        const LIFE_MS: i64 = 10 * 60 * 1_000;
        let now = self.now.as_ms();
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO deliveries
                 (app, installation, target_kind, target_value, system_data, lane, state, due_ms, expires_ms, updated_ms)
             SELECT ?1, ?2, ?3, ?4, ?5, 0, 'pending', ?6, ?7, ?6
             WHERE NOT EXISTS (SELECT 1 FROM deliveries WHERE app = ?1 AND lane = 0 AND state = 'pending'
                 AND target_kind = ?3 AND target_value = ?4 AND system_data = ?5)",
        )?;
        let (kind, value) = (address.kind.as_str(), address.value.expose());
        insert.execute((self.app.0, self.this.0, kind, value, data.to_string(), now, now + LIFE_MS))?;
        Ok(())
    }
}

#[expect(clippy::too_many_arguments, reason = "one column each; a struct would only name them a second time")]
pub(super) fn append_event(
    connection: &Connection,
    app: AppNo,
    installation: InstallationNo,
    at: Timestamp,
    what: &str,
    reason: Option<&Reason>,
    actor: &str,
    detail: Option<&str>,
) -> Result<(), StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO events (app, installation, at_ms, what, reason, actor, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?;
    insert.execute((app.0, installation.0, at.as_ms(), what, reason.map(Reason::as_str), actor, detail))?;
    Ok(())
}
