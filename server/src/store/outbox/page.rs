//! Shows the deliveries of a message, page by page.

use pushbridge_wire::{AddressKind, DeliveryPage, DeliveryView, InstallationId, MessageId, Timestamp};
use rusqlite::{OptionalExtension, Row};

use crate::{
    outbox::{DeliveryNo, DeliveryState},
    store::{AppNo, Store, StoreError, rows::checked},
};

/// Where a page starts: behind this delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryCursor(pub DeliveryNo);

impl DeliveryCursor {
    /// In front of the first delivery.
    pub const START: Self = Self(DeliveryNo(0));
}

/// How many deliveries a page has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageSize(u32);

impl PageSize {
    /// Unless asked otherwise.
    pub const DEFAULT: Self = Self(100);
    /// At most.
    pub const MAX: u32 = 1_000;

    /// That many; none outside 1 to [`MAX`](Self::MAX).
    #[must_use]
    pub fn new(size: u32) -> Option<Self> {
        (1..=Self::MAX).contains(&size).then_some(Self(size))
    }

    /// As a number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// In the order of `deliveries_message`: nothing is sorted, however many deliveries the message has.
pub(super) const PAGE: &str = "
    SELECT d.*, i.id AS installation_id FROM deliveries d LEFT JOIN installations i USING (installation)
    WHERE d.message = ?1 AND d.delivery > ?2 ORDER BY d.delivery LIMIT ?3";

impl Store {
    /// One page of the deliveries of a message of this app, in the order of their numbers. No address.
    pub async fn list_deliveries(
        &self,
        app: AppNo,
        id: MessageId,
        cursor: DeliveryCursor,
        size: PageSize,
    ) -> Result<Option<DeliveryPage>, StoreError> {
        self.read(move |connection| {
            let mut find =
                connection.prepare_cached("SELECT message FROM messages WHERE app = ?1 AND id = ?2")?;
            let found: Option<i64> = find.query_row((app.0, id.as_str()), |row| row.get(0)).optional()?;
            let Some(message) = found else { return Ok(None) };
            let mut query = connection.prepare_cached(PAGE)?;
            // One more than asked: whether there is a next page.
            let rows = query.query_map((message, cursor.0.0, size.0 + 1), read_view)?;
            let mut deliveries = rows.collect::<Result<Vec<_>, _>>()?;
            let shown = usize::try_from(size.0).unwrap_or(usize::MAX);
            let more = deliveries.len() > shown;
            deliveries.truncate(shown);
            let next = deliveries.last().filter(|_| more);
            Ok(Some(DeliveryPage { next_cursor: next.map(|last| last.delivery_id.to_string()), deliveries }))
        })
        .await
    }
}

fn read_view(row: &Row<'_>) -> rusqlite::Result<DeliveryView> {
    let state: String = row.get("state")?;
    let state = DeliveryState::parse(&state).ok_or_else(|| {
        rusqlite::Error::InvalidColumnType(0, "state".to_owned(), rusqlite::types::Type::Text)
    })?;
    let due = Timestamp::from_ms(row.get("due_ms")?);
    Ok(DeliveryView {
        delivery_id: row.get("delivery")?,
        installation: row.get::<_, Option<[u8; 16]>>("installation_id")?.map(InstallationId::from_stored),
        user: row.get::<_, Option<String>>("user")?.map(|user| checked(user, "user")).transpose()?,
        state: state.into(),
        reason: row.get("reason")?,
        attempts: row.get("attempts")?,
        address_kind: row.get::<_, Option<String>>("wire_kind")?.map(AddressKind::from),
        fcm_name: row.get("fcm_name")?,
        due_at: (state == DeliveryState::Pending).then_some(due),
        updated_at: Timestamp::from_ms(row.get("updated_ms")?),
    })
}
