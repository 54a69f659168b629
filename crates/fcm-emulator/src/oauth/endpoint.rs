//! `POST /token`. In: a form with the grant type and the assertion. Out: an access token or an OAuth error.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::FormRejection;
use axum::extract::{Extension, Form, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use crate::oauth::assertion::{OauthError, check_assertion, claimed_issuer};
use crate::oauth::tokens::TokenEndpoint;
use crate::projects::Projects;
use crate::serve::Connection;
use crate::world::World;

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";

#[derive(Deserialize)]
pub(crate) struct TokenRequest {
    grant_type: Option<String>,
    assertion: Option<String>,
}

/// Answers one request for an access token.
pub(crate) async fn issue_token(
    State(projects): State<Arc<Projects>>,
    Extension(connection): Extension<Connection>,
    uri: Uri,
    headers: HeaderMap,
    form: Result<Form<TokenRequest>, FormRejection>,
) -> Response {
    let world = addressed(&projects, form.as_ref().ok().map(|Form(request)| request));
    world.tokens.count_request();
    match world.tokens.endpoint() {
        TokenEndpoint::Working => {}
        TokenEndpoint::Refusing { status, error } => return scripted(status, &error),
        TokenEndpoint::Hanging => {
            world.stop.cancelled().await;
            return connection.cut_now().await;
        }
    }
    let answer = match form {
        Ok(Form(request)) => grant(&world, &reached_at(connection.scheme(), &uri, &headers), &request),
        Err(_) => Err(OauthError::new("invalid_request", "Could not read the form body.")),
    };
    answer.unwrap_or_else(|refused| refuse(&refused))
}

/// Every project has this endpoint for itself: the one whose account asks, else the first.
fn addressed(projects: &Projects, request: Option<&TokenRequest>) -> Arc<World> {
    let issuer = request.and_then(|request| claimed_issuer(request.assertion.as_deref()?));
    issuer.and_then(|issuer| projects.of_account(&issuer)).unwrap_or_else(|| Arc::clone(projects.first()))
}

fn grant(world: &World, reached_at: &str, request: &TokenRequest) -> Result<Response, OauthError> {
    match request.grant_type.as_deref() {
        Some(JWT_BEARER) => {}
        Some(other) => {
            return Err(OauthError::new("unsupported_grant_type", format!("Invalid grant_type: {other}")));
        }
        None => {
            return Err(OauthError::new("invalid_request", "Required parameter is missing: grant_type"));
        }
    }
    let assertion = request
        .assertion
        .as_deref()
        .ok_or_else(|| OauthError::new("invalid_request", "Required parameter is missing: assertion"))?;
    check_assertion(&world.registered.account, assertion, reached_at, world.clock.unix())?;
    let (token, life) = world
        .tokens
        .issue(world.clock.elapsed())
        .map_err(|_| OauthError::new("internal_failure", "No randomness."))?;
    let body = json!({"access_token": token, "expires_in": life.as_secs(), "token_type": "Bearer"});
    Ok(Json(body).into_response())
}

/// This endpoint's URL as the client knows it: the authority of HTTP/2 or the `Host` of HTTP/1.1.
fn reached_at(scheme: &str, uri: &Uri, headers: &HeaderMap) -> String {
    let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = uri.authority().map(|authority| authority.as_str()).or_else(host);
    format!("{scheme}://{}/token", authority.unwrap_or_default())
}

fn refuse(refused: &OauthError) -> Response {
    let status = match refused.error {
        "unauthorized_client" => StatusCode::UNAUTHORIZED,
        "internal_failure" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    tracing::info!(oauth.error = refused.error, "refused an assertion: {}", refused.description);
    let body = json!({"error": refused.error, "error_description": refused.description});
    (status, Json(body)).into_response()
}

fn scripted(status: u16, error: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = json!({"error": error, "error_description": "scripted by the emulator's control"});
    (status, Json(body)).into_response()
}
