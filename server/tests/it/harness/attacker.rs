//! Somebody with a valid account and a value that is not his: an installation of his own that claims it.

use pushbridge_core::Platform;
use pushbridge_wire::{InstallationId, InstallationSecret};
use serde_json::{Value, json};

use super::Shop;

/// Speaks the device protocol by hand.
pub(crate) struct Attacker {
    shop: Shop,
    id: InstallationId,
    secret: InstallationSecret,
    revision: u64,
}

impl Attacker {
    pub(crate) const USER: &'static str = "mallory";

    pub(crate) fn new(shop: Shop, seed: u8) -> Self {
        let (id, secret) =
            (InstallationId::from_random([seed; 16]), InstallationSecret::from_random([seed; 32]));
        Self { shop, id, secret, revision: 0 }
    }

    /// PUTs `value` as his own address, with his own account well proven. The server's answer.
    pub(crate) async fn claim(&mut self, value: &str) -> Value {
        self.revision += 1;
        let proof = self.shop.user_token(Self::USER).await;
        // A token has FCM's colon in it. Only a test may tell so: the product never guesses a kind.
        let kind = if value.contains(':') { "fcm_token" } else { "fcm_fid" };
        let body = json!({
            "revision": self.revision, "platform": Platform::Android, "user": Self::USER, "login_id": "mallorys-login",
            "address": {"kind": kind, "value": value},
        });
        let request = pushbridge_core::sync::ApiRequest {
            method: pushbridge_core::sync::ApiMethod::Put,
            path: format!("/v1/apps/{}/installations/{}", self.shop.id, self.id),
            secret: self.secret.clone(),
            user_proof: Some(proof),
            body: body.to_string(),
        };
        let answer = self.shop.wire.carry(&request).await.expect("the server answers");
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        serde_json::from_slice(&answer.body).unwrap()
    }
}
