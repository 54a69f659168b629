//! Control over HTTP: faults, the log, counters, reset, and how bodies and queries are read.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::control::Control;
use crate::control::problem::Problem;
use crate::faults::{FaultRule, FaultSpec};
use crate::quota::Quotas;
use crate::state::StateReport;
use crate::traffic::Stats;
use crate::world::World;

/// `?after=N`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) after: u64,
}

/// The result of reading `?after=N`.
pub(crate) type AfterQuery = Result<Query<After>, QueryRejection>;

pub(crate) fn after(query: AfterQuery) -> Result<u64, Problem> {
    let wrong =
        |_| Problem::invalid_field(Some("after"), "write ?after=N with a sequence number, and nothing else");
    query.map(|Query(After { after })| after).map_err(wrong)
}

/// Reads a JSON body, whatever its content type: people use curl.
pub(crate) fn body<T: DeserializeOwned>(bytes: &Bytes) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        if error.is_data() {
            Problem::invalid_field(None, error.to_string())
        } else {
            Problem::malformed_json(format!("the body must be JSON: {error}"))
        }
    })
}

pub(crate) async fn add_fault(
    State(world): State<Arc<World>>,
    bytes: Bytes,
) -> Result<(StatusCode, Json<FaultRule>), Problem> {
    let spec: FaultSpec = body(&bytes)?;
    Ok((StatusCode::CREATED, Json(Control { world }.add_fault(spec)?)))
}

pub(crate) async fn list_faults(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({"faults": Control { world }.faults()}))
}

pub(crate) async fn clear_faults(State(world): State<Arc<World>>) -> StatusCode {
    Control { world }.clear_faults();
    StatusCode::NO_CONTENT
}

pub(crate) async fn list_requests(
    State(world): State<Arc<World>>,
    query: AfterQuery,
) -> Result<Json<Value>, Problem> {
    let after = after(query)?;
    Ok(Json(json!({"requests": Control { world }.requests(after)})))
}

pub(crate) async fn show_quotas(State(world): State<Arc<World>>) -> Json<Quotas> {
    Json(Control { world }.quotas())
}

pub(crate) async fn set_quotas(
    State(world): State<Arc<World>>,
    bytes: Bytes,
) -> Result<Json<Quotas>, Problem> {
    let quotas = body(&bytes)?;
    Control { world }.set_quotas(quotas);
    Ok(Json(quotas))
}

/// The counters, and how the file of state does, if there is one.
#[derive(Serialize)]
pub(crate) struct ShownStats {
    #[serde(flatten)]
    stats: Stats,
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<StateReport>,
}

pub(crate) async fn show_stats(State(world): State<Arc<World>>) -> Json<ShownStats> {
    let control = Control { world };
    Json(ShownStats { stats: control.stats(), state: control.state() })
}

/// The private key is in it: who may call this may do everything here anyhow.
pub(crate) async fn show_service_account(State(world): State<Arc<World>>) -> impl IntoResponse {
    let json = Control { world }.service_account_json().to_owned();
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], json)
}

pub(crate) async fn reset(State(world): State<Arc<World>>) -> StatusCode {
    Control { world }.reset();
    StatusCode::NO_CONTENT
}
