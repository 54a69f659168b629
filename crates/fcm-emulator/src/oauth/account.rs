//! The one service account. In: a project and this emulator's URL. Out: the JSON file that a server is configured
//! with, and the public key that its JWTs are checked against. Next: `assertion`.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::names::{ProjectId, fingerprint};
use crate::options::StartError;

/// A service account with a key made for this emulator. Has no `Debug`: its JSON is a private key.
pub(crate) struct ServiceAccount {
    email: String,
    token_uri: String,
    public_key: Vec<u8>,
    private_key: String,
    json: String,
}

impl ServiceAccount {
    /// Makes a fresh RSA-2048 key; takes tens of milliseconds of CPU.
    pub(crate) fn generate(project: &ProjectId, url: &str) -> Result<Self, StartError> {
        let key = KeyPair::generate(KeySize::Rsa2048).map_err(|_| StartError::Key)?;
        let pkcs8: Pkcs8V1Der<'_> = key.as_der().map_err(|_| StartError::Key)?;
        Ok(Self::of_key(project, url, &key, pem(pkcs8.as_ref())))
    }

    /// Takes the key that [`private_key`](Self::private_key) gave in an earlier run; `None` if it is none.
    pub(crate) fn restore(project: &ProjectId, url: &str, private_key: &str) -> Option<Self> {
        let body: String = private_key.lines().filter(|line| !line.starts_with('-')).collect();
        let key = KeyPair::from_pkcs8(&STANDARD.decode(body).ok()?).ok()?;
        Some(Self::of_key(project, url, &key, private_key.into()))
    }

    fn of_key(project: &ProjectId, url: &str, key: &KeyPair, private_key: String) -> Self {
        let public_key = key.public_key().as_ref().to_vec();
        let email = format!("pushbridge-emulator@{project}.iam.gserviceaccount.com");
        let token_uri = format!("{url}/token");
        let json = json!({
            "type": "service_account",
            "project_id": project.as_str(),
            "private_key_id": fingerprint(&STANDARD.encode(&public_key)),
            "private_key": private_key,
            "client_email": email,
            "client_id": "100000000000000000001",
            "auth_uri": format!("{url}/o/oauth2/auth"),
            "token_uri": token_uri,
            "universe_domain": "googleapis.com",
        });
        Self { email, token_uri, public_key, private_key, json: format!("{json:#}\n") }
    }

    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    pub(crate) fn token_uri(&self) -> &str {
        &self.token_uri
    }

    /// In PEM.
    pub(crate) fn private_key(&self) -> &str {
        &self.private_key
    }

    /// The file's content, private key included.
    pub(crate) fn json(&self) -> &str {
        &self.json
    }

    /// Whether this account's key made `signature` over `signed`.
    pub(crate) fn signed(&self, signed: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.public_key)
            .verify(signed, signature)
            .is_ok()
    }
}

/// PKCS#8 in PEM, the only form that `gcp_auth` reads.
fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let mut text = String::from("-----BEGIN PRIVATE KEY-----\n");
    for line in body.as_bytes().chunks(64) {
        text.extend(line.iter().copied().map(char::from));
        text.push('\n');
    }
    text.push_str("-----END PRIVATE KEY-----\n");
    text
}
