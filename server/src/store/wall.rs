//! The wall: what is still on the wire to a phone that was left.

use pushbridge_wire::{Timestamp, UserId};
use rusqlite::OptionalExtension;

use super::{AppNo, InstallationNo, Store, StoreError};

/// The server's own data messages say nothing for a user; bare addresses, topics and conditions neither.
///
/// Asked again at every settlement while a logout waits: of each value, only what is leased is read. Left to itself SQLite
/// takes the index of deliveries by user, and reads for each value all that the app keeps.
const TO_INSTALLATION: &str = "
    SELECT 1 FROM held_addresses h
    JOIN deliveries d INDEXED BY deliveries_wire
        ON d.app = h.app AND d.wire_key = h.address_key AND d.state = 'leased'
    WHERE h.installation = ?2 AND h.app = ?1 AND d.user IS NOT NULL AND d.lease_until_ms > ?4
        AND NOT (d.installation = ?2 AND d.epoch IS ?3)
    LIMIT 1";

/// Reads what is leased, of which there is never much, instead of all that the user got in weeks.
const TO_USER: &str = "
    SELECT 1 FROM deliveries d INDEXED BY deliveries_wire
    WHERE d.app = ?1 AND d.user = ?2 AND d.state = 'leased' AND d.lease_until_ms > ?3
        AND NOT EXISTS (SELECT 1 FROM installations i
            WHERE i.installation = d.installation AND i.user = d.user AND i.epoch = d.epoch)
    LIMIT 1";

impl Store {
    /// Whether an attempt is on the wire to any value that `installation` holds or held, by whichever installation,
    /// except those that it made in its own epoch `present`. On the wire is what a durable lease says.
    pub async fn on_the_wire(
        &self,
        app: AppNo,
        installation: InstallationNo,
        present: Option<u64>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(TO_INSTALLATION)?;
            let found =
                query.query_row((app.0, installation.0, present, now.as_ms()), |_| Ok(())).optional()?;
            Ok(found.is_some())
        })
        .await
    }

    /// Whether an attempt of a message for `user` is on the wire that was made for a binding that has ended since.
    pub async fn on_the_wire_to_user(
        &self,
        app: AppNo,
        user: UserId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached(TO_USER)?;
            let found = query.query_row((app.0, user.as_str(), now.as_ms()), |_| Ok(())).optional()?;
            Ok(found.is_some())
        })
        .await
    }
}

#[cfg(test)]
mod tests;
