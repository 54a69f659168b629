//! The JWT with which a service account asks for a token. In: its text. Out: nothing, or the OAuth error that
//! Google would answer. Next: `tokens` issues.
//!
//! Lenient where real clients differ: segments may be padded, `sub` may be null, `aud` may be Google's own URL.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::oauth::account::ServiceAccount;

const GOOGLE_TOKEN_URI: &str = "https://oauth2.googleapis.com/token";
const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"];
/// Clocks of two machines differ; Google allows some minutes too.
const LEEWAY_S: f64 = 60.0;
const LONGEST_LIFE_S: f64 = 3600.0;

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    scope: Option<String>,
    aud: String,
    // Some libraries write whole seconds as a float.
    iat: f64,
    exp: f64,
    sub: Option<String>,
}

/// Why no token is issued, as the two members of an OAuth error body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OauthError {
    pub(crate) error: &'static str,
    pub(crate) description: String,
}

impl OauthError {
    pub(crate) fn new(error: &'static str, description: impl Into<String>) -> Self {
        Self { error, description: description.into() }
    }

    fn grant(description: &str) -> Self {
        Self::new("invalid_grant", description)
    }
}

/// Checks `assertion` against `account` at `now`. `reached_at` is the token endpoint's URL as this client wrote it
/// (its `Host` header), since a container or a tunnel may know the emulator by another name.
pub(crate) fn check_assertion(
    account: &ServiceAccount,
    assertion: &str,
    reached_at: &str,
    now: Duration,
) -> Result<(), OauthError> {
    let claims = verify(account, assertion)?;
    if claims.iss != account.email() {
        return Err(OauthError::grant("Invalid grant: account not found"));
    }
    if ![account.token_uri(), GOOGLE_TOKEN_URI, reached_at].contains(&claims.aud.as_str()) {
        return Err(OauthError::grant("Invalid JWT: Failed audience check."));
    }
    check_times(&claims, now)?;
    if claims.sub.as_deref().is_some_and(|sub| sub != account.email()) {
        return Err(OauthError::new(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method.",
        ));
    }
    let scopes = claims.scope.unwrap_or_default();
    if !scopes.split_ascii_whitespace().any(|scope| SCOPES.contains(&scope)) {
        return Err(OauthError::new("invalid_scope", "Invalid OAuth scope or ID token audience provided."));
    }
    Ok(())
}

/// Who says to have signed `assertion`; what that is worth, [`check_assertion`] knows.
pub(crate) fn claimed_issuer(assertion: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    decode_json::<Issued>(assertion.split('.').nth(1)?).map(|issued| issued.iss)
}

fn verify(account: &ServiceAccount, assertion: &str) -> Result<Claims, OauthError> {
    let malformed = || OauthError::grant("Bad Request");
    let (signed, signature) = assertion.rsplit_once('.').ok_or_else(malformed)?;
    let (header, claims) = signed.split_once('.').ok_or_else(malformed)?;
    let header: Header = decode_json(header).ok_or_else(malformed)?;
    if header.alg != "RS256" {
        return Err(OauthError::grant("Invalid JWT: only RS256 is supported."));
    }
    let signature = decode(signature).ok_or_else(malformed)?;
    if !account.signed(signed.as_bytes(), &signature) {
        return Err(OauthError::grant("Invalid JWT Signature."));
    }
    decode_json(claims).ok_or_else(|| {
        OauthError::grant("Invalid JWT: iss, aud, iat and exp must be present, the times as numbers.")
    })
}

fn check_times(claims: &Claims, now: Duration) -> Result<(), OauthError> {
    let now_s = now.as_secs_f64();
    let in_time = claims.exp + LEEWAY_S > now_s && claims.iat < now_s + LEEWAY_S;
    let short_lived = claims.exp - claims.iat <= LONGEST_LIFE_S + LEEWAY_S && claims.exp > claims.iat;
    if in_time && short_lived {
        Ok(())
    } else {
        Err(OauthError::grant(
            "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. \
             Check your iat and exp values in the JWT claim.",
        ))
    }
}

/// Base64url with or without padding: `gcp_auth` pads, most others do not.
fn decode(segment: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(segment.trim_end_matches('=')).ok()
}

fn decode_json<T: DeserializeOwned>(segment: &str) -> Option<T> {
    serde_json::from_slice(&decode(segment)?).ok()
}
