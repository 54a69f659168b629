//! Proto3 JSON, parse level. In: ordered JSON and the schema. Out: the canonical value (`snake_case`, enum names in
//! capitals, nulls left out), or every place that cannot be read. Next: `request`.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use crate::google::Violation;
use crate::send::json::Json;
use crate::send::scalar;
use crate::send::schema::{Field, Kind, MessageType};

/// Reads `json` as `message_type`, or says all that is wrong.
pub(crate) fn read_message(
    json: Json<'_>,
    message_type: &MessageType,
) -> Result<Map<String, Value>, Vec<Violation>> {
    let mut reader = Reader { violations: Vec::new() };
    let Json::Object(entries) = json else {
        reader.violations.push(Violation {
            field: String::new(),
            description: "Invalid JSON payload received. Root element must be a message.".into(),
        });
        return Err(reader.violations);
    };
    let read = reader.message(entries, message_type, Place::Root);
    if reader.violations.is_empty() { Ok(read) } else { Err(reader.violations) }
}

/// Where a value stands; becomes text only in a violation.
#[derive(Clone, Copy)]
enum Place<'a> {
    Root,
    Field(&'a Place<'a>, &'static str),
    Item(&'a Place<'a>, usize),
    MapValue(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(list, at) => write!(f, "{list}[{at}]"),
            Self::MapValue(map, at) => write!(f, "{map}[{at}].value"),
        }
    }
}

struct Reader {
    violations: Vec<Violation>,
}

impl Reader {
    fn message(
        &mut self,
        entries: Vec<(Cow<'_, str>, Json<'_>)>,
        message_type: &MessageType,
        place: Place<'_>,
    ) -> Map<String, Value> {
        let mut read = Map::new();
        let mut set_unions: Vec<&str> = Vec::new();
        for (key, json) in entries {
            let Some(field) = message_type.fields.iter().find(|field| names(&key, field)) else {
                self.unknown(&key, place);
                continue;
            };
            if json == Json::Null {
                continue;
            }
            if let Some(union) = field.union {
                if set_unions.contains(&union) && !read.contains_key(field.name) {
                    self.union_set_twice(union, field.name, place);
                }
                set_unions.push(union);
            }
            if let Some(value) = self.value(json, &field.kind, Place::Field(&place, field.name)) {
                read.insert(field.name.into(), value);
            }
        }
        read
    }

    fn value(&mut self, json: Json<'_>, kind: &Kind, place: Place<'_>) -> Option<Value> {
        match (kind, json) {
            (Kind::Message(message_type), Json::Object(entries)) => {
                Some(Value::Object(self.message(entries, message_type, place)))
            }
            (Kind::List(item_kind), Json::Array(items)) => {
                let read = items.into_iter().enumerate();
                let read = read.filter_map(|(at, item)| self.value(item, item_kind, Place::Item(&place, at)));
                Some(Value::Array(read.collect()))
            }
            (Kind::StringMap, Json::Object(entries)) => Some(self.string_map(entries, place)),
            (Kind::Free, json @ Json::Object(_)) => Some(json.into_value()),
            (kind, json) => match scalar::read(&json, kind) {
                Ok(value) => Some(value),
                Err(expected) => {
                    self.invalid(place, &expected, &json);
                    None
                }
            },
        }
    }

    fn string_map(&mut self, entries: Vec<(Cow<'_, str>, Json<'_>)>, place: Place<'_>) -> Value {
        let mut read = Map::new();
        for (at, (key, json)) in entries.into_iter().enumerate() {
            match json {
                Json::String(text) => {
                    read.insert(key.into_owned(), Value::String(text.into_owned()));
                }
                other => self.invalid(Place::MapValue(&place, at), "(TYPE_STRING)", &other),
            }
        }
        Value::Object(read)
    }

    fn unknown(&mut self, key: &str, place: Place<'_>) {
        let path = place.to_string();
        let place = if path.is_empty() { String::new() } else { format!(" at '{path}'") };
        let description =
            format!("Invalid JSON payload received. Unknown name \"{key}\"{place}: Cannot find field.");
        self.violations.push(Violation { field: path, description });
    }

    fn union_set_twice(&mut self, union: &str, name: &str, place: Place<'_>) {
        let path = place.to_string();
        let description = format!(
            "Invalid value at '{path}' (oneof), oneof field '{union}' is already set. Cannot set '{name}'"
        );
        self.violations.push(Violation { field: path, description });
    }

    fn invalid(&mut self, place: Place<'_>, expected: &str, json: &Json<'_>) {
        let path = place.to_string();
        // A duration says what is wrong with it; everything else is quoted back.
        let description = if expected.contains("Duration") && matches!(json, Json::String(_)) {
            let name = path.rsplit('.').next().unwrap_or(&path);
            format!("Invalid value at '{path}' {expected}, Field '{name}', Illegal duration format")
        } else {
            format!("Invalid value at '{path}' {expected}, {}", json.quoted())
        };
        self.violations.push(Violation { field: path, description });
    }
}

/// Whether `key` names `field`, in `snake_case` or in `lowerCamelCase`.
fn names(key: &str, field: &Field) -> bool {
    if key == field.name {
        return true;
    }
    if key.contains('_') {
        return false;
    }
    let mut camel = key.chars();
    let mut raise = false;
    for expected in field.name.chars() {
        if expected == '_' {
            raise = true;
            continue;
        }
        let expected = if raise { expected.to_ascii_uppercase() } else { expected };
        raise = false;
        if camel.next() != Some(expected) {
            return false;
        }
    }
    camel.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::send::schema::SEND_REQUEST;

    fn read(text: &str) -> Result<Value, Vec<String>> {
        read_message(Json::parse(text.as_bytes()).unwrap(), &SEND_REQUEST)
            .map(Value::Object)
            .map_err(|violations| violations.into_iter().map(|violation| violation.description).collect())
    }

    #[test]
    fn both_name_styles_become_snake_case_and_free_maps_stay() {
        let read = read(
            r#"{"validateOnly":true,"message":{"fcmOptions":{"analyticsLabel":"a"},"android_v2":{"directBootOk":false},
                "androidV2":{"remoteNotification":{"useAsV1DataMessage":true}},
                "apns":{"payload":{"aps":{"contentAvailable":1}}},"data":{"camelKey":""}}}"#,
        )
        .unwrap();
        assert_eq!(
            read,
            serde_json::json!({"validate_only": true, "message": {
                "fcm_options": {"analytics_label": "a"},
                "android_v2": {"remote_notification": {"use_as_v1_data_message": true}},
                "apns": {"payload": {"aps": {"contentAvailable": 1}}},
                "data": {"camelKey": ""}}})
        );
    }

    #[test]
    fn nulls_are_unset_fields_but_not_values_of_a_string_map() {
        let read_nulls = read(r#"{"message":{"token":null,"notification":null}}"#).unwrap();
        assert_eq!(read_nulls, serde_json::json!({"message": {}}));
        let wrong = read(r#"{"message":{"data":{"a":"1","b":null}}}"#).unwrap_err();
        assert_eq!(wrong, ["Invalid value at 'message.data[1].value' (TYPE_STRING), null"]);
    }

    #[test]
    fn every_unreadable_place_is_named() {
        let wrong = read(
            r#"{"foo":1,"message":{"bar":2,"android":{"priority":"urgent","ttl":"1h","notification":{"sticky":"yes"}}}}"#,
        )
        .unwrap_err();
        assert_eq!(
            wrong,
            [
                "Invalid JSON payload received. Unknown name \"foo\": Cannot find field.",
                "Invalid JSON payload received. Unknown name \"bar\" at 'message': Cannot find field.",
                "Invalid value at 'message.android.priority' \
                 (type.googleapis.com/google.firebase.fcm.v1.AndroidMessagePriority), \"urgent\"",
                "Invalid value at 'message.android.ttl' (type.googleapis.com/google.protobuf.Duration), \
                 Field 'ttl', Illegal duration format",
                "Invalid value at 'message.android.notification.sticky' (TYPE_BOOL), \"yes\"",
            ]
        );
    }

    #[test]
    fn a_second_target_is_named() {
        let wrong = read(r#"{"message":{"topic":"a","token":"b"}}"#).unwrap_err();
        assert_eq!(
            wrong,
            ["Invalid value at 'message' (oneof), oneof field 'target' is already set. Cannot set 'token'"]
        );
    }

    #[test]
    fn mixed_name_styles_are_unknown() {
        for key in ["collapseKey_", "Collapse_key", "collapsekey"] {
            let text = format!(r#"{{"message":{{"android":{{"{key}":"x"}}}}}}"#);
            assert!(read(&text).is_err(), "{key}");
        }
    }
}
