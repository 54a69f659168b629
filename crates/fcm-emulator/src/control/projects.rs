//! Control over HTTP: the projects, and the way into each. In: `/emulator/v1/projects/{project}/…`. Out: what the same call
//! without the project answers for the first one. Next: `routes`.

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::control::Control;
use crate::control::api::body;
use crate::control::problem::Problem;
use crate::control::routes::routes;
use crate::options::StartError;
use crate::projects::Projects;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddProjectRequest {
    id: String,
}

pub(crate) fn project_routes() -> Router<Arc<Projects>> {
    Router::new().route("/", get(list_projects).post(add_project)).fallback(lead_into_project)
}

async fn list_projects(State(projects): State<Arc<Projects>>) -> Json<Value> {
    let all = projects.all().into_iter().map(|world| shown(&Control { world }));
    Json(json!({"projects": all.collect::<Vec<_>>()}))
}

async fn add_project(
    State(projects): State<Arc<Projects>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let AddProjectRequest { id } = body(&bytes)?;
    let world = projects.add(&id).await.map_err(|refused| match refused {
        StartError::Project(error) => Problem::invalid_field(Some("id"), error.to_string()),
        StartError::ProjectTwice(_) => Problem::conflict(refused.to_string()),
        other => Problem::internal(format!("{other}: {}", other.hint())),
    })?;
    Ok((StatusCode::CREATED, Json(shown(&Control { world }))))
}

fn shown(control: &Control) -> Value {
    json!({"id": control.project(), "service_account": control.service_account_file()})
}

/// Answers as that project's own control would: its routes know nothing of others.
async fn lead_into_project(State(projects): State<Arc<Projects>>, mut request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/').to_owned();
    let (id, rest) = path.split_once('/').unwrap_or((&path, ""));
    // The one character of a project's id that a client may have encoded.
    let id = id.replace("%3A", ":").replace("%3a", ":");
    let Some(world) = projects.find(&id) else {
        let detail = format!("no project `{id}`: GET projects lists them, POST projects {{\"id\"}} adds one");
        return Problem::not_found(detail).into_response();
    };
    let rest = match request.uri().query() {
        Some(query) => format!("/{rest}?{query}"),
        None => format!("/{rest}"),
    };
    let Ok(uri) = Uri::try_from(rest) else { return StatusCode::BAD_REQUEST.into_response() };
    *request.uri_mut() = uri;
    match routes().with_state(world).oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}
