//! Proofs by the app's own keys: the algorithm is pinned by the key, so a proof cannot choose.

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use pushbridge_wire::{ConfiguredKey, Timestamp, UserId};
use serde::Deserialize;

/// Clocks of the app's servers may be that far off.
const LEEWAY_SECONDS: u64 = 60;

/// A configured key that cannot be used. Never shows the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("identity.keys[{index}]: {problem}")]
pub struct InvalidKey {
    /// Which of the list.
    pub index: usize,
    /// What is wrong and what would be right.
    pub problem: &'static str,
}

/// Checks that each key can be used, when it is configured and not when the first phone comes.
///
/// # Errors
/// [`InvalidKey`] for the first that cannot.
pub fn check_keys(keys: &[ConfiguredKey]) -> Result<(), InvalidKey> {
    for (index, key) in keys.iter().enumerate() {
        decoding_key(key).map_err(|problem| InvalidKey { index, problem })?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: f64,
    exp: f64,
}

/// The user and the time of issue of a proof that `key` signed. None where it does not hold.
pub(super) fn check(key: &ConfiguredKey, proof: &str, now: Timestamp) -> Option<(UserId, Timestamp)> {
    let header = decode_header(proof).ok()?;
    if key.kid.is_some() && header.kid != key.kid {
        return None;
    }
    let (algorithm, decoding) = decoding_key(key).ok()?;
    let mut validation = Validation::new(algorithm);
    // Time is an argument here: the library would read the machine's clock.
    validation.validate_exp = false;
    validation.required_spec_claims.clear();
    validation.validate_aud = key.audience.is_some();
    if let Some(audience) = &key.audience {
        validation.set_audience(&[audience]);
        validation.required_spec_claims.insert("aud".to_owned());
    }
    if let Some(issuer) = &key.issuer {
        validation.set_issuer(&[issuer]);
        validation.required_spec_claims.insert("iss".to_owned());
    }
    let claims = decode::<Claims>(proof, &decoding, &validation).ok()?.claims;
    holds_at(&claims, now).then_some(())?;
    let issued_at = Timestamp::from_ms(milliseconds(claims.iat)?);
    Some((claims.sub.parse().ok()?, issued_at))
}

fn holds_at(claims: &Claims, now: Timestamp) -> bool {
    let leeway = std::time::Duration::from_secs(LEEWAY_SECONDS);
    let (Some(issued), Some(expires)) = (milliseconds(claims.iat), milliseconds(claims.exp)) else {
        return false;
    };
    Timestamp::from_ms(issued) <= now.plus(leeway) && Timestamp::from_ms(expires).plus(leeway) > now
}

#[expect(clippy::cast_possible_truncation, reason = "checked to lie far inside i64")]
fn milliseconds(seconds: f64) -> Option<i64> {
    (0.0..1e12).contains(&seconds).then_some((seconds * 1_000.0) as i64)
}

fn decoding_key(key: &ConfiguredKey) -> Result<(Algorithm, DecodingKey), &'static str> {
    let pem = key.key.as_bytes();
    match key.algorithm.as_str() {
        "HS256" if pem.len() < 32 => Err("an HS256 secret needs at least 32 bytes"),
        "HS256" => Ok((Algorithm::HS256, DecodingKey::from_secret(pem))),
        "RS256" => Ok((
            Algorithm::RS256,
            DecodingKey::from_rsa_pem(pem).map_err(|_| "not the PEM of an RSA public key")?,
        )),
        "ES256" => Ok((
            Algorithm::ES256,
            DecodingKey::from_ec_pem(pem).map_err(|_| "not the PEM of a P-256 public key")?,
        )),
        "EdDSA" => Ok((
            Algorithm::EdDSA,
            DecodingKey::from_ed_pem(pem).map_err(|_| "not the PEM of an Ed25519 public key")?,
        )),
        _ => Err("algorithm must be HS256, RS256, ES256 or EdDSA"),
    }
}
