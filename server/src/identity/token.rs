//! User tokens: proofs that the server signs for back ends without keys of their own.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use pushbridge_wire::{AppId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::store::NewApp;

const ISSUER: &str = "pushbridge";

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: String,
    exp: i64,
    // Exact to the millisecond, so that a token made right after a revoke counts.
    issued_ms: i64,
}

/// Signs that the bearer is `user` of `app` until `expires`. None where signing fails, which no input causes.
#[must_use]
pub fn sign_user_token(
    key: &[u8; 32],
    app: &AppId,
    user: &UserId,
    now: Timestamp,
    expires: Timestamp,
) -> Option<String> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        aud: app.to_string(),
        sub: user.to_string(),
        exp: expires.as_ms() / 1_000,
        issued_ms: now.as_ms(),
    };
    encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(key)).ok()
}

/// The user and the time of issue of a token that this server signed for this app.
pub(super) fn check_own(
    app: &NewApp,
    key: &[u8; 32],
    proof: &str,
    now: Timestamp,
) -> Option<(UserId, Timestamp)> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.validate_exp = false;
    validation.set_audience(&[app.id.as_str()]);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["aud", "iss"]);
    let claims = decode::<Claims>(proof, &DecodingKey::from_secret(key), &validation).ok()?.claims;
    let holds = Timestamp::from_ms(claims.exp.saturating_mul(1_000)) > now;
    holds.then_some(())?;
    Some((claims.sub.parse().ok()?, Timestamp::from_ms(claims.issued_ms)))
}
