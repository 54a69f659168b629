//! The routes under `/emulator/v1`. In: a control request. Out: JSON. Next: the handler beside each path.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post, put};

use crate::control::problem::Problem;
use crate::control::{api, device_routes, stream};
use crate::world::World;

pub(crate) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/devices", post(device_routes::add_devices).get(device_routes::list_devices))
        .route("/devices/{id}", get(device_routes::show_device))
        .route("/devices/{id}/{change}", post(device_routes::change_device))
        .route("/devices/{id}/inbox", get(device_routes::read_inbox))
        .route("/devices/{id}/inbox/stream", get(stream::stream_inbox))
        .route("/devices/{id}/topics", get(device_routes::list_topics))
        .route(
            "/devices/{id}/topics/{topic}",
            put(device_routes::subscribe_device).delete(device_routes::unsubscribe_device),
        )
        .route("/faults", post(api::add_fault).get(api::list_faults).delete(api::clear_faults))
        .route("/requests", get(api::list_requests))
        .route("/quotas", get(api::show_quotas).put(api::set_quotas))
        .route("/stats", get(api::show_stats))
        .route("/events", get(stream::stream_events))
        .route("/service-account", get(api::show_service_account))
        .route("/reset", post(api::reset))
        .fallback(unknown_route)
        .method_not_allowed_fallback(unknown_route)
}

async fn unknown_route() -> Problem {
    Problem::not_found(
        "no such control call: there are POST|GET devices, GET devices/{id}, POST devices/{id}/{change}, \
         GET devices/{id}/inbox, GET devices/{id}/inbox/stream, \
         GET devices/{id}/topics, PUT|DELETE devices/{id}/topics/{topic}, POST|GET|DELETE faults, GET requests, GET stats, \
         GET events, GET|PUT quotas, GET service-account and POST reset, all under /emulator/v1 or \
         /emulator/v1/projects/{project}; and POST|GET projects",
    )
}
