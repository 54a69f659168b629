//! JSON with its order kept. In: bytes. Out: a tree in which the entries of an object stand as they were written and
//! of equal keys only the last is left. Next: `read`. (`serde_json`'s own map sorts, and FCM's error paths count
//! positions: `message.data[0].value`.)

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Borrows from the bytes whatever has no escapes in it: most names and texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    String(Cow<'a, str>),
    Array(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// The same value without the order.
    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(bool) => Value::Bool(bool),
            Self::Number(number) => Value::Number(number),
            Self::String(text) => Value::String(text.into_owned()),
            Self::Array(items) => Value::Array(items.into_iter().map(Self::into_value).collect()),
            Self::Object(entries) => Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key.into_owned(), value.into_value()))
                    .collect::<Map<_, _>>(),
            ),
        }
    }

    /// As Google quotes a wrong value in an error text.
    pub(crate) fn quoted(&self) -> String {
        self.clone().into_value().to_string()
    }
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Number::from_f64(value).map_or(Json::Null, Json::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::String(value.to_owned().into()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::String(value.into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json<'de>, E> {
        Ok(Json::String(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Json<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json<'de>, A::Error> {
        let mut entries = Vec::new();
        while let Some((Key(key), value)) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(Json::Object(last_of_each(entries)))
    }
}

/// A key; plain `Cow` always copies.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

type Entries<'a> = Vec<(Cow<'a, str>, Json<'a>)>;

/// So many are compared with each other faster than they are hashed. Ours.
const FEW: usize = 16;

fn last_of_each(entries: Entries<'_>) -> Entries<'_> {
    let comes_again = |at: usize| entries[at + 1..].iter().any(|(key, _)| *key == entries[at].0);
    if entries.len() <= FEW && !(0..entries.len()).any(comes_again) {
        return entries;
    }
    let mut seen = HashSet::with_capacity(entries.len());
    let last: Vec<bool> = entries.iter().rev().map(|(key, _)| seen.insert(key.as_ref())).collect();
    if last.iter().all(|last| *last) {
        return entries;
    }
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
        let keys: Vec<&str> = entries.iter().map(|(key, _)| key.as_ref()).collect();
        assert_eq!(keys, ["a", "z", "m"]);
        assert_eq!(entries[1].1, Json::Number(3.into()));
    }

    #[test]
    fn many_entries_are_no_different() {
        let many: Vec<String> = (0..3 * FEW).map(|n| format!(r#""k{}":{n}"#, n % (2 * FEW))).collect();
        let text = format!("{{{}}}", many.join(","));
        let Json::Object(entries) = Json::parse(text.as_bytes()).unwrap() else { panic!() };
        assert_eq!(entries.len(), 2 * FEW);
        assert_eq!(entries[0], ("k16".into(), Json::Number(16.into())));
        assert_eq!(entries[2 * FEW - 1], ("k15".into(), Json::Number(47.into())));
    }

    #[test]
    fn what_is_not_json_is_an_error_and_nesting_is_bounded() {
        for bad in ["", "{", "{\"a\":}", "{} x", &"[".repeat(10_000)] {
            assert!(Json::parse(bad.as_bytes()).is_err(), "{bad:.20}");
        }
    }
}
