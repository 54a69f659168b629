//! What a delivery of a template's message brings: the variant of its phone's locale, with its user's parameters.
//!
//! Only such deliveries come here. What is the same for many is made once a batch: a version is read once, and what a
//! variant says to everybody, or to one user on all his phones, is one message, which is filled and written once.

use std::{collections::HashMap, sync::Arc};

use rusqlite::{Connection, OptionalExtension};

use crate::{
    outbox::{DeliveryNo, OutgoingMessage, Payload},
    store::{StoreError, TemplateNo},
    template::{FilledVariant, Variants},
};

/// A message that fills a template, as far as all of its deliveries have it in common.
#[derive(Clone)]
pub(super) struct TemplateMessage {
    pub(super) message: i64,
    pub(super) version: TemplateNo,
    /// The parameters for everybody, as JSON.
    pub(super) shared: Arc<str>,
}

/// Templates and variants of one batch: what is filled is let go with it.
#[derive(Default)]
pub(super) struct VariantCache {
    versions: HashMap<TemplateNo, Arc<Variants>>,
    filled: HashMap<Filled, Arc<OutgoingMessage>>,
}

/// What makes two deliveries bring the same.
#[derive(PartialEq, Eq, Hash)]
struct Filled {
    message: i64,
    variant: String,
    /// Where he has parameters of his own.
    user: Option<String>,
}

impl VariantCache {
    /// What `delivery` brings. `like` is any delivery's message: its id and whether FCM only checks.
    pub(super) fn outgoing(
        &mut self,
        connection: &Connection,
        delivery: DeliveryNo,
        template: &TemplateMessage,
        like: &OutgoingMessage,
    ) -> Result<Arc<OutgoingMessage>, StoreError> {
        let mut query = connection.prepare_cached(
            "SELECT i.locale, p.params, p.user FROM deliveries d LEFT JOIN installations i USING (installation)
                 LEFT JOIN message_params p ON p.app = d.app AND p.user = d.user AND p.message = d.message
             WHERE d.delivery = ?1",
        )?;
        let (locale, own, user): (Option<String>, Option<String>, Option<String>) =
            query.query_row([delivery.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let variants = self.version(connection, template.version)?;
        let name = variants.choose(locale.as_deref()).to_owned();
        let key = Filled { message: template.message, variant: name.clone(), user };
        if let Some(outgoing) = self.filled.get(&key) {
            return Ok(Arc::clone(outgoing));
        }
        let filled = FilledVariant { variants, name, shared: Arc::clone(&template.shared), own };
        let outgoing = Arc::new(OutgoingMessage {
            id: like.id.clone(),
            payload: Payload::Template(filled),
            validate_only: like.validate_only,
            prepared: Default::default(),
        });
        self.filled.insert(key, Arc::clone(&outgoing));
        Ok(outgoing)
    }

    fn version(&mut self, connection: &Connection, no: TemplateNo) -> Result<Arc<Variants>, StoreError> {
        if let Some(variants) = self.versions.get(&no) {
            return Ok(Arc::clone(variants));
        }
        let mut query = connection.prepare_cached("SELECT body FROM templates WHERE template = ?1")?;
        let body: Option<String> = query.query_row([no.0], |row| row.get(0)).optional()?;
        let variants = body.and_then(|body| Variants::read(&body).ok());
        let variants = Arc::new(variants.ok_or(StoreError::BadRow("template"))?);
        self.versions.insert(no, Arc::clone(&variants));
        Ok(variants)
    }
}
