//! JSON with its order kept. In: bytes. Out: a tree in which the entries of an object stand as they were written and
//! of equal keys only the last is left. Next: `read`. (`serde_json`'s own map sorts, and FCM's error paths count
//! positions: `message.data[0].value`.)

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The same value without the order.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(text),
            Self::Array(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Object(entries) => Value::Object(
                entries.into_iter().map(|(key, value)| (key, value.into_value())).collect::<Map<_, _>>(),
            ),
        }
    }

    /// As Google quotes a wrong value in an error text.
    pub(crate) fn quoted(&self) -> String {
        self.clone().into_value().to_string()
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json, E> {
        Ok(Json::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Json::Object(last_of_each(entries)))
    }
}

fn last_of_each(entries: Vec<(String, Json)>) -> Vec<(String, Json)> {
    let mut seen = HashSet::new();
    let last: Vec<bool> = entries.iter().rev().map(|(key, _)| seen.insert(key.clone())).collect();
    let mut keep = last.into_iter().rev();
    entries.into_iter().filter(|_| keep.next().unwrap_or(true)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_their_order_and_the_last_of_equal_keys_wins() {
        let Json::Object(entries) = Json::parse(br#"{"z":1,"a":2,"z":3,"m":null}"#).unwrap() else {
            panic!()
        };
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["a", "z", "m"]);
        assert_eq!(entries[1].1, Json::Number(3.into()));
    }

    #[test]
    fn what_is_not_json_is_an_error_and_nesting_is_bounded() {
        for bad in ["", "{", "{\"a\":}", "{} x", &"[".repeat(10_000)] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{bad:.20}");
        }
    }
}
