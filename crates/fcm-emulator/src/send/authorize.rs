//! May this caller send for this project? In: the headers and the path's project. Out: nothing, or 401 or 403.
//! Next: `request`. Checked before the body is read.

use axum::http::{HeaderMap, header};

use crate::google::GoogleError;
use crate::oauth::Bearer;
use crate::world::World;

pub(crate) fn authorize(world: &World, headers: &HeaderMap, project: &str) -> Result<(), GoogleError> {
    authorize_owner(world, headers)?;
    if project == world.project.as_str() { Ok(()) } else { Err(GoogleError::permission_denied(project)) }
}

/// The bearer alone, for calls whose path names no project.
pub(crate) fn authorize_owner(world: &World, headers: &HeaderMap) -> Result<(), GoogleError> {
    let bearer = bearer_of(headers).ok_or_else(GoogleError::credentials_missing)?;
    match world.tokens.check(bearer, world.clock.elapsed()) {
        Bearer::Valid => Ok(()),
        Bearer::Expired => Err(GoogleError::credentials_invalid("ACCESS_TOKEN_EXPIRED")),
        Bearer::Unknown => Err(GoogleError::credentials_invalid("ACCESS_TOKEN_TYPE_UNSUPPORTED")),
    }
}

fn bearer_of(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}
