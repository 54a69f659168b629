//! Where a message stands, and its cancellation.

use pushbridge_wire::{
    DeliveryCounts, LocalTime, MessageId, MessageState, MessageStatus, ReceiptCounts, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{AppNo, Store, StoreError, message_work::begin_cancelling, rows::checked};
use crate::outbox::LaneNo;

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

    /// Cancels a message: no further delivery is made, what is not on the wire is not sent, what is on it is not tried
    /// again. Nothing changes where all is over. Many deliveries are marked as cancelled bit by bit afterwards; none of
    /// them is sent meanwhile.
    pub async fn cancel_message(
        &self,
        app: AppNo,
        id: MessageId,
        now: Timestamp,
    ) -> Result<Option<MessageStatus>, StoreError> {
        self.write(move |connection| {
            let mut mark = connection.prepare_cached(
                "UPDATE messages SET cancelled_ms = ?3
                 WHERE app = ?1 AND id = ?2 AND cancelled_ms IS NULL AND message IN
                     (SELECT message FROM message_progress WHERE finished_ms IS NULL)
                 RETURNING message",
            )?;
            let marked: Option<i64> =
                mark.query_row((app.0, id.as_str(), now.as_ms()), |row| row.get(0)).optional()?;
            if let Some(no) = marked {
                begin_cancelling(connection, no, now)?;
            }
            read_status(connection, app, &id, now)
        })
        .await
    }
}

/// A message with its progress, as it stands in the store.
struct MessageRow {
    no: i64,
    lane: LaneNo,
    created: Timestamp,
    send_at: Option<Timestamp>,
    send_at_local: Option<LocalTime>,
    expires: Timestamp,
    cancelled: bool,
    deliveries: u64,
    sealed: bool,
    /// Ended deliveries by state; `pending` and `leased` are empty.
    ended: DeliveryCounts,
    receipts: ReceiptCounts,
    finished: Option<Timestamp>,
}

impl MessageRow {
    fn state(&self, now: Timestamp) -> MessageState {
        let waits = self.send_at.is_some_and(|at| at > now);
        match self {
            _ if self.cancelled => MessageState::Cancelled,
            _ if self.finished.is_some() => MessageState::Done,
            _ if waits => MessageState::Scheduled,
            _ if self.sealed => MessageState::Sending,
            _ => MessageState::Expanding,
        }
    }

    /// What has not ended and is with no sender is pending.
    fn counts(&self, leased: u64) -> DeliveryCounts {
        let DeliveryCounts { sent, failed, expired, cancelled, .. } = self.ended;
        let over = sent + failed + expired + cancelled + leased;
        DeliveryCounts { pending: self.deliveries.saturating_sub(over), leased, ..self.ended }
    }
}

fn read_status(
    connection: &Connection,
    app: AppNo,
    id: &MessageId,
    now: Timestamp,
) -> Result<Option<MessageStatus>, StoreError> {
    let Some(row) = find_message(connection, app, id)? else { return Ok(None) };
    Ok(Some(MessageStatus {
        message_id: id.clone(),
        state: row.state(now),
        deliveries: row.deliveries,
        counts: row.counts(count_leased(connection, row.no)?),
        created_at: row.created,
        send_at: row.send_at,
        send_at_local: row.send_at_local,
        expires_at: row.expires,
        finished_at: row.finished,
        lane: row.lane.lane(),
        receipts: row.receipts,
    }))
}

fn find_message(
    connection: &Connection,
    app: AppNo,
    id: &MessageId,
) -> Result<Option<MessageRow>, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT * FROM messages JOIN message_progress USING (message) WHERE app = ?1 AND id = ?2",
    )?;
    Ok(query.query_row((app.0, id.as_str()), read_message).optional()?)
}

fn read_message(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let time = |column| Ok::<_, rusqlite::Error>(row.get::<_, Option<i64>>(column)?.map(Timestamp::from_ms));
    let local = row.get::<_, Option<String>>("send_at_local")?;
    Ok(MessageRow {
        no: row.get("message")?,
        lane: LaneNo(row.get("lane")?),
        created: Timestamp::from_ms(row.get("created_ms")?),
        send_at: time("send_at_ms")?,
        send_at_local: local.map(|text| checked(text, "send_at_local")).transpose()?,
        expires: Timestamp::from_ms(row.get("expires_ms")?),
        cancelled: time("cancelled_ms")?.is_some(),
        deliveries: row.get("deliveries")?,
        sealed: row.get("sealed")?,
        ended: DeliveryCounts {
            sent: row.get("sent")?,
            failed: row.get("failed")?,
            expired: row.get("expired")?,
            cancelled: row.get("cancelled")?,
            ..DeliveryCounts::default()
        },
        receipts: ReceiptCounts {
            received: row.get("received")?,
            shown: row.get("shown")?,
            opened: row.get("opened")?,
        },
        finished: time("finished_ms")?,
    })
}

/// Looks only at what is leased at all: as much as is in flight.
fn count_leased(connection: &Connection, message: i64) -> Result<u64, StoreError> {
    let mut query = connection.prepare_cached(
        "SELECT count(*) FROM deliveries INDEXED BY deliveries_wire WHERE state = 'leased' AND message = ?1",
    )?;
    Ok(query.query_row([message], |row| row.get(0))?)
}
