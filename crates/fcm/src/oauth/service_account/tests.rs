use super::*;
use crate::testing::{private_key_pem, service_account_json};

fn load(json: &Value) -> Result<ServiceAccount, ServiceAccountError> {
    ServiceAccount::from_json(&json.to_string())
}

fn with(field: &str, value: Value) -> Value {
    let mut json = service_account_json("http://127.0.0.1:1/token");
    json[field] = value;
    json
}

#[test]
fn a_sound_account_is_read() {
    let account = load(&service_account_json("http://127.0.0.1:1/token")).expect("sound");
    assert_eq!((account.project_id(), account.client_email()), ("demo", "push@demo.iam.gserviceaccount.com"));
}

#[test]
fn each_missing_field_is_named() {
    for field in ["project_id", "client_email", "token_uri", "private_key"] {
        for nothing in [Value::Null, json!(""), json!(7)] {
            let error = load(&with(field, nothing)).expect_err(field);
            assert!(matches!(error, ServiceAccountError::Missing(name) if name == field), "{error}");
        }
    }
}

#[test]
fn a_key_that_cannot_sign_is_refused_at_load() {
    let pem = private_key_pem();
    let pkcs1 = pem.replace("PRIVATE KEY", "RSA PRIVATE KEY");
    let cut = format!("{}\n-----END PRIVATE KEY-----\n", &pem[..400]);
    for (key, fault) in [
        ("secret".to_owned(), "not PKCS#8 PEM"),
        (pkcs1, "PKCS#1"),
        (cut, "not a usable RSA key"),
        (pem.replace("MII", "!!!"), "not PKCS#8 PEM"),
    ] {
        let error = load(&with("private_key", json!(key))).expect_err(fault);
        assert!(matches!(error, ServiceAccountError::BadPrivateKey(found) if found == fault), "{error}");
    }
}

#[test]
fn a_token_uri_that_cannot_be_called_is_refused_at_load() {
    let long = format!("http://localhost/{}", "x".repeat(70_000));
    for uri in ["token", "ftp://localhost/token", "http://", "http://:80/", "file:///token", long.as_str()] {
        let error = load(&with("token_uri", json!(uri))).expect_err(uri);
        assert!(matches!(error, ServiceAccountError::BadTokenUri(_)), "{uri}: {error}");
    }
}

#[test]
fn other_kinds_of_credentials_are_told_apart() {
    for kind in ["authorized_user", "external_account"] {
        let error = load(&with("type", json!(kind))).expect_err(kind);
        assert!(matches!(&error, ServiceAccountError::OtherKind(found) if found == kind), "{error}");
    }
}

/// I11: no key in an error text or a debug line.
#[test]
fn the_key_is_in_no_error_and_no_debug_line() {
    let pem = private_key_pem();
    let secret = &pem[40..80];
    let inside_a_string = Value::String(pem.to_owned());
    let shown = [
        format!("{:?}", load(&inside_a_string)),
        format!("{:?}", ServiceAccount::from_json(pem)),
        format!("{:?}", load(&with("token_uri", json!("http://")))),
        format!("{:?}", load(&service_account_json("http://127.0.0.1:1/token"))),
        format!("{:?}", load(&with("private_key", json!(pem.replace("MII", "MIX"))))),
    ];
    for text in shown {
        assert!(!text.contains(secret), "{text}");
    }
}
