//! What the back end asks and does about a user: devices, revoke, token, why he would or would not get a push.

use std::sync::Arc;

use axum::extract::State;
use pushbridge_wire::{InstallationId, Scope, Timestamp, UserId, UserTokenRequest, UserTokenResponse, Wall};
use serde::{Deserialize, Serialize};

use super::{
    auth::AppCaller,
    error::ApiError,
    json::{InstallationPath, Json, JsonBody, QueryOf, UserPath},
};
use crate::{
    app::App,
    identity::sign_user_token,
    registry::{Installation, Slot, wait_for_user},
    store::{EventRow, UserInstallation},
};

/// A user token lives one hour unless asked otherwise, and a day at most: a revoke is what ends one early.
const TOKEN_TTL: std::time::Duration = std::time::Duration::from_secs(3_600);
const TOKEN_TTL_MAX: std::time::Duration = std::time::Duration::from_secs(86_400);
const EVENTS_SHOWN: u32 = 200;

/// An installation, as the back end sees it. No address value.
#[derive(Debug, Serialize)]
pub struct InstallationView {
    installation: InstallationId,
    platform: String,
    address_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_kind: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_fingerprint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    permission: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<String>,
    epoch: Option<u64>,
    last_seen: Timestamp,
}

impl InstallationView {
    pub(super) fn of(id: InstallationId, state: &Installation) -> Self {
        let address = state.slot.address();
        Self {
            installation: id,
            platform: state.attributes.platform.to_string(),
            address_state: slot_name(&state.slot),
            address_kind: address.map(|address| address.kind.to_string()),
            address_fingerprint: address.map(|address| address.fingerprint().to_string()),
            permission: state.attributes.permission.as_ref().map(ToString::to_string),
            app_version: state.attributes.app_version.clone(),
            locale: state.attributes.locale.clone(),
            epoch: state.binding.as_ref().map(|binding| binding.epoch),
            last_seen: state.seen,
        }
    }
}

fn slot_name(slot: &Slot) -> &'static str {
    match slot {
        Slot::None => "none",
        Slot::Live(_) => "live",
        Slot::Retired(_) => "retired",
        Slot::Quarantined(_) => "quarantined",
        Slot::Contested { .. } => "contested",
        Slot::ResetAsked(_) => "reset_asked",
        Slot::Moved(_) => "moved",
    }
}

/// Devices of a user.
#[derive(Debug, Serialize)]
pub struct UserInstallations {
    installations: Vec<InstallationView>,
}

/// `GET /v1/apps/{app}/users/{user}/installations`
pub async fn list_installations(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    UserPath(user): UserPath,
) -> Result<Json<UserInstallations>, ApiError> {
    caller.require(Scope::Read)?;
    let found = app.store.user_installations(caller.row.no, user).await?;
    Ok(Json(UserInstallations {
        installations: found.iter().map(|found| InstallationView::of(found.id, &found.state)).collect(),
    }))
}

/// Which binding to end.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RevokeQuery {
    installation: Option<InstallationId>,
}

/// What a revoke came to.
#[derive(Debug, Serialize)]
pub struct Revoked {
    unbound: usize,
    wall: Wall,
}

/// `DELETE /v1/apps/{app}/users/{user}/bindings[?installation=…]`
pub async fn revoke_bindings(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    UserPath(user): UserPath,
    QueryOf(query): QueryOf<RevokeQuery>,
) -> Result<Json<Revoked>, ApiError> {
    caller.require(Scope::Manage)?;
    let actor = format!("key {}", caller.caller.key_id());
    let no = caller.row.no;
    let revoked = app.store.revoke_user(no, user.clone(), query.installation, actor, app.clock.now()).await?;
    app.wake.deliveries_due();
    // Once for all of them, and for a repeated revoke too: what the first one ended may still be on the wire.
    let wall = wait_for_user(&app, no, &user).await?;
    Ok(Json(Revoked { unbound: revoked.len(), wall }))
}

/// `POST /v1/apps/{app}/user-tokens`
pub async fn create_user_token(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    JsonBody(request): JsonBody<UserTokenRequest>,
) -> Result<Json<UserTokenResponse>, ApiError> {
    caller.require(Scope::Manage)?;
    let ttl = request.ttl.map_or(TOKEN_TTL, |ttl| ttl.0);
    if ttl.is_zero() || ttl > TOKEN_TTL_MAX {
        return Err(ApiError::invalid_field("ttl", "a user token lives longer than PT0S and at most P1D"));
    }
    let now = app.clock.now();
    let expires_at = now.plus(ttl);
    let token = sign_user_token(&app.token_key, &caller.row.app.id, &request.user, now, expires_at)
        .ok_or_else(|| {
            ApiError::new(pushbridge_wire::ProblemCode::Internal, "the token could not be signed")
        })?;
    Ok(Json(UserTokenResponse { token, expires_at }))
}

/// Why a user would or would not get a push now.
#[derive(Debug, Serialize)]
pub struct Explanation {
    user: UserId,
    reachable: bool,
    summary: String,
    installations: Vec<ExplainedInstallation>,
}

/// One installation and what would happen to a push for it.
#[derive(Debug, Serialize)]
pub struct ExplainedInstallation {
    #[serde(flatten)]
    view: InstallationView,
    gets_push: bool,
    because: &'static str,
}

/// `GET /v1/apps/{app}/users/{user}/explain`
pub async fn explain_user(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    UserPath(user): UserPath,
) -> Result<Json<Explanation>, ApiError> {
    caller.require(Scope::Read)?;
    let found = app.store.user_installations(caller.row.no, user.clone()).await?;
    let installations: Vec<_> = found.iter().map(explain).collect();
    let getting = installations.iter().filter(|one| one.gets_push).count();
    let summary = match (installations.len(), getting) {
        (0, _) => "nobody is logged in as this user on any installation".to_owned(),
        (all, getting) => format!("{getting} of {all} installations would be sent to"),
    };
    Ok(Json(Explanation { user, reachable: getting > 0, summary, installations }))
}

fn explain(found: &UserInstallation) -> ExplainedInstallation {
    let state = &found.state;
    let (gets_push, because) = match &state.slot {
        _ if state.unconfirmed => (false, "restored from a snapshot: waits for the phone to report"),
        Slot::Live(_) if state.attributes.permission == Some(pushbridge_wire::Permission::Denied) => {
            (true, "sent, but the person does not allow notifications: only data messages do anything")
        }
        Slot::Live(_) => (true, "logged in with a live address"),
        Slot::None => (false, "the phone has reported no address"),
        Slot::Retired(_) => (false, "FCM called the address dead: waits for the phone to report a new one"),
        Slot::Quarantined(_) => {
            (false, "FCM says that the address belongs to another project: check firebase_project")
        }
        Slot::Contested { .. } => {
            (false, "another installation had this address: waits for proof of possession")
        }
        Slot::ResetAsked(_) => (false, "the phone was told to fetch a fresh address"),
        Slot::Moved(_) => (false, "another installation proved that the address is its own"),
    };
    ExplainedInstallation { view: InstallationView::of(found.id, state), gets_push, because }
}

/// Events of one installation.
#[derive(Debug, Serialize)]
pub struct Events {
    events: Vec<EventView>,
}

/// One event.
#[derive(Debug, Serialize)]
pub struct EventView {
    at: Timestamp,
    what: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    address_fingerprint: Option<String>,
}

impl EventView {
    pub(super) fn of(event: EventRow) -> Self {
        Self {
            at: event.at,
            what: event.what,
            reason: event.reason,
            by: event.actor,
            address_fingerprint: event.detail,
        }
    }
}

/// `GET /v1/apps/{app}/installations/{installation}/events`
pub async fn list_events(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    InstallationPath(id): InstallationPath,
) -> Result<Json<Events>, ApiError> {
    caller.require(Scope::Read)?;
    let found = app.store.installation_events(caller.row.no, id, EVENTS_SHOWN).await?;
    let events = found.ok_or_else(ApiError::not_found)?;
    Ok(Json(Events { events: events.into_iter().map(EventView::of).collect() }))
}
