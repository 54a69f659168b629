//! What counts as a proof and what does not.

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use pushbridge_wire::{ConfiguredKey, IdentityMode, PolicyConfig, PolicyMode, Timestamp, UserId};
use serde_json::json;

use super::*;
use crate::store::NewApp;

mod algorithms;

const NOW_S: i64 = 1_800_000_000;
const SECRET: &str = "0123456789abcdef0123456789abcdef";
const TOKEN_KEY: [u8; 32] = [7; 32];

fn now() -> Timestamp {
    Timestamp::from_ms(NOW_S * 1_000)
}

fn app(mode: IdentityMode, keys: Vec<ConfiguredKey>) -> NewApp {
    NewApp {
        id: "shop".parse().unwrap(),
        firebase_project: "p".to_owned(),
        service_account: String::new(),
        service_account_email: String::new(),
        fcm_endpoint: None,
        policy: PolicyConfig { mode: PolicyMode::Multi, max_devices: None },
        identity_mode: mode,
        identity_keys: keys,
    }
}

fn hs256(kid: Option<&str>) -> ConfiguredKey {
    ConfiguredKey {
        algorithm: "HS256".to_owned(),
        key: SECRET.to_owned(),
        kid: kid.map(str::to_owned),
        issuer: Some("https://id.example".to_owned()),
        audience: Some("shop".to_owned()),
    }
}

fn claims() -> serde_json::Value {
    json!({"sub": "42", "iss": "https://id.example", "aud": "shop", "iat": NOW_S, "exp": NOW_S + 600})
}

fn sign(algorithm: Algorithm, claims: &serde_json::Value, secret: &str) -> String {
    encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

fn checked(proof: &str) -> UserProof {
    check_proof(&app(IdentityMode::Jwt, vec![hs256(None)]), &TOKEN_KEY, Some(proof), now())
}

#[test]
fn a_proof_of_the_apps_own_key_counts() {
    let user: UserId = "42".parse().unwrap();
    let expected = UserProof::Valid { user, issued_at: now() };
    assert_eq!(checked(&sign(Algorithm::HS256, &claims(), SECRET)), expected);
}

#[test]
fn a_proof_that_does_not_hold_is_refused() {
    let with = |name: &str, value: serde_json::Value| {
        let mut changed = claims();
        changed[name] = value;
        sign(Algorithm::HS256, &changed, SECRET)
    };
    let cases = [
        ("expired", with("exp", json!(NOW_S - 61))),
        ("from the future", with("iat", json!(NOW_S + 61))),
        ("another issuer", with("iss", json!("https://evil.example"))),
        ("another audience", with("aud", json!("other"))),
        ("a user that is none", with("sub", json!(""))),
        ("another secret", sign(Algorithm::HS256, &claims(), "ffffffffffffffffffffffffffffffff")),
        ("another algorithm", sign(Algorithm::HS512, &claims(), SECRET)),
        ("no JWT", "abc".to_owned()),
    ];
    for (name, proof) in cases {
        assert_eq!(checked(&proof), UserProof::Refused, "{name}");
    }
}

#[test]
fn a_missing_claim_is_refused() {
    for name in ["sub", "iss", "aud", "iat", "exp"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        assert_eq!(checked(&sign(Algorithm::HS256, &without, SECRET)), UserProof::Refused, "{name}");
    }
}

#[test]
fn a_token_of_the_server_counts_in_its_app_until_it_ends() {
    let user: UserId = "42".parse().unwrap();
    let later = now().plus(std::time::Duration::from_secs(60));
    let token = sign_user_token(&TOKEN_KEY, &"shop".parse().unwrap(), &user, now(), later).unwrap();
    let shop = app(IdentityMode::Jwt, Vec::new());
    assert!(matches!(check_proof(&shop, &TOKEN_KEY, Some(&token), now()), UserProof::Valid { .. }));
    assert_eq!(check_proof(&shop, &TOKEN_KEY, Some(&token), later), UserProof::Refused);
    let foreign = sign_user_token(&TOKEN_KEY, &"other".parse().unwrap(), &user, now(), later).unwrap();
    assert_eq!(check_proof(&shop, &TOKEN_KEY, Some(&foreign), now()), UserProof::Refused);
}

#[test]
fn no_header_is_absent_and_trust_needs_none() {
    assert_eq!(check_proof(&app(IdentityMode::Jwt, Vec::new()), &TOKEN_KEY, None, now()), UserProof::Absent);
    assert_eq!(
        check_proof(&app(IdentityMode::Trusted, Vec::new()), &TOKEN_KEY, None, now()),
        UserProof::Trusted
    );
}

#[test]
fn a_key_that_cannot_be_used_is_refused_when_it_is_configured() {
    let broken = ConfiguredKey { algorithm: "RS256".to_owned(), key: "no PEM".to_owned(), ..hs256(None) };
    assert_eq!(check_keys(&[hs256(None), broken]).unwrap_err().index, 1);
    let none = ConfiguredKey { algorithm: "none".to_owned(), ..hs256(None) };
    assert!(check_keys(&[none]).is_err());
    let short = ConfiguredKey { key: "short".to_owned(), ..hs256(None) };
    assert!(check_keys(&[short]).is_err());
}
