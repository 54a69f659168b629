//! Names the place of a schema fault as FCM does.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::Violation;
use crate::error::bounded_text;

/// The fault `error` that serde met at `path` of `payload`.
pub(super) fn violation(path: &Path, error: &serde_json::Error, payload: &Value) -> Violation {
    let mut keys: Vec<&Segment> = path.iter().collect();
    let reason = without_value(&error.to_string());
    if reason.starts_with("unknown field") {
        let name = match keys.pop() {
            Some(Segment::Map { key }) => bounded_text(key),
            _ => String::new(),
        };
        let field = render(&keys, payload);
        let description = format!(
            "Invalid JSON payload received. Unknown name \"{name}\" at '{field}': Cannot find field."
        );
        return Violation::new(field, description);
    }
    let field = render(&keys, payload);
    let mut description = format!("Invalid value at '{field}': {}", bounded_text(&reason));
    // FCM counts the entries of a map; the key is what a person can search for.
    if let (true, Some(Segment::Map { key })) = (field.ends_with("].value"), keys.last()) {
        description.push_str(&format!(" (key \"{}\")", bounded_text(key)));
    }
    Violation::new(field, description)
}

/// What serde says of a fault without the value that it quotes: an answer ends in the log of whoever called, and what
/// does not fit may be what is meant for one person.
fn without_value(reason: &str) -> String {
    let quotes =
        ["invalid type: ", "invalid value: ", "unknown variant "].iter().any(|it| reason.starts_with(it));
    // The value may itself contain what stands behind it.
    match (reason.find(['"', '`']), reason.rfind(", expected ")) {
        (Some(value), Some(behind)) if quotes && value < behind => {
            format!("{}{}", reason[..value].trim_end(), &reason[behind..])
        }
        _ => reason.to_owned(),
    }
}

/// `message.android.collapse_key`, `message.data[0].value`, `message.android.notification.body_loc_args[1]`.
fn render(path: &[&Segment], payload: &Value) -> String {
    let mut field = "message".to_owned();
    let mut here = Some(payload);
    let mut in_string_map = false;
    for segment in path {
        match segment {
            Segment::Map { key } if in_string_map => {
                let index = here
                    .and_then(Value::as_object)
                    .and_then(|entries| entries.keys().position(|entry| entry == key));
                field.push_str(&format!("[{}].value", index.unwrap_or_default()));
            }
            Segment::Map { key } => {
                let name = snake_case(key);
                in_string_map = name == "data" || name == "headers";
                field.push('.');
                field.push_str(&name);
                here = here.and_then(|value| value.get(key));
            }
            Segment::Seq { index } => field.push_str(&format!("[{index}]")),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    field
}

fn snake_case(name: &str) -> String {
    let mut snake = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}
