//! Who calls: an API key for the back end and the operator, the installation secret for a phone.

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use pushbridge_wire::{AppId, InstallationSecret, ProblemCode, Scope};

use super::{error::ApiError, json::path_part};
use crate::{
    app::App,
    keys::ApiKey,
    store::{AppRow, KeyRow},
};

/// A caller with a sound API key.
#[derive(Clone, Debug)]
pub struct Caller {
    key: KeyRow,
}

impl Caller {
    /// The key's id, for the event log.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key.key_id
    }

    /// Refuses a key without `scope`. The operator's key has every scope.
    pub(super) fn require(&self, scope: Scope) -> Result<(), ApiError> {
        if self.key.scopes.contains(&scope) || self.key.scopes.contains(&Scope::Admin) {
            return Ok(());
        }
        let detail =
            format!("this route needs a key with the scope {}: create one with that scope", scope.as_str());
        Err(ApiError::new(ProblemCode::ScopeMissing, detail))
    }
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let text = bearer(&parts.headers).ok_or_else(key_invalid)?;
        let key = ApiKey::parse(text).ok_or_else(key_invalid)?;
        let stored = app.store.find_key(key.id().to_owned()).await?.ok_or_else(key_invalid)?;
        if !key.matches(&stored.hash) {
            return Err(key_invalid());
        }
        Ok(Self { key: stored })
    }
}

fn key_invalid() -> ApiError {
    let detail = "send the header Authorization: Bearer pbk_…, with a key made by `pushbridge key create`";
    ApiError::new(ProblemCode::ApiKeyInvalid, detail)
}

/// A caller and the app of the path, which he may see.
pub struct AppCaller {
    /// Who calls.
    pub caller: Caller,
    /// The app.
    pub row: AppRow,
}

impl AppCaller {
    /// Refuses a key without `scope`.
    pub(super) fn require(&self, scope: Scope) -> Result<(), ApiError> {
        self.caller.require(scope)
    }
}

impl FromRequestParts<Arc<App>> for AppCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let id: AppId = path_part(parts, app, "app").await?;
        let row = app.store.find_app(id).await?.ok_or_else(ApiError::not_found)?;
        // Another app's key gets the same answer as for an app that does not exist.
        if !caller.key.scopes.contains(&Scope::Admin) && caller.key.app != Some(row.no) {
            return Err(ApiError::not_found());
        }
        Ok(Self { caller, row })
    }
}

/// The operator.
pub struct Operator;

impl FromRequestParts<Arc<App>> for Operator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Caller::from_request_parts(parts, app).await?.require(Scope::Admin).map(|()| Self)
    }
}

/// The secret that a phone sent. Whether it is the right one, the registry says.
pub struct Secret(pub InstallationSecret);

impl<S: Send + Sync> FromRequestParts<S> for Secret {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let secret =
            bearer(&parts.headers).and_then(|text| InstallationSecret::try_from(text.to_owned()).ok());
        secret.map(Self).ok_or_else(secret_invalid)
    }
}

/// The same for a wrong secret and for an installation that does not exist.
pub(super) fn secret_invalid() -> ApiError {
    let detail =
        "the secret is not the one that this installation was created with: start as a new installation";
    ApiError::new(ProblemCode::SecretInvalid, detail)
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    bearer_of(headers, header::AUTHORIZATION.as_str())
}

/// The token of a `Bearer` header.
pub(super) fn bearer_of<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let text = headers.get(name)?.to_str().ok()?;
    let (scheme, token) = text.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
