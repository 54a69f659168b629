//! Everything that is stored about a user: shown whole, or erased.
//!
//! In: a user. Out: his installations, events and deliveries; or what erasing them came to. Next: the answer of
//! [`api`](crate::api), which for an erasure waits at the wall first.

use pushbridge_wire::{InstallationId, MessageId, Reason, ReceiptEvent, TemplateId, Timestamp, UserId};
use rusqlite::{Connection, Row};

use super::{
    AppNo, DeliveryCursor, EventRow, PageSize, Store, StoreError,
    facts::revoked_at,
    message_params::forget_params,
    outbox::cancel_for_user,
    rows::{StoredInstallation, checked, read_installation},
    users::{bound, read_event, refuse_older_proofs, scribe},
};
use crate::registry::Installation;

/// Events shown of one installation, the newest.
const EVENTS_SHOWN: u32 = 1_000;

/// What is stored about a user, with one page of his deliveries.
#[derive(Clone, Debug)]
pub struct UserRecord {
    /// Installations that he is bound to, or that reported him last.
    pub installations: Vec<UserRecordInstallation>,
    /// His newest revoke.
    pub revoked: Option<Timestamp>,
    /// One page, in the order in which they were made.
    pub deliveries: Vec<UserDelivery>,
    /// Whether there is a next page.
    pub more: bool,
}

/// An installation of the user.
#[derive(Clone, Debug)]
pub struct UserRecordInstallation {
    /// As the phone names it.
    pub id: InstallationId,
    /// Its state.
    pub state: Installation,
    /// Newest first, since he was bound: what was before is another's. None where he is not bound.
    pub events: Vec<EventRow>,
}

/// A delivery that was made for the user, with what was sent.
#[derive(Clone, Debug)]
pub struct UserDelivery {
    /// Its number.
    pub no: i64,
    /// Its message.
    pub message: MessageId,
    /// When the message was accepted.
    pub created: Timestamp,
    /// The checked FCM message as JSON; where it fills a template, the parameters that its users share.
    pub payload: String,
    /// The template that it fills.
    pub template: Option<FilledTemplate>,
    /// Where to; none where the installation is gone.
    pub installation: Option<InstallationId>,
    /// Where it stands.
    pub state: String,
    /// Why it ended.
    pub reason: Option<String>,
    /// When it last changed.
    pub updated: Timestamp,
    /// What the phone saw of it.
    pub receipts: Vec<(ReceiptEvent, Timestamp)>,
}

/// The template that a message fills.
#[derive(Clone, Debug)]
pub struct FilledTemplate {
    /// Its id.
    pub id: TemplateId,
    /// The version that the message was accepted with.
    pub version: u64,
    /// The user's own parameters, as JSON.
    pub own: Option<String>,
}

/// What an erasure came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Erased {
    /// Installations that were unbound.
    pub unbound: usize,
    /// Deliveries that are nobody's now.
    pub deliveries: usize,
    /// Messages to him alone whose text left.
    pub messages: usize,
}

impl Store {
    /// Everything stored about a user, with the page of his deliveries behind `cursor`. No address value.
    pub async fn user_record(
        &self,
        app: AppNo,
        user: UserId,
        cursor: DeliveryCursor,
        size: PageSize,
    ) -> Result<UserRecord, StoreError> {
        self.read(move |connection| {
            let mut installations = Vec::new();
            for stored in installations_of(connection, app, &user)? {
                installations.push(with_events(connection, stored, &user)?);
            }
            // One more than asked: whether there is a next page.
            let mut deliveries = deliveries_of(connection, app, &user, cursor, size.get() + 1)?;
            let shown = usize::try_from(size.get()).unwrap_or(usize::MAX);
            let more = deliveries.len() > shown;
            deliveries.truncate(shown);
            let revoked = revoked_at(connection, app, &user)?;
            Ok(UserRecord { installations, revoked, deliveries, more })
        })
        .await
    }

    /// Erases a user: ends his bindings with reason `erased`, cancels what waits for him, refuses his proofs from before
    /// now, and removes his id and what was written to him alone. What is on the wire keeps his id, for the wall:
    /// [`forget_ended`](Self::forget_ended) takes it. Not removed: the revoke, and his place in the list of a message to
    /// several users, which leaves with the message; his own parameters in it leave now.
    pub async fn erase_user(
        &self,
        app: AppNo,
        user: UserId,
        actor: String,
        now: Timestamp,
    ) -> Result<Erased, StoreError> {
        self.write(move |connection| {
            let bindings = bound(connection, app, &user)?;
            for (no, id) in &bindings {
                scribe(connection, app, *no, id, now, &actor).evict(*no, &Reason::Erased)?;
            }
            refuse_older_proofs(connection, app, &user, now)?;
            for (no, _) in &bindings {
                forget_person(connection, "installation = ?1", [no.0])?;
            }
            forget_person(connection, "app = ?1 AND reported_user = ?2", (app.0, user.as_str()))?;
            // What a binding left waiting was cancelled with it; this finds what was made for one that ended before.
            cancel_for_user(connection, (app, &user), &Reason::Erased, now)?;
            let messages = forget_texts(connection, app, &user)?;
            forget_params(connection, app, &user)?;
            let deliveries = forget_deliveries(connection, app, &user)?;
            Ok(Erased { unbound: bindings.len(), deliveries, messages })
        })
        .await
    }

    /// Removes the user's id from what has ended since he was erased. Ends nothing: he may have come back. Returns how
    /// many deliveries it took.
    pub async fn forget_ended(&self, app: AppNo, user: UserId) -> Result<usize, StoreError> {
        self.write(move |connection| forget_deliveries(connection, app, &user)).await
    }
}

/// Two searches by an index each; together they would read every installation.
fn installations_of(
    connection: &Connection,
    app: AppNo,
    user: &UserId,
) -> Result<Vec<StoredInstallation>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM installations WHERE installation IN
             (SELECT installation FROM installations WHERE app = ?1 AND user = ?2
              UNION SELECT installation FROM installations WHERE app = ?1 AND reported_user = ?2)
         ORDER BY installation",
    )?;
    let rows = query.query_map((app.0, user.as_str()), read_installation)?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn with_events(
    connection: &Connection,
    stored: StoredInstallation,
    user: &UserId,
) -> Result<UserRecordInstallation, StoreError> {
    let binding = stored.state.binding.as_ref().filter(|binding| binding.user == *user);
    let mut events = Vec::new();
    if let Some(binding) = binding {
        let mut query = connection.prepare_cached(
            "SELECT at_ms, what, reason, actor, detail FROM events WHERE installation = ?1 AND at_ms >= ?2
             ORDER BY event DESC LIMIT ?3",
        )?;
        let rows = query.query_map((stored.no.0, binding.since.as_ms(), EVENTS_SHOWN), read_event)?;
        events = rows.collect::<Result<_, _>>()?;
    }
    Ok(UserRecordInstallation { id: stored.id, state: stored.state, events })
}

fn deliveries_of(
    connection: &Connection,
    app: AppNo,
    user: &UserId,
    cursor: DeliveryCursor,
    limit: u32,
) -> Result<Vec<UserDelivery>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT d.delivery, d.state, d.reason, d.updated_ms, m.id, m.created_ms, m.payload, i.id AS installation_id,
             t.id AS template_id, t.version, nullif(p.params, '') AS params,
             (SELECT json_group_array(json_array(r.event, r.at_ms)) FROM receipts r
              WHERE r.message = d.message AND r.installation = d.installation) AS receipts
         FROM deliveries d JOIN messages m USING (message) LEFT JOIN installations i USING (installation)
             LEFT JOIN templates t ON t.template = m.template
             LEFT JOIN message_params p ON p.app = d.app AND p.user = d.user AND p.message = d.message
         WHERE d.app = ?1 AND d.user = ?2 AND d.delivery > ?3 ORDER BY d.delivery LIMIT ?4",
    )?;
    let rows = query.query_map((app.0, user.as_str(), cursor.0.0, limit), read_delivery)?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn read_delivery(row: &Row<'_>) -> rusqlite::Result<UserDelivery> {
    let receipts: Vec<(String, i64)> =
        serde_json::from_str(&row.get::<_, String>("receipts")?).unwrap_or_default();
    Ok(UserDelivery {
        no: row.get("delivery")?,
        message: checked(row.get::<_, String>("id")?, "id")?,
        created: Timestamp::from_ms(row.get("created_ms")?),
        payload: row.get("payload")?,
        template: read_template(row)?,
        installation: row.get::<_, Option<[u8; 16]>>("installation_id")?.map(InstallationId::from_stored),
        state: row.get("state")?,
        reason: row.get("reason")?,
        updated: Timestamp::from_ms(row.get("updated_ms")?),
        receipts: receipts
            .into_iter()
            .map(|(event, at)| (ReceiptEvent::from(event), Timestamp::from_ms(at)))
            .collect(),
    })
}

fn read_template(row: &Row<'_>) -> rusqlite::Result<Option<FilledTemplate>> {
    let Some(id) = row.get::<_, Option<String>>("template_id")? else { return Ok(None) };
    Ok(Some(FilledTemplate { id: checked(id, "id")?, version: row.get("version")?, own: row.get("params")? }))
}

/// What describes the person leaves; the phone's next PUT brings back what is still true of whoever holds it. The login
/// id stays: it names nobody, and a repeated PUT must not look like a clone's.
fn forget_person(
    connection: &Connection,
    which: &'static str,
    parameters: impl rusqlite::Params,
) -> Result<(), StoreError> {
    let mut forget = connection.prepare_cached(&format!(
        "UPDATE installations SET reported_user = NULL, locale = NULL, timezone = NULL, tags = '[]' WHERE {which}"
    ))?;
    forget.execute(parameters)?;
    Ok(())
}

/// The row of the message stays: its Idempotency-Key must go on naming it.
fn forget_texts(connection: &Connection, app: AppNo, user: &UserId) -> Result<usize, StoreError> {
    let mut forget = connection.prepare_cached(
        "UPDATE messages SET payload = '{}', audience = '{}'
         WHERE message IN (SELECT message FROM deliveries WHERE app = ?1 AND user = ?2)
             AND audience ->> '$.user' = ?2
             AND (SELECT sealed FROM message_progress p WHERE p.message = messages.message)",
    )?;
    Ok(forget.execute((app.0, user.as_str()))?)
}

fn forget_deliveries(connection: &Connection, app: AppNo, user: &UserId) -> Result<usize, StoreError> {
    let mut receipts = connection.prepare_cached(
        "DELETE FROM receipts WHERE (message, installation) IN
             (SELECT message, installation FROM deliveries WHERE app = ?1 AND user = ?2)",
    )?;
    receipts.execute((app.0, user.as_str()))?;
    let mut deliveries = connection.prepare_cached(
        "UPDATE deliveries SET user = NULL WHERE app = ?1 AND user = ?2 AND state NOT IN ('pending', 'leased')",
    )?;
    Ok(deliveries.execute((app.0, user.as_str()))?)
}
