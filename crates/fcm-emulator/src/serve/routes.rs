//! The one list of routes. In: a request, whatever its `Host`. Out: an answer. Next: the handler beside each path.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};
use hyper::body::Incoming;
use percent_encoding::percent_decode_str;
use tower::ServiceExt;

use crate::control;
use crate::google::html_page;
use crate::oauth::issue_token;
use crate::page;
use crate::projects::Projects;
use crate::send::send_message;
use crate::serve::Connection;
use crate::state::settle;
use crate::topics;

const SUBSCRIPTIONS: &str = "/v1/projects/{project}/registrations/{registration}/topicSubscriptions";

/// What answers a request. Clones are the same.
#[derive(Clone)]
pub(crate) struct Routes(Arc<Table>);

struct Table {
    projects: Arc<Projects>,
    others: Router,
}

impl Routes {
    pub(crate) fn new(projects: &Arc<Projects>) -> Self {
        Self(Arc::new(Table { projects: Arc::clone(projects), others: others(projects) }))
    }

    /// Answers `request`. A send, of which there may be tens of thousands a second, is told by hand: the router's boxes and
    /// its copies of the headers cost as much as reading the message.
    pub(super) async fn answer(&self, connection: Connection, request: Request<Incoming>) -> Response {
        let Table { projects, others } = &*self.0;
        if let Some(project) = project_of_send(&request) {
            let response = send_message(projects, &connection, &project, request).await;
            if let Some(keeper) = projects.keeper() {
                keeper.settled().await;
            }
            return response;
        }
        // Boxed, or each send's future would have room for it and be moved with it.
        Box::pin(route(others.clone(), connection, request)).await
    }
}

async fn route(others: Router, connection: Connection, request: Request<Incoming>) -> Response {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(connection);
    match others.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// The project of `POST /v1/projects/{project}/messages:send`.
fn project_of_send<B>(request: &Request<B>) -> Option<String> {
    let path = request.uri().path().strip_prefix("/v1/projects/")?.strip_suffix("/messages:send")?;
    let one_part = !path.is_empty() && !path.contains('/');
    let decoded = percent_decode_str(path).decode_utf8().ok().filter(|_| one_part)?;
    (request.method() == Method::POST).then(|| decoded.into_owned())
}

fn others(projects: &Arc<Projects>) -> Router {
    let router = Router::new()
        .route("/token", post(issue_token))
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
