//! Keeps what a newer core wrote into a row of which this one knows only a part.
//!
//! In: the row as it stands, what this core read from it, what it wants there. Out: the row to write. A field that is
//! not known here stays for the core that knows it, as does a word that was read as something else. What it says must
//! not outlive what it was said of: a value inside a row is kept whole while it does not change, and else replaced
//! whole. Only [`BAGS`] are gone through field by field.

use serde_json::{Map, Value};

/// Fields that hold independent fields.
const BAGS: &[&str] = &["attributes"];

/// The row to write, field by field.
pub(super) fn merge_row(stored: Value, read: &Value, next: Value) -> Value {
    match (stored, read, next) {
        (Value::Object(stored), Value::Object(read), Value::Object(next)) => {
            Value::Object(merge_fields(stored, read, next))
        }
        (stored, read, next) => keep_unless_changed(stored, read, next),
    }
}

fn merge_fields(
    mut stored: Map<String, Value>,
    read: &Map<String, Value>,
    next: Map<String, Value>,
) -> Map<String, Value> {
    for (name, value) in next {
        let merged = match (stored.remove(&name), read.get(&name)) {
            (Some(stored), Some(read)) if BAGS.contains(&name.as_str()) => merge_row(stored, read, value),
            (Some(stored), Some(read)) => keep_unless_changed(stored, read, value),
            _ => value,
        };
        stored.insert(name, merged);
    }
    stored
}

/// The value to write: as it stands, unless this core wants another than it read.
pub(super) fn keep_unless_changed(stored: Value, read: &Value, next: Value) -> Value {
    if *read == next { stored } else { next }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_known_stays_with_what_it_was_said_of() {
        let stored = json!({
            "revision": 1, "new": true, "word": "of a newer core", "gone": null,
            "login": {"user": "1", "new": true}, "address": {"value": "a", "new": true},
            "attributes": {"locale": "ru", "new": true, "tags": []},
        });
        let read = json!({
            "revision": 1, "word": "none", "login": {"user": "1"}, "address": {"value": "a"},
            "attributes": {"locale": "ru", "tags": []}, "absent": 0,
        });
        let next = json!({
            "revision": 2, "word": "none", "login": {"user": "2"}, "address": {"value": "a"},
            "attributes": {"locale": "de", "tags": []}, "absent": 0,
        });
        let written = json!({
            "revision": 2, "new": true, "word": "of a newer core", "gone": null,
            "login": {"user": "2"}, "address": {"value": "a", "new": true},
            "attributes": {"locale": "de", "new": true, "tags": []}, "absent": 0,
        });
        assert_eq!(merge_row(stored, &read, next), written);
    }
}
