//! The routes of the page. In: a browser's requests. Out: HTML, CSS and a script. Next: `board` shows, `forms` acts.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::Deserialize;

use crate::control::Control;
use crate::page::{board, forms};
use crate::projects::Projects;

/// Nothing runs or loads but our own files; images come from where a message says.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                      img-src data: https: http:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// `?project=ID`, the first one if it is left out, and `?from=N`, how many devices to skip.
#[derive(Deserialize)]
pub(crate) struct Place {
    project: Option<String>,
    #[serde(default)]
    from: usize,
}

impl Place {
    /// The control of the project that the page shows.
    pub(crate) fn control(&self, projects: &Projects) -> Result<Control, NoProject> {
        let first = Control { world: Arc::clone(projects.first()) };
        let Some(id) = &self.project else { return Ok(first) };
        let found = projects.find(id).map(|world| Control { world });
        found.ok_or_else(|| NoProject { id: id.clone(), first })
    }
}

/// A project that is not served.
pub(crate) struct NoProject {
    id: String,
    first: Control,
}

impl IntoResponse for NoProject {
    fn into_response(self) -> Response {
        let problem = format!("there is no project {}", self.id);
        (StatusCode::NOT_FOUND, html_of(&board::page(&self.first, 0, Some(&problem)))).into_response()
    }
}

pub(crate) fn routes() -> Router<Arc<Projects>> {
    Router::new()
        .route("/", get(show_page))
        .route("/page/board", get(show_board))
        .route("/page/page.css", get(async || asset("text/css", include_str!("page.css"))))
        .route("/page/page.js", get(async || asset("text/javascript", include_str!("page.js"))))
        .route("/page/devices", post(forms::add_device))
        .route("/page/devices/{id}/{change}", post(forms::change_device))
        .route("/page/faults", post(forms::add_fault))
        .route("/page/faults/clear", post(forms::clear_faults))
        .route_layer(from_fn(refuse_strangers))
}

async fn show_page(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
) -> Result<Response, NoProject> {
    Ok(html_of(&board::page(&place.control(&projects)?, place.from, None)))
}

async fn show_board(
    State(projects): State<Arc<Projects>>,
    Query(place): Query<Place>,
) -> Result<Response, NoProject> {
    Ok(html_of(&board::board(&place.control(&projects)?, place.from)))
}

/// HTML that no page of another site may frame, and that loads nothing but this page's own files.
pub(crate) fn html_of(markup: &Markup) -> Response {
    let mut response = Html(markup.0.clone()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response()
}

/// A form on a page of another site must not press our buttons.
async fn refuse_strangers(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = request.uri().authority().map(|authority| authority.as_str()).or(host);
    let ours = origin.is_none_or(|origin| origin.split_once("://").map(|(_, host)| host) == host);
    if ours { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}
