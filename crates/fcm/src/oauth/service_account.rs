//! A service account's JSON, checked so that nothing about it can fail later.

use std::fmt;

use aws_lc_rs::signature::RsaKeyPair;
use gcp_auth::CustomServiceAccount;
use rustls::pki_types::{PrivatePkcs8KeyDer, pem::PemObject};
use serde_json::{Map, Value, json};
use url::Url;

/// Why a service account cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ServiceAccountError {
    /// The text is not a JSON object. Its content is not repeated: it may hold the key.
    #[error("the service account is not a JSON object (line {line}, column {column})")]
    NotJson {
        /// Where the text stops being one.
        line: usize,
        /// Where in that line.
        column: usize,
    },
    /// Another kind of credentials.
    #[error("credentials of type \"{0}\" are not supported: download a service account's key")]
    OtherKind(String),
    /// A field is missing, empty or not a string.
    #[error("the service account has no \"{0}\"")]
    Missing(&'static str),
    /// The key cannot sign.
    #[error(
        "the service account's \"private_key\" is {0}; expected an RSA key as PKCS#8 PEM (BEGIN PRIVATE KEY)"
    )]
    BadPrivateKey(&'static str),
    /// The token endpoint's address cannot be called.
    #[error("the service account's \"token_uri\" is {0}; expected an http or https URL")]
    BadTokenUri(&'static str),
    /// The machine trusts nobody. `gcp_auth` reads the system's certificates even where it will not need them.
    #[error("this machine has no root certificates: install ca-certificates, or set SSL_CERT_FILE")]
    NoRootCertificates(#[source] gcp_auth::Error),
    /// `gcp_auth` refuses what passed every check above.
    #[error("gcp_auth refuses the service account")]
    Refused(#[source] gcp_auth::Error),
}

/// A service account that is known to work as far as this machine can tell. `Debug` shows no key.
#[derive(Clone)]
pub struct ServiceAccount {
    project_id: String,
    client_email: String,
    token_uri: String,
    private_key: String,
}

impl ServiceAccount {
    /// Reads the JSON that Google's console offers for download.
    ///
    /// # Errors
    /// Whatever would make a later fetch fail for a reason that lies in the JSON, or panic.
    pub fn from_json(text: &str) -> Result<Self, ServiceAccountError> {
        let parsed = serde_json::from_str::<Map<String, Value>>(text);
        let fields = parsed
            .map_err(|error| ServiceAccountError::NotJson { line: error.line(), column: error.column() })?;
        match fields.get("type").and_then(Value::as_str) {
            None | Some("service_account") => {}
            Some(other) => {
                return Err(ServiceAccountError::OtherKind(crate::error::bounded_text(other)));
            }
        }
        let field = |name: &'static str| match fields.get(name).and_then(Value::as_str) {
            Some(text) if !text.trim().is_empty() => Ok(text.to_owned()),
            _ => Err(ServiceAccountError::Missing(name)),
        };
        let account = Self {
            project_id: field("project_id")?,
            client_email: field("client_email")?,
            token_uri: field("token_uri")?,
            private_key: field("private_key")?,
        };
        check_private_key(&account.private_key)?;
        callable(&account.token_uri)?;
        account.provider()?;
        Ok(account)
    }

    /// The Firebase project of the account.
    #[must_use]
    pub fn project_id(&self) -> &str {
        &self.project_id
    }

    /// The account's name.
    #[must_use]
    pub fn client_email(&self) -> &str {
        &self.client_email
    }

    /// A provider with nothing cached: `gcp_auth` can be made to fetch in no other way.
    pub(super) fn provider(&self) -> Result<CustomServiceAccount, ServiceAccountError> {
        let json = json!({
            "project_id": self.project_id,
            "client_email": self.client_email,
            "private_key": self.private_key,
            "token_uri": callable(&self.token_uri)?,
        });
        let provider = CustomServiceAccount::from_json(&json.to_string()).map_err(|error| match error {
            gcp_auth::Error::Io(..) => ServiceAccountError::NoRootCertificates(error),
            _ => ServiceAccountError::Refused(error),
        })?;
        // The endpoint compares the audience with the text of its JSON, not with the URL's normal form.
        Ok(provider.with_audience(self.token_uri.clone()))
    }
}

/// The same check as `gcp_auth`'s, for an error that says what is wrong.
fn check_private_key(pem: &str) -> Result<(), ServiceAccountError> {
    let bad = ServiceAccountError::BadPrivateKey;
    let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
        let pkcs1 = pem.contains("BEGIN RSA PRIVATE KEY");
        bad(if pkcs1 { "PKCS#1" } else { "not PKCS#8 PEM" })
    })?;
    RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).map_err(|_| bad("not a usable RSA key"))?;
    Ok(())
}

/// The address in the form that is called. `gcp_auth` panics at one that the http crate cannot parse, so that is asked.
fn callable(token_uri: &str) -> Result<String, ServiceAccountError> {
    let bad = ServiceAccountError::BadTokenUri;
    let url = Url::parse(token_uri).map_err(|_| bad("not a URL"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(bad("of another scheme"));
    }
    let text = String::from(url);
    match text.parse::<http::Uri>() {
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(text),
        _ => Err(bad("not callable")),
    }
}

impl fmt::Debug for ServiceAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceAccount")
            .field("project_id", &self.project_id)
            .field("client_email", &self.client_email)
            .field("token_uri", &self.token_uri)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
