//! Receipts: what phones saw of a message.

use pushbridge_wire::{InstallationId, Receipt, ReceiptEvent};

use super::{AppNo, Store, StoreError, UnknownInstallation, installations::authenticated};

impl Store {
    /// Remembers receipts, each once per message, event and installation. Of messages that are gone or belong to
    /// another app nothing is kept.
    pub async fn add_receipts(
        &self,
        app: AppNo,
        id: InstallationId,
        secret_hash: [u8; 32],
        receipts: Vec<Receipt>,
    ) -> Result<Result<(), UnknownInstallation>, StoreError> {
        self.write(move |connection| {
            let Some(installation) = authenticated(connection, app, &id, &secret_hash)? else {
                return Ok(Err(UnknownInstallation));
            };
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO receipts (message, installation, event, at_ms)
                 SELECT message, ?3, ?4, ?5 FROM messages WHERE app = ?1 AND id = ?2",
            )?;
            for receipt in receipts {
                // An event of a newer core is nothing that could be counted.
                if !matches!(receipt.event, ReceiptEvent::Other(_)) {
                    let (message, at) = (receipt.message_id.as_str(), receipt.at.as_ms());
                    insert.execute((app.0, message, installation.no.0, receipt.event.as_str(), at))?;
                }
            }
            Ok(Ok(()))
        })
        .await
    }
}
