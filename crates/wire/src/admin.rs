//! The operator's side: apps, keys, policies.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{AppId, Timestamp, UserId};

/// What an API key may do. A closed list: a scope that the server does not know must not be granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Send messages.
    Send,
    /// Read messages, users, installations and events.
    Read,
    /// Change users' bindings, user tokens and templates.
    Manage,
    /// Everything, in every app: the operator.
    Admin,
}

impl Scope {
    /// The scope as it stands in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Read => "read",
            Self::Manage => "manage",
            Self::Admin => "admin",
        }
    }
}

/// How many installations a user may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyMode {
    /// One: the newest bind overwrites.
    Single,
    /// Several: devices accumulate.
    Multi,
}

/// The policy of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    /// One device or several.
    pub mode: PolicyMode,
    /// Under `multi`: above it the least recently seen is unbound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_devices: Option<u32>,
}

/// Who says that a user is who he says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// A signed proof is needed.
    Jwt,
    /// The phone is believed. For development only.
    Trusted,
}

/// A key that signs user proofs.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfiguredKey {
    /// `HS256`, `ES256`, `RS256` or `EdDSA`; pinned, so that a proof cannot choose.
    pub algorithm: String,
    /// PEM of the public key, or the shared secret for HS256.
    pub key: String,
    /// `kid` of the proofs that it signs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// Required `iss`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Required `aud`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
}

impl fmt::Debug for ConfiguredKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConfiguredKey")
            .field("algorithm", &self.algorithm)
            .field("kid", &self.kid)
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}

/// How an app's users are proven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityConfig {
    /// Signed proofs or trust.
    pub mode: IdentityMode,
    /// The app's own keys. Proofs that the server signed always count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<ConfiguredKey>,
}

/// Registers an app.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRequest {
    /// Its id.
    pub id: AppId,
    /// The Firebase project that its addresses belong to.
    pub firebase_project: String,
    /// The service account's JSON itself. Never shown again.
    pub service_account: Value,
    /// Where FCM is; Google's unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fcm_endpoint: Option<String>,
    /// One device or several.
    pub policy: PolicyConfig,
    /// How users are proven; `jwt` unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityConfig>,
}

impl fmt::Debug for AppRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRequest")
            .field("id", &self.id)
            .field("firebase_project", &self.firebase_project)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// Changes an app; what is not given stays.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AppUpdate {
    /// A new service account's JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_account: Option<Value>,
    /// Another FCM endpoint.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fcm_endpoint: Option<String>,
    /// Another policy; takes effect at the next bind, or at once with `?apply=now`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<PolicyConfig>,
    /// Another way to prove users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityConfig>,
}

impl fmt::Debug for AppUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppUpdate").field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// An app as the operator sees it: no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppResponse {
    /// Its id.
    pub id: AppId,
    /// The Firebase project.
    pub firebase_project: String,
    /// The service account's e-mail address.
    pub service_account_email: String,
    /// Where FCM is, if not at Google's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fcm_endpoint: Option<String>,
    /// One device or several.
    pub policy: PolicyConfig,
    /// How users are proven.
    pub identity_mode: IdentityMode,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Its live addresses; only where one app is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub addresses: Option<AddressCounts>,
    /// Set while the breaker holds verdicts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring_held: Option<RetiringHeld>,
    /// Set while nothing can be sent until a person mends key, permission or project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sending_blocked: Option<SendingBlocked>,
}

/// How many live addresses of each kind an app has: how far a change from tokens to FIDs has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressCounts {
    /// Registration tokens.
    pub fcm_token: u64,
    /// Firebase Installation IDs.
    pub fcm_fid: u64,
}

/// Nothing of an app can be sent; its deliveries wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendingBlocked {
    /// Since when.
    pub since: Timestamp,
    /// What the last attempt failed of, in the words of a delivery's reason.
    pub reason: String,
    /// When one delivery is tried again.
    pub next_try_at: Timestamp,
}

/// Verdicts that the breaker holds back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiringHeld {
    /// Since when.
    pub since: Timestamp,
    /// How many.
    pub verdicts: u64,
}

/// Ends what the breaker holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RetiringRequest {
    /// What the verdicts are worth.
    pub release: Release,
}

/// What the held verdicts are worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// They were right.
    Apply,
    /// They were wrong.
    Drop,
}

/// What a release came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetiringResponse {
    /// Verdicts that are held no more.
    pub released: u64,
}

/// Asks for an API key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// What it may do: `send`, `read`, `manage`.
    pub scopes: Vec<Scope>,
}

/// An API key. `key` is shown once, when it is made.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyResponse {
    /// Its id, for listing and deleting.
    pub key_id: String,
    /// The key itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl fmt::Debug for KeyResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyResponse").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Asks for a user proof signed by the server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserTokenRequest {
    /// Whom it proves.
    pub user: UserId,
    /// How long it holds; one hour unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ttl: Option<crate::IsoDuration>,
}

/// A user proof.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTokenResponse {
    /// The JWT, for `Pushbridge-User: Bearer …`.
    pub token: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

impl fmt::Debug for UserTokenResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserTokenResponse").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}
