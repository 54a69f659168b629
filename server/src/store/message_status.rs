//! Where a message stands, and its cancellation.

use pushbridge_wire::{DeliveryCounts, MessageId, MessageState, MessageStatus, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{AppNo, Store, StoreError, receipts::count_receipts};
use crate::outbox::{CancelReason, DeliveryState, LaneNo};

impl Store {
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
    let mut query = connection
        .prepare_cached("SELECT state, count(*) FROM deliveries WHERE message = ?1 GROUP BY state")?;
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
