//! Control over HTTP: devices and their inboxes. In: requests. Out: device JSON. Next: [`Control`].

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::api::{AfterQuery, after, body};
use crate::control::problem::Problem;
use crate::devices::{Device, DeviceChange, NewDevice, Platform};
use crate::names::{DeviceId, ProjectId};
use crate::world::World;

/// Bounds one call; a load test makes its million in several.
const DEVICES_PER_CALL: usize = 100_000;
const DEVICES_PER_PAGE: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AddDevicesRequest {
    platform: Platform,
    project: Option<String>,
    package: Option<String>,
    count: Option<usize>,
}

/// `?from=N`: how many devices to skip.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct From {
    #[serde(default)]
    from: usize,
}

/// Answers the device, or with `count` `{"devices":[…]}`.
pub(crate) async fn add_devices(State(world): State<Arc<World>>, bytes: Bytes) -> Result<Response, Problem> {
    let request: AddDevicesRequest = body(&bytes)?;
    if request.count.is_some_and(|count| !(1..=DEVICES_PER_CALL).contains(&count)) {
        return Err(Problem::invalid_field(Some("count"), "must be 1 to 100000; call again for more"));
    }
    let project = request.project.as_deref().map(ProjectId::parse).transpose();
    let project = project.map_err(|error| Problem::invalid_field(Some("project"), error.to_string()))?;
    if let Some(served) = project.as_ref().filter(|id| **id != world.project)
        && world.all().is_some_and(|all| all.find(served.as_str()).is_some())
    {
        let detail = format!(
            "the project {served} is served here too: make its devices with POST /emulator/v1/projects/{served}/devices"
        );
        return Err(Problem::invalid_field(Some("project"), detail));
    }
    let mut new = NewDevice::of(request.platform);
    new.project = project.map(|project| project.as_str().into());
    new.package = request.package.unwrap_or(new.package);
    let control = Control { world };
    let made = match request.count {
        Some(count) => Json(json!({"devices": control.add_devices(&new, count)})).into_response(),
        None => Json(control.add(&new)).into_response(),
    };
    Ok((StatusCode::CREATED, made).into_response())
}

/// Answers a page of devices and where the next one begins.
pub(crate) async fn list_devices(
    State(world): State<Arc<World>>,
    page: Result<Query<From>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let wrong = |_| Problem::invalid_field(Some("from"), "write ?from=N with the number of devices to skip");
    let Query(page) = page.map_err(wrong)?;
    let devices = Control { world }.devices_from(page.from, DEVICES_PER_PAGE);
    let next = (devices.len() == DEVICES_PER_PAGE).then(|| page.from.saturating_add(DEVICES_PER_PAGE));
    Ok(Json(json!({"devices": devices, "next": next})))
}

pub(crate) async fn show_device(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Device>, Problem> {
    Ok(Json(Control { world }.device(&DeviceId::new(id))?))
}

pub(crate) async fn change_device(
    State(world): State<Arc<World>>,
    Path((id, change)): Path<(String, String)>,
) -> Result<Json<Device>, Problem> {
    let change: DeviceChange = serde_json::from_value(Value::String(change.clone())).map_err(|_| {
        Problem::not_found(format!(
            "a device cannot `{change}`: use rotate, uninstall, reinstall, expire, apns-dead, other-project, online, \
             offline, doze or wake"
        ))
    })?;
    Ok(Json(Control { world }.change(&DeviceId::new(id), change)?))
}

pub(crate) async fn read_inbox(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    query: AfterQuery,
) -> Result<Json<Value>, Problem> {
    let after = after(query)?;
    Ok(Json(json!({"messages": Control { world }.inbox(&DeviceId::new(id), after)?})))
}

pub(crate) async fn list_topics(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(json!({"topics": Control { world }.topics(&DeviceId::new(id))?})))
}

pub(crate) async fn subscribe_device(
    State(world): State<Arc<World>>,
    Path((id, topic)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    Control { world }.subscribe(&DeviceId::new(id), &topic)?;
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn unsubscribe_device(
    State(world): State<Arc<World>>,
    Path((id, topic)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    Control { world }.unsubscribe(&DeviceId::new(id), &topic)?;
    Ok(StatusCode::NO_CONTENT)
}
