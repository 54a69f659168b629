//! The canonical content of a request: what an idempotency key is bound to.

use aws_lc_rs::digest::{SHA256, digest};
use pushbridge_wire::MessageRequest;
use serde_json::Value;

/// SHA-256 of the request, whatever the order of its keys and the space between them.
pub(super) fn content_hash(request: &MessageRequest) -> [u8; 32] {
    let mut text = String::new();
    // Our own wire type serialises to an object: there is no second case to lose.
    write(&serde_json::to_value(request).unwrap_or_default(), &mut text);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

fn write(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            let mut entries: Vec<_> = object.iter().collect();
            entries.sort_unstable_by_key(|(key, _)| *key);
            text.push('{');
            for (key, value) in entries {
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push(':');
                write(value, text);
                text.push(',');
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for item in items {
                write(item, text);
                text.push(',');
            }
            text.push(']');
        }
        scalar => text.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(json: &str) -> [u8; 32] {
        content_hash(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn the_order_of_keys_and_space_do_not_matter() {
        let one = r#"{"to":{"user":"42"},"message":{"data":{"a":"1","b":"2"},"notification":{"title":"t"}}}"#;
        let other =
            r#"{ "message":{"notification":{"title":"t"},"data":{"b":"2","a":"1"}}, "to":{"user":"42"} }"#;
        assert_eq!(hash(one), hash(other));
    }

    #[test]
    fn every_difference_of_content_matters() {
        let requests = [
            r#"{"to":{"user":"42"},"message":{"data":{"a":"1"}}}"#,
            r#"{"to":{"user":"43"},"message":{"data":{"a":"1"}}}"#,
            r#"{"to":{"user":"42"},"message":{"data":{"a":"2"}}}"#,
            r#"{"to":{"user":"42"},"message":{"data":{"a":"1"}},"lane":"bulk"}"#,
            r#"{"to":{"users":["42"]},"message":{"data":{"a":"1"}}}"#,
            r#"{"to":{"users":["4","2"]},"message":{"data":{"a":"1"}}}"#,
            r#"{"to":{"users":["2","4"]},"message":{"data":{"a":"1"}}}"#,
            r#"{"to":{"user":"42"},"message":{"data":{"a":"1"}},"validate_only":true}"#,
        ];
        let hashes: std::collections::HashSet<_> = requests.iter().map(|json| hash(json)).collect();
        assert_eq!(hashes.len(), requests.len());
    }
}
