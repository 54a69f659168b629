//! Signs assertions as the client libraries do, so that the emulator's check is tested from outside.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::support::START;

/// A service account read from its JSON, able to sign.
pub(crate) struct Signer {
    key: RsaKeyPair,
    pub(crate) email: String,
    pub(crate) token_uri: String,
}

impl Signer {
    pub(crate) fn new(service_account_json: &str) -> Self {
        let account: Value = serde_json::from_str(service_account_json).unwrap();
        let text = |name: &str| account[name].as_str().unwrap().to_owned();
        let pem = text("private_key");
        let body: String = pem.lines().filter(|line| !line.starts_with("-----")).collect();
        let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
        Self { key, email: text("client_email"), token_uri: text("token_uri") }
    }

    /// Claims that the emulator accepts at the start of a manual clock.
    pub(crate) fn claims(&self) -> Value {
        let now = START.as_secs();
        json!({
            "iss": self.email,
            "scope": "https://www.googleapis.com/auth/firebase.messaging",
            "aud": self.token_uri,
            "iat": now,
            "exp": now + 3600,
        })
    }

    /// The valid claims with `name` replaced.
    pub(crate) fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims();
        claims[name] = value;
        claims
    }

    pub(crate) fn sign(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "RS256", "typ": "JWT"}), claims, |bytes| URL_SAFE_NO_PAD.encode(bytes))
    }

    /// With `=` at the end of each segment, as `gcp_auth` writes it.
    pub(crate) fn sign_padded(&self, claims: &Value) -> String {
        self.sign_as(&json!({"alg": "RS256", "typ": "JWT"}), claims, |bytes| URL_SAFE.encode(bytes))
    }

    pub(crate) fn sign_as(&self, header: &Value, claims: &Value, encode: impl Fn(&[u8]) -> String) -> String {
        let signed =
            format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", encode(&signature))
    }
}
