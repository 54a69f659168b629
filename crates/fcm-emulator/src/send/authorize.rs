//! May this caller send for this project? In: the headers and the path's project. Out: the project's world, or 401 or 403.
//! Next: `request`. Checked before the body is read.

use std::sync::Arc;

use axum::http::{HeaderMap, header};

use crate::google::GoogleError;
use crate::oauth::Bearer;
use crate::projects::Projects;
use crate::world::World;

/// The world of `project`, if the bearer may act in it: an account has no rights in a project that is not its own.
pub(crate) fn authorize(
    projects: &Projects,
    headers: &HeaderMap,
    project: &str,
) -> Result<Arc<World>, GoogleError> {
    let bearer = bearer_of(headers).ok_or_else(GoogleError::credentials_missing)?;
    if let Some(world) = projects.find(project)
        && world.bearer(bearer) >= Bearer::Valid
    {
        return Ok(world);
    }
    accept(projects.bearer(bearer).0)?;
    Err(GoogleError::permission_denied(project))
}

/// The bearer's project, for calls whose path names none; `None` for the owner of them all.
pub(crate) fn authorize_bearer(
    projects: &Projects,
    headers: &HeaderMap,
) -> Result<Option<Arc<World>>, GoogleError> {
    let bearer = bearer_of(headers).ok_or_else(GoogleError::credentials_missing)?;
    let (worth, world) = projects.bearer(bearer);
    accept(worth)?;
    Ok((worth != Bearer::Owner).then_some(world))
}

fn accept(worth: Bearer) -> Result<(), GoogleError> {
    match worth {
        Bearer::Valid | Bearer::Owner => Ok(()),
        Bearer::Expired => Err(GoogleError::credentials_invalid("ACCESS_TOKEN_EXPIRED")),
        Bearer::Unknown => Err(GoogleError::credentials_invalid("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
    }
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
