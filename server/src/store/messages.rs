//! Messages: accepted with their first deliveries in one transaction.

use pushbridge_wire::{MessageAccepted, MessageId, Timestamp, UserId};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{
    AppNo, Store, StoreError, TemplateNo, message_params::insert_params, message_work::begin_expanding,
    rows::checked,
};
use crate::{
    intake::{Audience, SendTime},
    outbox::LaneNo,
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
    /// What it says.
    pub content: NewContent,
    /// How urgent.
    pub lane: LaneNo,
    /// FCM checks and delivers nothing.
    pub validate_only: bool,
    /// The moment of acceptance.
    pub created: Timestamp,
    /// Not before.
    pub send_at: Option<SendTime>,
    /// Its audience is looked up then, not at once.
    pub expand_at: Option<Timestamp>,
    /// No attempt after.
    pub expires: Timestamp,
    /// Makes a repetition of the request harmless.
    pub idempotency: Option<IdempotencyKey>,
}

/// What a message says.
#[derive(Clone)]
pub enum NewContent {
    /// The same to everybody: the checked FCM message as JSON.
    Message(String),
    /// What a template makes of it. Every variant was filled and checked.
    Template {
        /// The version: what is saved later does not count.
        version: TemplateNo,
        /// Parameters for everybody, as JSON.
        params: String,
        /// Those of single users, as JSON.
        own: Vec<(UserId, String)>,
    },
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
    /// It is on disk with its first deliveries, most often all.
    Accepted(MessageAccepted),
    /// It was accepted before, and is answered as it was then.
    Known(MessageAccepted),
    /// The key was used with other content. Nothing changed.
    KeyReused,
}

impl NewMessage {
    /// Whether parameters of single users came with it.
    pub(super) fn has_own_params(&self) -> bool {
        matches!(&self.content, NewContent::Template { own, .. } if !own.is_empty())
    }
}

impl Store {
    /// Accepts a message: the idempotency key, the message with its parameters, its first deliveries and what is left to
    /// do, all or nothing.
    pub async fn save_message(&self, message: NewMessage) -> Result<Acceptance, StoreError> {
        self.write(move |connection| {
            if let Some(key) = &message.idempotency
                && let Some(known) = find_key(connection, message.app, key)?
            {
                return Ok(known);
            }
            let no = insert_message(connection, &message)?;
            if let NewContent::Template { own, .. } = &message.content {
                insert_params(connection, message.app, no, own)?;
            }
            let deliveries = begin_expanding(connection, no, &message)?;
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
    Ok(found.map(
        |(content, accepted)| {
            if content == key.content { Acceptance::Known(accepted) } else { Acceptance::KeyReused }
        },
    ))
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
        "INSERT INTO messages (id, app, audience, payload, lane, validate_only, created_ms, send_at_ms, send_at_local,
             expires_ms, template)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?;
    let (payload, template) = match &message.content {
        NewContent::Message(payload) => (payload, None),
        NewContent::Template { version, params, .. } => (params, Some(version.0)),
    };
    let local = match message.send_at {
        Some(SendTime::Local(local)) => Some(local.to_string()),
        Some(SendTime::At(_)) | None => None,
    };
    Ok(insert.insert((
        message.id.as_str(),
        message.app.0,
        &message.audience_text,
        payload,
        message.lane.0,
        message.validate_only,
        message.created.as_ms(),
        message.send_at.map(|at| at.earliest().as_ms()),
        local,
        message.expires.as_ms(),
        template,
    ))?)
}
