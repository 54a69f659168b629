//! Templates: save one, show it, see what a phone would get.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, State},
    http::{StatusCode, request::Parts},
};
use pushbridge_wire::{
    Scope, TemplateId, TemplateInfo, TemplateList, TemplatePreview, TemplatePreviewRequest, TemplateRequest,
    TemplateVersion, limits,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    auth::AppCaller,
    error::ApiError,
    json::{Json, JsonBody, QueryOf, path_part},
};
use crate::{app::App, intake::preview_template, store::TemplateSaved, template::check_template};

/// The template of the path.
pub struct TemplatePath(pub TemplateId);

impl<S: Send + Sync> FromRequestParts<S> for TemplatePath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(path_part(parts, state, "template").await?))
    }
}

/// `PUT /v1/apps/{app}/templates/{template}`
pub async fn put_template(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    TemplatePath(id): TemplatePath,
    JsonBody(request): JsonBody<TemplateRequest>,
) -> Result<Json<TemplateInfo>, ApiError> {
    caller.require(Scope::Manage)?;
    let body = serde_json::to_string(&request).map_err(|error| ApiError::internal(&error))?;
    let bytes = body.len();
    // Not on a thread that answers others: every text of it is compiled and tried out.
    tokio::task::spawn_blocking(move || check_template(&request, bytes))
        .await
        .map_err(|error| ApiError::internal(&error))?
        .map_err(|fault| ApiError::invalid_field(fault.field, fault.detail))?;
    match app.store.save_template(caller.row.no, id, body, app.clock.now()).await? {
        TemplateSaved::As(info) => Ok(Json(info)),
        TemplateSaved::TooMany => {
            let detail = format!("an app has at most {} templates: delete one", limits::TEMPLATES_PER_APP);
            Err(ApiError::invalid_field("template", detail))
        }
    }
}

/// Which version to show.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionQuery {
    version: Option<u64>,
}

/// `GET /v1/apps/{app}/templates/{template}[?version=]`
pub async fn get_template(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    TemplatePath(id): TemplatePath,
    QueryOf(query): QueryOf<VersionQuery>,
) -> Result<Json<TemplateVersion>, ApiError> {
    caller.require(Scope::Read)?;
    let row = app.store.find_template(caller.row.no, id, query.version).await?;
    let row = row.ok_or_else(ApiError::not_found)?;
    let template = serde_json::from_str(&row.body).map_err(|error| ApiError::internal(&error))?;
    Ok(Json(TemplateVersion { info: row.info, template }))
}

/// `GET /v1/apps/{app}/templates`
pub async fn list_templates(
    State(app): State<Arc<App>>,
    caller: AppCaller,
) -> Result<Json<TemplateList>, ApiError> {
    caller.require(Scope::Read)?;
    Ok(Json(TemplateList { templates: app.store.list_templates(caller.row.no).await? }))
}

/// `DELETE /v1/apps/{app}/templates/{template}`
pub async fn delete_template(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    TemplatePath(id): TemplatePath,
) -> Result<StatusCode, ApiError> {
    caller.require(Scope::Manage)?;
    if app.store.delete_template(caller.row.no, id, app.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

/// `POST /v1/apps/{app}/templates/{template}/preview`
pub async fn preview(
    State(app): State<Arc<App>>,
    caller: AppCaller,
    TemplatePath(id): TemplatePath,
    JsonBody(request): JsonBody<TemplatePreviewRequest>,
) -> Result<Json<TemplatePreview>, ApiError> {
    caller.require(Scope::Read)?;
    let row = app.store.find_template(caller.row.no, id, None).await?.ok_or_else(ApiError::not_found)?;
    let locale = request.locale.as_deref();
    let (variant, message) = preview_template(&caller.row.app.id, &row, locale, &request.params)?;
    let message: Map<String, Value> = serde_json::to_value(&message)
        .and_then(serde_json::from_value)
        .map_err(|error| ApiError::internal(&error))?;
    Ok(Json(TemplatePreview { version: row.info.version, variant, message }))
}
