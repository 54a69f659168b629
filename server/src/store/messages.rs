//! Messages: accepted with their deliveries in one transaction, and looked at.

use pushbridge_wire::{
    DeliveryCounts, MessageAccepted, MessageId, MessageState, MessageStatus, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    AppNo, Store, StoreError,
    audience::{Queue, queue_deliveries},
    receipts::count_receipts,
    rows::checked,
};
use crate::{
    intake::Audience,
    outbox::{CancelReason, DeliveryState, LaneNo},
};

/// A message that was checked and may be accepted.
#[derive(Clone)]
pub struct NewMessage {
    /// The app.
    pub app: AppNo,
    /// Its id.
    pub id: MessageId,
    /// Whom it is for.
    pub audience: Audience,
    /// The same as it came, for the record.
    pub audience_text: String,
    /// The checked FCM message as JSON.
    pub payload: String,
    /// How urgent.
    pub lane: LaneNo,
    /// FCM checks and delivers nothing.
    pub validate_only: bool,
    /// The moment of acceptance.
    pub created: Timestamp,
    /// Not before.
    pub send_at: Option<Timestamp>,
    /// No attempt after.
    pub expires: Timestamp,
    /// Makes a repetition of the request harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// The key of a request and what it was used for.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// As the backend gave it.
    pub key: String,
    /// SHA-256 of the canonical content.
    pub content: [u8; 32],
    /// A use before that moment is forgotten.
    pub since: Timestamp,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Acceptance {
    /// It is on disk with its deliveries.
    Accepted(MessageAccepted),
    /// It was accepted before, and is answered as it was then.
    Known(MessageAccepted),
    /// The key was used with other content. Nothing changed.
    KeyReused,
}

impl Store {
    /// Accepts a message: the idempotency key, the message and its deliveries, all or nothing.
    pub async fn save_message(&self, message: NewMessage) -> Result<Acceptance, StoreError> {
        self.write(move |connection| {
            if let Some(key) = &message.idempotency
                && let Some(known) = find_key(connection, message.app, key)?
            {
                return Ok(known);
            }
            let no = insert_message(connection, &message)?;
            let deliveries = queue_deliveries(
                connection,
                &message.audience,
                &Queue {
                    app: message.app,
                    message: no,
                    lane: message.lane,
                    due: message.send_at.unwrap_or(message.created).max(message.created),
                    expires: message.expires,
                    now: message.created,
                },
            )?;
            if let Some(key) = &message.idempotency {
                remember_key(connection, &message, key, no, deliveries)?;
            }
            Ok(Acceptance::Accepted(MessageAccepted { message_id: message.id, deliveries }))
        })
        .await
    }

    /// What a request with this key was answered, if there was one.
    pub async fn find_accepted(
        &self,
        app: AppNo,
        key: IdempotencyKey,
    ) -> Result<Option<Acceptance>, StoreError> {
        self.read(move |connection| find_key(connection, app, &key)).await
    }

    /// Where a message of this app stands.
    pub async fn message_status(
        &self,
        app: AppNo,
        id: MessageId,
        now: Timestamp,
    ) -> Result<Option<MessageStatus>, StoreError> {
        self.read(move |connection| read_status(connection, app, &id, now)).await
    }

    /// Cancels what of a message is not on the wire; what is, is not tried again. Nothing changes where all is over.
    pub async fn cancel_message(
        &self,
        app: AppNo,
        id: MessageId,
        now: Timestamp,
    ) -> Result<Option<MessageStatus>, StoreError> {
        self.write(move |connection| {
            let mut mark = connection.prepare_cached(
                "UPDATE messages SET cancelled_ms = ?3
                 WHERE app = ?1 AND id = ?2 AND cancelled_ms IS NULL AND EXISTS
                     (SELECT 1 FROM deliveries d WHERE d.message = messages.message AND d.state IN ('pending', 'leased'))
                 RETURNING message",
            )?;
            let marked: Option<i64> =
                mark.query_row((app.0, id.as_str(), now.as_ms()), |row| row.get(0)).optional()?;
            if let Some(no) = marked {
                let mut cancel = connection.prepare_cached(
                    "UPDATE deliveries SET state = 'cancelled', reason = ?2, updated_ms = ?3
                     WHERE message = ?1 AND state = 'pending'",
                )?;
                cancel.execute((no, CancelReason::MessageCancelled.as_str(), now.as_ms()))?;
            }
            read_status(connection, app, &id, now)
        })
        .await
    }
}

fn find_key(
    connection: &Connection,
    app: AppNo,
    key: &IdempotencyKey,
) -> Result<Option<Acceptance>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT k.content, m.id, k.deliveries FROM idempotency_keys k JOIN messages m USING (message)
         WHERE k.app = ?1 AND k.key = ?2 AND k.created_ms > ?3",
    )?;
    let read = |row: &Row<'_>| {
        let message_id = checked(row.get::<_, String>(1)?, "id")?;
        Ok((row.get::<_, [u8; 32]>(0)?, MessageAccepted { message_id, deliveries: row.get(2)? }))
    };
    let found = query.query_row((app.0, &key.key, key.since.as_ms()), read).optional()?;
    Ok(found.map(|(content, accepted)| {
        if content == key.content { Acceptance::Known(accepted) } else { Acceptance::KeyReused }
    }))
}

fn remember_key(
    connection: &Connection,
    message: &NewMessage,
    key: &IdempotencyKey,
    no: i64,
    deliveries: u64,
) -> Result<(), StoreError> {
    // Only a forgotten use can stand there.
    let mut insert = connection.prepare_cached(
        "INSERT OR REPLACE INTO idempotency_keys (app, key, content, message, deliveries, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    insert.execute((message.app.0, &key.key, key.content, no, deliveries, message.created.as_ms()))?;
    Ok(())
}

fn insert_message(connection: &Connection, message: &NewMessage) -> Result<i64, StoreError> {
    let mut insert = connection.prepare_cached(
        "INSERT INTO messages (id, app, audience, payload, lane, validate_only, created_ms, send_at_ms, expires_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?;
    Ok(insert.insert((
        message.id.as_str(),
        message.app.0,
        &message.audience_text,
        &message.payload,
        message.lane.0,
        message.validate_only,
        message.created.as_ms(),
        message.send_at.map(Timestamp::as_ms),
        message.expires.as_ms(),
    ))?)
}

struct MessageRow {
    no: i64,
    lane: LaneNo,
    created: Timestamp,
    send_at: Option<Timestamp>,
    expires: Timestamp,
    cancelled: bool,
}

fn read_status(
    connection: &Connection,
    app: AppNo,
    id: &MessageId,
    now: Timestamp,
) -> Result<Option<MessageStatus>, StoreError> {
    let Some(row) = find_message(connection, app, id)? else { return Ok(None) };
    let counts = count_deliveries(connection, row.no)?;
    let DeliveryCounts { pending, leased, sent, failed, expired, cancelled } = counts;
    let open = pending + leased;
    let state = match row.send_at {
        _ if row.cancelled => MessageState::Cancelled,
        _ if open == 0 => MessageState::Done,
        Some(at) if at > now => MessageState::Scheduled,
        _ => MessageState::Sending,
    };
    Ok(Some(MessageStatus {
        message_id: id.clone(),
        state,
        deliveries: open + sent + failed + expired + cancelled,
        counts,
        created_at: row.created,
        send_at: row.send_at,
        expires_at: row.expires,
        lane: row.lane.lane(),
        receipts: count_receipts(connection, app, id)?,
    }))
}

fn find_message(
    connection: &Connection,
    app: AppNo,
    id: &MessageId,
) -> Result<Option<MessageRow>, StoreError> {
    let mut query = connection.prepare_cached("SELECT * FROM messages WHERE app = ?1 AND id = ?2")?;
    let read = |row: &Row<'_>| {
        Ok(MessageRow {
            no: row.get("message")?,
            lane: LaneNo(row.get("lane")?),
            created: Timestamp::from_ms(row.get("created_ms")?),
            send_at: row.get::<_, Option<i64>>("send_at_ms")?.map(Timestamp::from_ms),
            expires: Timestamp::from_ms(row.get("expires_ms")?),
            cancelled: row.get::<_, Option<i64>>("cancelled_ms")?.is_some(),
        })
    };
    Ok(query.query_row((app.0, id.as_str()), read).optional()?)
}

fn count_deliveries(connection: &Connection, message: i64) -> Result<DeliveryCounts, StoreError> {
    let mut query =
        connection.prepare_cached("SELECT state, count(*) FROM deliveries WHERE message = ?1 GROUP BY state")?;
    let mut counts = DeliveryCounts::default();
    let mut rows = query.query([message])?;
    while let Some(row) = rows.next()? {
        let state = DeliveryState::parse(&row.get::<_, String>(0)?).ok_or(StoreError::BadRow("state"))?;
        let count = match state {
            DeliveryState::Pending => &mut counts.pending,
            DeliveryState::Leased => &mut counts.leased,
            DeliveryState::Sent => &mut counts.sent,
            DeliveryState::Failed => &mut counts.failed,
            DeliveryState::Expired => &mut counts.expired,
            DeliveryState::Cancelled => &mut counts.cancelled,
        };
        *count = row.get(1)?;
    }
    Ok(counts)
}
