//! The messages of one batch of claims: of many deliveries each is read once.

use std::{collections::HashMap, sync::Arc};

use rusqlite::Connection;

use super::variant::{TemplateMessage, VariantCache};
use crate::{
    outbox::{DeliveryNo, OutgoingMessage, Payload},
    store::{StoreError, TemplateNo, rows::checked},
};

/// What the deliveries of a message have in common.
#[derive(Clone)]
pub(super) struct MessagePart {
    outgoing: Arc<OutgoingMessage>,
    pub(super) cancelled: bool,
    /// Where it fills one, each delivery brings a variant of its own.
    template: Option<TemplateMessage>,
}

/// Messages and variants of one batch.
#[derive(Default)]
pub(super) struct MessageCache {
    messages: HashMap<i64, MessagePart>,
    variants: VariantCache,
}

impl MessageCache {
    /// Reads a message, unless this batch has.
    pub(super) fn read(&mut self, connection: &Connection, no: i64) -> Result<MessagePart, StoreError> {
        if let Some(part) = self.messages.get(&no) {
            return Ok(part.clone());
        }
        let mut query = connection.prepare_cached(
            "SELECT id, payload, validate_only, cancelled_ms, template FROM messages WHERE message = ?1",
        )?;
        let part = query.query_row([no], |row| {
            let payload: String = row.get(1)?;
            let template = row.get::<_, Option<i64>>(4)?.map(|version| TemplateMessage {
                message: no,
                version: TemplateNo(version),
                shared: payload.as_str().into(),
            });
            let outgoing = OutgoingMessage {
                id: checked(row.get::<_, String>(0)?, "id")?,
                payload: Payload::Message(payload),
                validate_only: row.get(2)?,
                prepared: Default::default(),
            };
            let cancelled = row.get::<_, Option<i64>>(3)?.is_some();
            Ok(MessagePart { outgoing: Arc::new(outgoing), cancelled, template })
        })?;
        self.messages.insert(no, part.clone());
        Ok(part)
    }

    /// What `delivery` brings of the message.
    pub(super) fn outgoing(
        &mut self,
        connection: &Connection,
        delivery: DeliveryNo,
        part: MessagePart,
    ) -> Result<Arc<OutgoingMessage>, StoreError> {
        match part.template {
            None => Ok(part.outgoing),
            Some(template) => self.variants.outgoing(connection, delivery, &template, &part.outgoing),
        }
    }
}
