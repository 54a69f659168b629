//! Receipts that wait for the next sync.

use pushbridge_wire::{MessageId, Receipt, ReceiptEvent, Timestamp};

use super::{Store, StoreError};

/// The newest that are kept: a phone that is offline for weeks must not fill its disk with them.
pub(crate) const RECEIPTS_KEPT: u32 = 1_000;

/// A receipt with its place in the store.
#[derive(Clone)]
pub(crate) struct StoredReceipt {
    /// Grows with every receipt.
    pub(crate) number: i64,
    /// The receipt.
    pub(crate) receipt: Receipt,
}

impl Store {
    /// Remembers a receipt; false if it was known. Drops the oldest above [`RECEIPTS_KEPT`].
    pub(crate) fn add_receipt(&mut self, receipt: &Receipt) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction()?;
        let added = transaction.execute(
            "INSERT OR IGNORE INTO receipt (message_id, event, at_ms) VALUES (?1, ?2, ?3)",
            (receipt.message_id.as_str(), receipt.event.as_str(), receipt.at.as_ms()),
        )?;
        transaction.execute(
            "DELETE FROM receipt WHERE number <= (SELECT number FROM receipt ORDER BY number DESC LIMIT 1 OFFSET ?1)",
            [RECEIPTS_KEPT],
        )?;
        transaction.commit()?;
        Ok(added > 0)
    }

    /// How many wait.
    pub(crate) fn count_receipts(&self) -> Result<u32, StoreError> {
        Ok(self.connection.query_row("SELECT count(*) FROM receipt", [], |row| row.get(0))?)
    }

    /// The oldest `limit`.
    pub(crate) fn load_receipts(&self, limit: u32) -> Result<Vec<StoredReceipt>, StoreError> {
        let mut query = self.connection.prepare_cached(
            "SELECT number, message_id, event, at_ms FROM receipt ORDER BY number LIMIT ?1",
        )?;
        let rows = query.query_map([limit], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, i64>(3)?,
            ))
        })?;
        let mut receipts = Vec::new();
        for row in rows {
            let (number, message_id, event, at_ms) = row?;
            // One that a newer core wrote in another form is none that can be sent; it goes with the batch.
            let Ok(message_id) = MessageId::try_from(message_id) else { continue };
            let (event, at) = (ReceiptEvent::from(event), Timestamp::from_ms(at_ms));
            receipts.push(StoredReceipt { number, receipt: Receipt { message_id, event, at } });
        }
        Ok(receipts)
    }

    /// Forgets those up to `number`, which the server has or will never take.
    pub(crate) fn drop_receipts_up_to(&mut self, number: i64) -> Result<(), StoreError> {
        self.connection.execute("DELETE FROM receipt WHERE number <= ?1", [number])?;
        Ok(())
    }
}
