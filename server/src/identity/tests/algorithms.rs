//! Keys of every algorithm that an app may configure, and keys that are taken for another algorithm's.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::{self, KeySize},
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::*;

/// A key pair as an issuer has it: the private half signs, the PEM of the public half goes into the configuration.
struct Issuer {
    algorithm: Algorithm,
    signs: EncodingKey,
    public_pem: String,
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}

fn private_pem(pkcs8: &[u8]) -> String {
    pem("PRIVATE KEY", pkcs8)
}

fn public_pem(key: &impl AsDer<PublicKeyX509Der<'static>>) -> String {
    pem("PUBLIC KEY", key.as_der().unwrap().as_ref())
}

fn rs256() -> Issuer {
    let pair = rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'static> = pair.as_der().unwrap();
    Issuer {
        algorithm: Algorithm::RS256,
        signs: EncodingKey::from_rsa_pem(private_pem(private.as_ref()).as_bytes()).unwrap(),
        public_pem: public_pem(pair.public_key()),
    }
}

fn es256() -> Issuer {
    let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
    let private = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, private.as_ref()).unwrap();
    Issuer {
        algorithm: Algorithm::ES256,
        signs: EncodingKey::from_ec_pem(private_pem(private.as_ref()).as_bytes()).unwrap(),
        public_pem: public_pem(pair.public_key()),
    }
}

fn eddsa() -> Issuer {
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).unwrap();
    Issuer {
        algorithm: Algorithm::EdDSA,
        signs: EncodingKey::from_ed_pem(private_pem(private.as_ref()).as_bytes()).unwrap(),
        public_pem: public_pem(pair.public_key()),
    }
}

fn issuers() -> [(&'static str, Issuer); 3] {
    [("RS256", rs256()), ("ES256", es256()), ("EdDSA", eddsa())]
}

fn configured(algorithm: &str, key: &str) -> ConfiguredKey {
    ConfiguredKey { algorithm: algorithm.to_owned(), key: key.to_owned(), ..hs256(None) }
}

fn proof_of(issuer: &Issuer) -> String {
    encode(&Header::new(issuer.algorithm), &claims(), &issuer.signs).unwrap()
}

fn checked_by(keys: Vec<ConfiguredKey>, proof: &str) -> UserProof {
    check_keys(&keys).unwrap();
    check_proof(&app(IdentityMode::Jwt, keys), &TOKEN_KEY, Some(proof), now())
}

#[test]
fn a_proof_counts_by_a_key_of_every_algorithm_and_by_no_other_key() {
    let (issuers, others) = (issuers(), issuers());
    let keys: Vec<_> = issuers.iter().map(|(name, issuer)| configured(name, &issuer.public_pem)).collect();
    for ((name, issuer), (_, other)) in issuers.iter().zip(&others) {
        let key = configured(name, &issuer.public_pem);
        let proof = proof_of(issuer);
        assert!(matches!(checked_by(vec![key.clone()], &proof), UserProof::Valid { .. }), "{name}");
        assert!(matches!(checked_by(keys.clone(), &proof), UserProof::Valid { .. }), "{name} among others");
        assert_eq!(checked_by(vec![key], &proof_of(other)), UserProof::Refused, "{name} of another pair");
    }
}

/// A public key is no secret: who signs with it as if it were one proves nothing.
#[test]
fn the_algorithm_is_the_keys_and_never_the_proofs() {
    for (name, issuer) in issuers() {
        let key = configured(name, &issuer.public_pem);
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let forged = sign(algorithm, &claims(), &issuer.public_pem);
            assert_eq!(checked_by(vec![key.clone()], &forged), UserProof::Refused, "{name}, {algorithm:?}");
        }
        let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", proof_of(&issuer).split('.').nth(1).unwrap());
        assert_eq!(checked_by(vec![key], &unsigned), UserProof::Refused, "{name}, unsigned");
        // Nor does a key pass for another algorithm's when it is configured.
        for other in ["RS256", "ES256", "EdDSA"].into_iter().filter(|other| *other != name) {
            assert!(check_keys(&[configured(other, &issuer.public_pem)]).is_err(), "{name} as {other}");
        }
    }
}

/// Clocks of the app's servers may be a minute off, in both directions, and no more.
#[test]
fn a_proof_counts_within_a_minute_of_its_time() {
    let at = |issued: i64, expires: i64| {
        let mut claims = claims();
        claims["iat"] = json!(NOW_S + issued);
        claims["exp"] = json!(NOW_S + expires);
        matches!(checked(&sign(Algorithm::HS256, &claims, SECRET)), UserProof::Valid { .. })
    };
    let rows = [(0, 600, true), (60, 600, true), (61, 600, false), (-600, -59, true), (-600, -60, false)];
    for (issued, expires, counts) in rows {
        assert_eq!(at(issued, expires), counts, "issued {issued}, expires {expires}");
    }
}
