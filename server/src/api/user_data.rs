//! A person asks what is stored about him, or that it be erased.
//!
//! In: a user. Out: everything about him as JSON, or what erasing him came to. Next: the back end, which answers the
//! person.

use std::sync::Arc;

use axum::extract::State;
use pushbridge_wire::{InstallationId, MessageId, ReceiptEvent, Scope, TemplateId, Timestamp, UserId, Wall};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    auth::AppCaller,
    error::ApiError,
    json::{Json, QueryOf, UserPath},
    messages::{PageQuery, read_page},
    users::{EventView, InstallationView},
};
use crate::{
    app::App,
    registry::wait_for_user,
    store::{FilledTemplate, UserDelivery, UserRecord, UserRecordInstallation},
    template::{Params, merged},
};

/// Everything stored about a user, with one page of what was sent to him. No address value.
#[derive(Debug, Serialize)]
pub struct UserExport {
    user: UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    proofs_refused_before: Option<Timestamp>,
    installations: Vec<ExportedInstallation>,
    deliveries: Vec<ExportedDelivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// An installation that the user is bound to, or that reported him last.
#[derive(Debug, Serialize)]
pub struct ExportedInstallation {
    #[serde(flatten)]
    view: InstallationView,
    #[serde(skip_serializing_if = "Option::is_none")]
    bound_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timezone: Option<String>,
    tags: Vec<String>,
    events: Vec<EventView>,
}

/// What was sent to the user, once per installation.
#[derive(Debug, Serialize)]
pub struct ExportedDelivery {
    message_id: MessageId,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<ExportedTemplate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    installation: Option<InstallationId>,
    state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    updated_at: Timestamp,
    receipts: Vec<ExportedReceipt>,
}

/// The template that the message filled, in the phone's language of that moment.
#[derive(Debug, Serialize)]
pub struct ExportedTemplate {
    id: TemplateId,
    version: u64,
    /// Those for everybody and his own, laid over them.
    params: Params,
}

impl ExportedTemplate {
    fn of(template: FilledTemplate, shared: &str) -> Result<Self, ApiError> {
        let read =
            |text: &str| serde_json::from_str::<Params>(text).map_err(|error| ApiError::internal(&error));
        let own = template.own.as_deref().map(read).transpose()?.unwrap_or_default();
        Ok(Self { id: template.id, version: template.version, params: merged(&read(shared)?, &own) })
    }
}

/// What a phone saw of it.
#[derive(Debug, Serialize)]
pub struct ExportedReceipt {
    event: ReceiptEvent,
    at: Timestamp,
}

/// `GET /v1/apps/{app}/users/{user}/export?cursor=&limit=`
pub async fn export_user(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    UserPath(user): UserPath,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<UserExport>, ApiError> {
    caller.require(Scope::Manage)?;
    let (cursor, size) = read_page(&query)?;
    let record = app.store.user_record(caller.row.no, user.clone(), cursor, size).await?;
    let UserRecord { installations, revoked, deliveries, more } = record;
    let next_cursor = deliveries.last().filter(|_| more).map(|last| last.no.to_string());
    let deliveries = deliveries.into_iter().map(ExportedDelivery::of).collect::<Result<_, _>>()?;
    let installations =
        installations.into_iter().map(|found| ExportedInstallation::of(found, &user)).collect();
    Ok(Json(UserExport { user, proofs_refused_before: revoked, installations, deliveries, next_cursor }))
}

impl ExportedInstallation {
    fn of(found: UserRecordInstallation, user: &UserId) -> Self {
        let view = InstallationView::of(found.id, &found.state);
        let binding = found.state.binding.filter(|binding| binding.user == *user);
        let attributes = found.state.attributes;
        Self {
            view,
            bound_since: binding.map(|binding| binding.since),
            os_version: attributes.os_version,
            timezone: attributes.timezone,
            tags: attributes.tags.into(),
            events: found.events.into_iter().map(EventView::of).collect(),
        }
    }
}

impl ExportedDelivery {
    fn of(delivery: UserDelivery) -> Result<Self, ApiError> {
        let (message, template) = match delivery.template {
            Some(template) => (None, Some(ExportedTemplate::of(template, &delivery.payload)?)),
            None => (Some(delivery.payload), None),
        };
        let message = message.map(RawValue::from_string).transpose();
        let receipts = delivery.receipts.into_iter().map(|(event, at)| ExportedReceipt { event, at });
        Ok(Self {
            message_id: delivery.message,
            created_at: delivery.created,
            message: message.map_err(|error| ApiError::internal(&error))?,
            template,
            installation: delivery.installation,
            state: delivery.state,
            reason: delivery.reason,
            updated_at: delivery.updated,
            receipts: receipts.collect(),
        })
    }
}

/// What an erasure came to.
#[derive(Debug, Serialize)]
pub struct UserErased {
    unbound: usize,
    deliveries: usize,
    messages: usize,
    wall: Wall,
}

/// `DELETE /v1/apps/{app}/users/{user}`
pub async fn erase_user(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    UserPath(user): UserPath,
) -> Result<Json<UserErased>, ApiError> {
    caller.require(Scope::Manage)?;
    let actor = format!("key {}", caller.caller.key_id());
    let no = caller.row.no;
    let erased = app.store.erase_user(no, user.clone(), actor, app.clock.now()).await?;
    app.wake.deliveries_due();
    let wall = wait_for_user(&app, no, &user).await?;
    // What was on the wire kept his id until now, so that the wall could see it.
    let ended = app.store.forget_ended(no, user).await?;
    Ok(Json(UserErased {
        unbound: erased.unbound,
        deliveries: erased.deliveries + ended,
        messages: erased.messages,
        wall,
    }))
}
