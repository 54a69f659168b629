//! The three requests of the device protocol.

use std::fmt;

use pushbridge_wire::{AppId, InstallationRequest, ProofRequest, Receipt, ReceiptsRequest, Revision};
use serde::Serialize;

use super::transport::{ApiMethod, ApiRequest};
use crate::machine::State;

/// A user proof as the app gave it. Lives for one attempt, is never stored and never printed.
#[derive(Clone)]
pub(crate) struct UserProof(String);

impl UserProof {
    /// Accepts what can stand in a header; anything else would fail every request that carries it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = text.strip_prefix("Bearer ").unwrap_or(text);
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())).then(|| Self(text.to_owned()))
    }
}

impl fmt::Debug for UserProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UserProof(..)")
    }
}

/// PUT of the whole desired state. None while there is nothing to tell.
pub(crate) fn put_request(app: &AppId, state: &State, proof: Option<UserProof>) -> Option<ApiRequest> {
    let body = installation_body(state, state.desired.revision?);
    request(app, state, ApiMethod::Put, "", &body, proof)
}

/// Echo of a challenge.
pub(crate) fn prove_request(app: &AppId, state: &State, nonce: String) -> Option<ApiRequest> {
    request(app, state, ApiMethod::Post, "/proof", &ProofRequest { nonce }, None)
}

/// A batch of receipts.
pub(crate) fn receipts_request(app: &AppId, state: &State, receipts: Vec<Receipt>) -> Option<ApiRequest> {
    request(app, state, ApiMethod::Post, "/receipts", &ReceiptsRequest { receipts }, None)
}

fn installation_body(state: &State, revision: Revision) -> InstallationRequest {
    let (desired, attributes) = (&state.desired, state.desired.attributes.clone());
    InstallationRequest {
        revision,
        platform: attributes.platform,
        address: desired.address.clone(),
        user: desired.login.as_ref().map(|login| login.user.clone()),
        login_id: desired.login.as_ref().map(|login| login.login_id.clone()),
        permission: attributes.permission,
        app_version: attributes.app_version,
        os_version: attributes.os_version,
        locale: attributes.locale,
        timezone: attributes.timezone,
        tags: attributes.tags,
    }
}

fn request<B: Serialize>(
    app: &AppId,
    state: &State,
    method: ApiMethod,
    suffix: &str,
    body: &B,
    proof: Option<UserProof>,
) -> Option<ApiRequest> {
    let identity = &state.identity;
    Some(ApiRequest {
        method,
        // Neither id holds a character that would need escaping.
        path: format!("/v1/apps/{app}/installations/{}{suffix}", identity.installation),
        secret: identity.secret.clone(),
        user_proof: proof.map(|proof| proof.0),
        body: serde_json::to_string(body).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_taken_with_or_without_its_scheme_and_never_with_a_line_break() {
        assert_eq!(UserProof::parse("Bearer a.b.c").map(|p| p.0), Some("a.b.c".to_owned()));
        assert_eq!(UserProof::parse(" a.b.c\n").map(|p| p.0), Some("a.b.c".to_owned()));
        assert!(UserProof::parse("a\r\nX-Evil: 1").is_none());
        assert!(UserProof::parse("  ").is_none());
    }

    /// I11
    #[test]
    fn a_proof_does_not_print() {
        assert_eq!(format!("{:?}", UserProof::parse("a.b.c")), "Some(UserProof(..))");
    }
}
