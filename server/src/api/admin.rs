//! The operator's side: apps and keys.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use pushbridge_fcm::ServiceAccount;
use pushbridge_wire::{
    AppRequest, AppResponse, AppUpdate, IdentityMode, KeyRequest, KeyResponse, PolicyConfig, PolicyMode,
    ProblemCode, RetiringHeld, RetiringRequest, RetiringResponse, Scope, limits,
};
use serde::{Deserialize, Serialize};

use super::{
    auth::Operator,
    error::ApiError,
    json::{AppPath, Json, JsonBody, QueryOf, not_utf8},
};
use crate::{
    app::App,
    identity::check_keys,
    keys::ApiKey,
    store::{AppRow, KeyRow, NewApp, Release},
};

/// `POST /v1/admin/apps`
pub async fn create_app(
    State(app): State<Arc<App>>,
    _: Operator,
    JsonBody(request): JsonBody<AppRequest>,
) -> Result<(StatusCode, Json<AppResponse>), ApiError> {
    let id = request.id.clone();
    let new = new_app(request)?;
    let trusted = new.identity_mode == IdentityMode::Trusted;
    if !app.store.create_app(new, app.clock.now()).await? {
        let detail = "an app of this id is registered: change it with PATCH, or choose another id";
        return Err(ApiError::new(ProblemCode::AlreadyExists, detail).at("id"));
    }
    if trusted {
        warn_of_trust(id.as_str());
    }
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    Ok((StatusCode::CREATED, Json(view(&row))))
}

/// Said at every start and whenever an app is set so.
pub(crate) fn warn_of_trust(id: &str) {
    tracing::warn!(
        app.id = id,
        "identity is `trusted`: any phone may claim any user. For development only; set identity.mode = \"jwt\" before phones of real people use this app"
    );
}

/// Checks a registration as a whole.
pub(crate) fn new_app(request: AppRequest) -> Result<NewApp, ApiError> {
    check_policy(&request.policy)?;
    let (service_account, service_account_email) = check_account(&request.service_account)?;
    if request.firebase_project.is_empty() || request.firebase_project.contains(['/', ' ', '?', '#']) {
        return Err(ApiError::invalid_field(
            "firebase_project",
            "the id of a Firebase project, such as shop-1234",
        ));
    }
    if let Some(endpoint) = &request.fcm_endpoint {
        check_endpoint(endpoint)?;
    }
    let (identity_mode, identity_keys) =
        request.identity.map_or((IdentityMode::Jwt, Vec::new()), |identity| (identity.mode, identity.keys));
    check_identity(&identity_keys)?;
    Ok(NewApp {
        id: request.id,
        firebase_project: request.firebase_project,
        service_account,
        service_account_email,
        fcm_endpoint: request.fcm_endpoint,
        policy: request.policy,
        identity_mode,
        identity_keys,
    })
}

fn check_policy(policy: &PolicyConfig) -> Result<(), ApiError> {
    match (policy.mode, policy.max_devices) {
        (PolicyMode::Single, Some(_)) => Err(ApiError::invalid_field(
            "policy.max_devices",
            "belongs to the mode multi: single always means one device",
        )),
        (PolicyMode::Multi, Some(number)) if number == 0 || number > limits::MAX_DEVICES => {
            Err(ApiError::invalid_field("policy.max_devices", "a number from 1 to 1000"))
        }
        _ => Ok(()),
    }
}

fn check_account(account: &serde_json::Value) -> Result<(String, String), ApiError> {
    let text = account.to_string();
    match ServiceAccount::from_json(&text) {
        Ok(parsed) => Ok((text, parsed.client_email().to_owned())),
        Err(error) => Err(ApiError::invalid_field("service_account", error.to_string())),
    }
}

fn check_endpoint(endpoint: &str) -> Result<(), ApiError> {
    match url::Url::parse(endpoint) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        _ => Err(ApiError::invalid_field(
            "fcm_endpoint",
            "an http or https URL, such as https://fcm.googleapis.com",
        )),
    }
}

fn check_identity(keys: &[pushbridge_wire::ConfiguredKey]) -> Result<(), ApiError> {
    check_keys(keys).map_err(|invalid| {
        ApiError::invalid_field(format!("identity.keys[{}]", invalid.index), invalid.problem)
    })
}

fn view(row: &AppRow) -> AppResponse {
    AppResponse {
        id: row.app.id.clone(),
        firebase_project: row.app.firebase_project.clone(),
        service_account_email: row.app.service_account_email.clone(),
        fcm_endpoint: row.app.fcm_endpoint.clone(),
        policy: row.app.policy,
        identity_mode: row.app.identity_mode,
        created_at: row.created,
        addresses: None,
        retiring_held: None,
        sending_blocked: None,
    }
}

/// An app with its addresses and what its breaker holds.
async fn full_view(app: &App, row: &AppRow) -> Result<AppResponse, ApiError> {
    let held = app.store.retiring_held(row.no).await?;
    let retiring_held = held.map(|held| RetiringHeld { since: held.since, verdicts: held.verdicts });
    let addresses = Some(app.store.address_counts(row.no).await?);
    Ok(AppResponse { addresses, retiring_held, sending_blocked: app.blocks.of(row.no), ..view(row) })
}

/// `POST /v1/admin/apps/{app}/retiring`
pub async fn release_retiring(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
    JsonBody(request): JsonBody<RetiringRequest>,
) -> Result<Json<RetiringResponse>, ApiError> {
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    let release = match request.release {
        pushbridge_wire::Release::Apply => Release::Apply,
        pushbridge_wire::Release::Drop => Release::Drop,
    };
    let mut released = 0;
    while let Some(count) = app.store.release_some(row.no, release, app.clock.now()).await? {
        released += u64::try_from(count).unwrap_or(u64::MAX);
    }
    Ok(Json(RetiringResponse { released }))
}

/// Every app.
#[derive(Debug, Serialize)]
pub struct AppList {
    apps: Vec<AppResponse>,
}

/// `GET /v1/admin/apps`
pub async fn list_apps(State(app): State<Arc<App>>, _: Operator) -> Result<Json<AppList>, ApiError> {
    Ok(Json(AppList { apps: app.store.list_apps().await?.iter().map(view).collect() }))
}

/// `GET /v1/admin/apps/{app}`
pub async fn get_app(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
) -> Result<Json<AppResponse>, ApiError> {
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(full_view(&app, &row).await?))
}

/// When a changed policy takes effect.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateQuery {
    apply: Option<Apply>,
}

/// The only value is `now`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apply {
    /// At once, for every user.
    Now,
}

/// `PATCH /v1/admin/apps/{app}[?apply=now]`
pub async fn update_app(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
    QueryOf(query): QueryOf<UpdateQuery>,
    JsonBody(update): JsonBody<AppUpdate>,
) -> Result<Json<AppResponse>, ApiError> {
    let row = app.store.find_app(id.clone()).await?.ok_or_else(ApiError::not_found)?;
    let changed = updated(row.app, update)?;
    if changed.identity_mode == IdentityMode::Trusted {
        warn_of_trust(id.as_str());
    }
    app.store.replace_app(changed, "operator", app.clock.now()).await?;
    app.senders.forget(row.no);
    // What was wrong may be mended: deliveries that wait find out at once.
    app.blocks.lift(row.no);
    app.wake.deliveries_due();
    if query.apply.is_some() {
        app.store.enforce_policy(row.no, "operator".to_owned(), app.clock.now()).await?;
        app.wake.deliveries_due();
    }
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    Ok(Json(view(&row)))
}

fn updated(mut app: NewApp, update: AppUpdate) -> Result<NewApp, ApiError> {
    if let Some(account) = update.service_account {
        (app.service_account, app.service_account_email) = check_account(&account)?;
    }
    if let Some(endpoint) = update.fcm_endpoint {
        check_endpoint(&endpoint)?;
        app.fcm_endpoint = Some(endpoint);
    }
    if let Some(policy) = update.policy {
        check_policy(&policy)?;
        app.policy = policy;
    }
    if let Some(identity) = update.identity {
        check_identity(&identity.keys)?;
        (app.identity_mode, app.identity_keys) = (identity.mode, identity.keys);
    }
    Ok(app)
}

/// `DELETE /v1/admin/apps/{app}`
pub async fn delete_app(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
) -> Result<StatusCode, ApiError> {
    let row = app.store.find_app(id.clone()).await?.ok_or_else(ApiError::not_found)?;
    app.store.delete_app(id).await?;
    app.senders.forget(row.no);
    app.blocks.lift(row.no);
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /v1/admin/apps/{app}/keys`
pub async fn create_key(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
    JsonBody(request): JsonBody<KeyRequest>,
) -> Result<(StatusCode, Json<KeyResponse>), ApiError> {
    if request.scopes.is_empty() || request.scopes.contains(&Scope::Admin) {
        return Err(ApiError::invalid_field("scopes", "one or more of send, read, manage"));
    }
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    let key = ApiKey::generate()?;
    let created = app.clock.now();
    let scopes = request.scopes;
    let stored = KeyRow {
        key_id: key.id().to_owned(),
        app: Some(row.no),
        scopes: scopes.clone(),
        hash: key.hash(),
        created,
    };
    app.store.save_key(stored).await?;
    let answer =
        KeyResponse { key_id: key.id().to_owned(), key: Some(key.expose()), scopes, created_at: created };
    Ok((StatusCode::CREATED, Json(answer)))
}

/// Keys of an app.
#[derive(Debug, Serialize)]
pub struct KeyList {
    keys: Vec<KeyResponse>,
}

/// `GET /v1/admin/apps/{app}/keys`
pub async fn list_keys(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
) -> Result<Json<KeyList>, ApiError> {
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    let view = |key: KeyRow| KeyResponse {
        key_id: key.key_id,
        key: None,
        scopes: key.scopes,
        created_at: key.created,
    };
    Ok(Json(KeyList { keys: app.store.list_keys(row.no).await?.into_iter().map(view).collect() }))
}

/// The key of the path.
pub struct KeyPath(String);

impl<S: Send + Sync> FromRequestParts<S> for KeyPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let all = axum::extract::Path::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| not_utf8(&rejection, "key_id"))?;
        Ok(Self(all.0.into_iter().find(|(name, _)| name == "key_id").map_or_else(String::new, |(_, id)| id)))
    }
}

/// `DELETE /v1/admin/apps/{app}/keys/{key_id}`
pub async fn delete_key(
    State(app): State<Arc<App>>,
    _: Operator,
    AppPath(id): AppPath,
    KeyPath(key_id): KeyPath,
) -> Result<StatusCode, ApiError> {
    let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
    if app.store.delete_key(row.no, key_id).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}
