//! Every route, in one list.

use std::sync::Arc;

use axum::{
    Router,
    error_handling::HandleErrorLayer,
    routing::{delete, get, post, put},
};
use pushbridge_wire::ProblemCode;
use tower::{
    BoxError, ServiceBuilder,
    limit::GlobalConcurrencyLimitLayer,
    load_shed::{LoadShedLayer, error::Overloaded},
    timeout::{TimeoutLayer, error::Elapsed},
};
use tower_http::catch_panic::CatchPanicLayer;

use crate::{
    api::{admin, error::ApiError, health, installations, messages, templates, user_data, users},
    app::App,
};

/// The routes of design §3, §5 and §10.
pub(crate) fn routes(app: Arc<App>) -> Router {
    let limits = ServiceBuilder::new()
        .layer(HandleErrorLayer::new(overloaded))
        .layer(LoadShedLayer::new())
        .layer(GlobalConcurrencyLimitLayer::new(app.config.limits.concurrent_requests))
        .layer(TimeoutLayer::new(app.config.server.request_timeout.0));
    Router::new()
        // Phones.
        .route("/v1/apps/{app}/installations/{installation}", put(installations::put_installation))
        .route("/v1/apps/{app}/installations/{installation}/proof", post(installations::prove_possession))
        .route("/v1/apps/{app}/installations/{installation}/receipts", post(installations::add_receipts))
        // Back ends.
        .route("/v1/apps/{app}/messages", post(messages::send_message))
        .route(
            "/v1/apps/{app}/messages/{message}",
            get(messages::get_message).delete(messages::cancel_message),
        )
        .route("/v1/apps/{app}/messages/{message}/deliveries", get(messages::list_deliveries))
        .route("/v1/apps/{app}/templates", get(templates::list_templates))
        .route(
            "/v1/apps/{app}/templates/{template}",
            put(templates::put_template).get(templates::get_template).delete(templates::delete_template),
        )
        .route("/v1/apps/{app}/templates/{template}/preview", post(templates::preview))
        .route("/v1/apps/{app}/users/{user}/installations", get(users::list_installations))
        .route("/v1/apps/{app}/users/{user}/bindings", delete(users::revoke_bindings))
        .route("/v1/apps/{app}/users/{user}/explain", get(users::explain_user))
        .route("/v1/apps/{app}/users/{user}/export", get(user_data::export_user))
        .route("/v1/apps/{app}/users/{user}", delete(user_data::erase_user))
        .route("/v1/apps/{app}/user-tokens", post(users::create_user_token))
        .route("/v1/apps/{app}/installations/{installation}/events", get(users::list_events))
        // The operator.
        .route("/v1/admin/apps", post(admin::create_app).get(admin::list_apps))
        .route("/v1/admin/apps/{app}", get(admin::get_app).patch(admin::update_app).delete(admin::delete_app))
        .route("/v1/admin/apps/{app}/retiring", post(admin::release_retiring))
        .route("/v1/admin/apps/{app}/keys", post(admin::create_key).get(admin::list_keys))
        .route("/v1/admin/apps/{app}/keys/{key_id}", delete(admin::delete_key))
        .layer(limits)
        // Outside the limits: an overloaded server is alive.
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .fallback(no_route)
        .method_not_allowed_fallback(no_route)
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(app)
}

async fn no_route() -> ApiError {
    ApiError::not_found()
}

async fn overloaded(error: BoxError) -> ApiError {
    if error.is::<Overloaded>() {
        return ApiError::new(ProblemCode::Overloaded, "too many requests at once; nothing was accepted")
            .retry_after(1);
    }
    if error.is::<Elapsed>() {
        let detail = "the request did not come or could not be answered in time; it may have been accepted all the same, so repeat it with the same Idempotency-Key or revision";
        return ApiError::new(ProblemCode::Overloaded, detail).retry_after(1);
    }
    ApiError::internal(error.as_ref())
}

fn panicked(_: Box<dyn std::any::Any + Send>) -> axum::response::Response {
    use axum::response::IntoResponse;
    // What was thrown may hold anything, so it is not logged; the panic hook has printed the place.
    ApiError::new(ProblemCode::Internal, "the server failed; the cause is in its log").into_response()
}
