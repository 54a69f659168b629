//! Bodies, paths and queries: bytes to wire types, each refusal with the field's path.

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{
        FromRequest, FromRequestParts, Path, Query, Request, path::ErrorKind as PathErrorKind,
        rejection::PathRejection,
    },
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use pushbridge_wire::{AppId, InstallationId, InvalidId, ProblemCode};
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use std::{str::FromStr, sync::Arc};

use super::error::ApiError;
use crate::app::App;

/// A JSON body as `T`.
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for JsonBody<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        require_json(request.headers())?;
        let bytes = read_body(request.into_body(), app.config.limits.body_bytes).await?;
        parse_json(&bytes).map(Self)
    }
}

fn require_json(headers: &HeaderMap) -> Result<(), ApiError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = content_type.split(';').next().unwrap_or("").trim();
    if essence.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(ApiError::new(ProblemCode::UnsupportedMediaType, "send the header Content-Type: application/json"))
}

async fn read_body(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let too_large = || {
        ApiError::new(ProblemCode::BodyTooLarge, format!("at most {limit} bytes are read: send less at once"))
    };
    // What announces too much is told so before it is sent.
    if body.size_hint().lower() > limit as u64 {
        return Err(too_large());
    }
    match Limited::new(body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large()),
        Err(_) => Err(ApiError::new(ProblemCode::MalformedJson, "the body ended before it was complete")),
    }
}

/// Parses `bytes`; a refusal names the path of the field.
pub(super) fn parse_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader)
        .map_err(|error| refuse(bytes, error.path().to_string(), &error.into_inner()))?;
    // serde would take the fields of a struct from a list too, by their order.
    if reader.end().is_err() || !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(check_json(bytes)
            .err()
            .unwrap_or_else(|| ApiError::invalid_field(".", "expected a JSON object")));
    }
    Ok(value)
}

fn check_json(bytes: &[u8]) -> Result<(), ApiError> {
    serde_json::from_slice::<IgnoredAny>(bytes).map(drop).map_err(|error| {
        let detail = format!("the body is not JSON at line {} column {}", error.line(), error.column());
        ApiError::new(ProblemCode::MalformedJson, detail)
    })
}

fn refuse(bytes: &[u8], field: String, cause: &serde_json::Error) -> ApiError {
    if let Err(malformed) = check_json(bytes) {
        return malformed;
    }
    if cause.is_data() {
        return invalid_data(field, cause);
    }
    // To serde it is bad syntax where an object with one alternative has none or two.
    let text = cause.to_string();
    let detail = match text.split(" at line ").next().unwrap_or_default() {
        "expected value" => "give exactly one of the alternatives that there are here".to_owned(),
        text => format!("cannot be read: {text}"),
    };
    ApiError::invalid_field(field, detail)
}

/// serde's text says what was expected; the offending value is cut from it, since it may be an address.
fn invalid_data(field: String, cause: &serde_json::Error) -> ApiError {
    let text = cause.to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let detail = match (text.find("invalid type: "), text.find("invalid value: "), text.find(", expected ")) {
        (Some(_), _, Some(at)) | (_, Some(_), Some(at)) => {
            format!("expected {}", &text[at + ", expected ".len()..])
        }
        // serde names a type of ours, which tells a caller nothing.
        _ if text.starts_with("data did not match any variant") => {
            "has none of the forms that it may have here".to_owned()
        }
        _ => text.to_owned(),
    };
    let field = if field == "." { missing_field(text).unwrap_or(field) } else { join_missing(field, text) };
    ApiError::invalid_field(field, detail)
}

fn missing_field(text: &str) -> Option<String> {
    let rest = text.strip_prefix("missing field `").or_else(|| text.strip_prefix("unknown field `"))?;
    rest.split('`').next().map(str::to_owned)
}

fn join_missing(field: String, text: &str) -> String {
    match missing_field(text) {
        Some(name) if !field.ends_with(&name) => format!("{field}.{name}"),
        _ => field,
    }
}

/// A JSON answer.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The app of the path.
pub struct AppPath(pub AppId);

impl<S: Send + Sync> FromRequestParts<S> for AppPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(path_part(parts, state, "app").await?))
    }
}

/// The installation of the path.
pub struct InstallationPath(pub InstallationId);

impl<S: Send + Sync> FromRequestParts<S> for InstallationPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(path_part(parts, state, "installation").await?))
    }
}

/// One named part of the path, parsed.
pub(super) async fn path_part<T, S>(parts: &mut Parts, state: &S, name: &str) -> Result<T, ApiError>
where
    T: FromStr<Err = InvalidId>,
    S: Send + Sync,
{
    let all = Path::<Vec<(String, String)>>::from_request_parts(parts, state)
        .await
        .map_err(|rejection| not_utf8(&rejection, name))?;
    let text = all.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    text.parse().map_err(|invalid: InvalidId| ApiError::invalid_field(name, invalid.to_string()))
}

/// All parts of a path are decoded together: whichever is asked for, the fault may lie with another one.
pub(super) fn not_utf8(rejection: &PathRejection, asked: &str) -> ApiError {
    let faulty = match rejection {
        PathRejection::FailedToDeserializePathParams(failure) => match failure.kind() {
            PathErrorKind::InvalidUtf8InPathParam { key } => key,
            _ => asked,
        },
        _ => asked,
    };
    ApiError::invalid_field(faulty, "is not UTF-8 when it is percent-decoded")
}

/// Query parameters as `T`.
pub struct QueryOf<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for QueryOf<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let query = Query::<T>::from_request_parts(parts, state)
            .await
            .map_err(|rejection| invalid_query(&rejection.body_text()))?;
        Ok(Self(query.0))
    }
}

/// axum's text is `…: <parameter>: <fault>`, without a parameter where it is not known.
fn invalid_query(text: &str) -> ApiError {
    let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(text);
    if let Some(name) = missing_field(text) {
        return ApiError::invalid_field(name, text);
    }
    match text.split_once(": ") {
        Some((name, fault)) => ApiError::invalid_field(name, fault),
        None => ApiError::invalid_field("query", text),
    }
}

/// The user of the path.
pub struct UserPath(pub pushbridge_wire::UserId);

impl<S: Send + Sync> FromRequestParts<S> for UserPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(path_part(parts, state, "user").await?))
    }
}
