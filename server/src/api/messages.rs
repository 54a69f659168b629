//! Messages: accept one, ask where it stands, cancel it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, StatusCode, request::Parts},
};
use pushbridge_wire::{
    DeliveryPage, MessageAccepted, MessageId, MessageRequest, MessageStatus, ProblemCode, Scope,
};
use serde::Deserialize;

use super::{
    auth::AppCaller,
    error::ApiError,
    json::{Json, JsonBody, QueryOf, path_part},
};
use crate::{
    app::App,
    intake::{IntakeError, accept_message},
    outbox::DeliveryNo,
    store::{DeliveryCursor, PageSize},
};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The message of the path.
pub struct MessagePath(pub MessageId);

impl<S: Send + Sync> FromRequestParts<S> for MessagePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(path_part(parts, state, "message").await?))
    }
}

/// `POST /v1/apps/{app}/messages`
pub async fn send_message(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    headers: HeaderMap,
    JsonBody(request): JsonBody<MessageRequest>,
) -> Result<(StatusCode, Json<MessageAccepted>), ApiError> {
    caller.require(Scope::Send)?;
    let accepted = accept_message(&app, &caller.row, idempotency_key(&headers)?, request).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// `GET /v1/apps/{app}/messages/{message}`
pub async fn get_message(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    MessagePath(id): MessagePath,
) -> Result<Json<MessageStatus>, ApiError> {
    caller.require(Scope::Read)?;
    let status = app.store.message_status(caller.row.no, id, app.clock.now()).await?;
    status.map(Json).ok_or_else(ApiError::not_found)
}

/// `DELETE /v1/apps/{app}/messages/{message}`
pub async fn cancel_message(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    MessagePath(id): MessagePath,
) -> Result<Json<MessageStatus>, ApiError> {
    caller.require(Scope::Send)?;
    let status = app.store.cancel_message(caller.row.no, id, app.clock.now()).await?;
    app.wake.work_waits();
    status.map(Json).ok_or_else(ApiError::not_found)
}

/// Which deliveries to show.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    cursor: Option<String>,
    limit: Option<u32>,
}

/// `GET /v1/apps/{app}/messages/{message}/deliveries?cursor=&limit=`
pub async fn list_deliveries(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    MessagePath(id): MessagePath,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<DeliveryPage>, ApiError> {
    caller.require(Scope::Read)?;
    let (cursor, size) = read_page(&query)?;
    let page = app.store.list_deliveries(caller.row.no, id, cursor, size).await?;
    page.map(Json).ok_or_else(ApiError::not_found)
}

pub(super) fn read_page(query: &PageQuery) -> Result<(DeliveryCursor, PageSize), ApiError> {
    let cursor = match &query.cursor {
        None => DeliveryCursor::START,
        Some(text) => {
            let number = text.parse().ok().filter(|number: &i64| *number >= 0);
            let number = number.ok_or_else(|| {
                ApiError::invalid_field("cursor", "give the next_cursor of the page before, unchanged")
            })?;
            DeliveryCursor(DeliveryNo(number))
        }
    };
    let size = match query.limit {
        None => PageSize::DEFAULT,
        Some(limit) => PageSize::new(limit).ok_or_else(|| {
            ApiError::invalid_field("limit", format!("a number from 1 to {}", PageSize::MAX))
        })?,
    };
    Ok((cursor, size))
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    match (value.to_str(), values.next()) {
        (Ok(key), None) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::invalid_field(IDEMPOTENCY_KEY, "send it once, in visible ASCII characters")),
    }
}

impl From<IntakeError> for ApiError {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Field { field, detail } => Self::invalid_field(field, detail),
            IntakeError::Payload(payload) => {
                let more = payload.more.len();
                let mut detail = payload.first.description;
                if more > 0 {
                    detail.push_str(&format!(" ({more} more faults after this one)"));
                }
                Self::new(ProblemCode::PayloadRejected, detail).at(payload.first.field)
            }
            IntakeError::KeyReused => {
                let detail = "this key was sent within the last 24 hours with other content: take a new key";
                Self::new(ProblemCode::IdempotencyKeyReused, detail)
            }
            IntakeError::Randomness(cause) => cause.into(),
            IntakeError::Store(cause) => cause.into(),
        }
    }
}

#[cfg(test)]
mod tests;
