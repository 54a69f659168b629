//! What a template is filled with.

use minijinja::value::Serde;
use serde_json::{Map, Value};

/// Parameters by name.
pub type Params = Map<String, Value>;

/// `own` laid over `shared`, name by name.
#[must_use]
pub fn merged(shared: &Params, own: &Params) -> Params {
    let mut both = shared.clone();
    both.extend(own.iter().map(|(name, value)| (name.clone(), value.clone())));
    both
}

/// Parameters made ready for fillings: many variants are filled with the same.
///
/// Null counts as not given, at any depth, so that nothing prints it and `default` and `is defined` see it as missing.
pub struct Context {
    params: Params,
    pub(super) value: minijinja::Value,
    bytes: u64,
}

impl Context {
    /// Of `params`.
    #[must_use]
    pub fn new(params: Params) -> Self {
        let mut bytes = 0;
        let value = given_members(&params, &mut bytes);
        Self { params, value, bytes }
    }

    /// What one filling with them costs before anything is filled: they are read, merged and walked through.
    pub(super) fn fuel(&self) -> u64 {
        1 + self.bytes / 64
    }

    /// Whether `name`, which may be a path such as `order.total`, is given and not null.
    pub(super) fn is_given(&self, name: &str) -> bool {
        let mut parts = name.split('.');
        let first = parts.next().and_then(|part| self.params.get(part));
        let found = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
        found.is_some_and(|value| !value.is_null())
    }

    /// The same with `stand_in` at each of `names`.
    pub(super) fn with<'a>(
        &self,
        names: impl Iterator<Item = &'a str>,
        stand_in: &Value,
    ) -> minijinja::Value {
        let mut params = self.params.clone();
        for name in names {
            put(&mut params, name, stand_in);
        }
        given_members(&params, &mut 0)
    }
}

fn put(params: &mut Params, name: &str, value: &Value) {
    match name.split_once('.') {
        None => drop(params.insert(name.to_owned(), value.clone())),
        Some((first, rest)) => {
            let inner = params.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if !inner.is_object() {
                *inner = Value::Object(Map::new());
            }
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

fn given_members(members: &Params, bytes: &mut u64) -> minijinja::Value {
    let given = members.iter().filter_map(|(key, value)| {
        *bytes += key.len() as u64;
        given(value, bytes).map(|value| (key.as_str(), value))
    });
    minijinja::Value::from_pairs(given)
}

fn given(value: &Value, bytes: &mut u64) -> Option<minijinja::Value> {
    *bytes += 4;
    Some(match value {
        Value::Null => return None,
        Value::String(text) => {
            *bytes += text.len() as u64;
            minijinja::Value::from(text.as_str())
        }
        // The others keep their places.
        Value::Array(items) => {
            items.iter().map(|item| given(item, bytes).unwrap_or(minijinja::Value::UNDEFINED)).collect()
        }
        Value::Object(members) => given_members(members, bytes),
        Value::Bool(_) | Value::Number(_) => minijinja::Value::from(Serde(value)),
    })
}
