//! The one list of routes. In: a request, whatever its `Host`. Out: an answer. Next: the handler beside each path.

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};

use crate::control;
use crate::google::html_page;
use crate::oauth::issue_token;
use crate::page;
use crate::projects::Projects;
use crate::send::send_message;
use crate::state::settle;
use crate::topics;

const SUBSCRIPTIONS: &str = "/v1/projects/{project}/registrations/{registration}/topicSubscriptions";

pub(crate) fn routes(projects: &Arc<Projects>) -> Router {
    let router = Router::new()
        .route("/token", post(issue_token))
        .route("/v1/projects/{project}/messages:send", post(send_message))
        .route(SUBSCRIPTIONS, post(topics::create_subscription).get(topics::list_subscriptions))
        .route(
            &format!("{SUBSCRIPTIONS}/{{topic}}"),
            get(topics::get_subscription)
                .patch(topics::patch_subscription)
                .delete(topics::delete_subscription),
        )
        .route("/iid/v1:batchAdd", post(topics::batch_add))
        .route("/iid/v1:batchRemove", post(topics::batch_remove))
        .route("/iid/info/{token}", get(topics::show_info))
        .merge(page::routes())
        .nest("/emulator/v1/projects", control::project_routes())
        .nest("/emulator/v1", control::routes().with_state(Arc::clone(projects.first())))
        .fallback(nothing_here)
        .method_not_allowed_fallback(nothing_here)
        .with_state(Arc::clone(projects));
    match projects.keeper() {
        Some(keeper) => router.layer(from_fn_with_state(keeper, settle)),
        None => router,
    }
}

/// Google's front end answers unknown paths itself, in HTML.
async fn nothing_here() -> Response {
    html_page(StatusCode::NOT_FOUND, None)
}
