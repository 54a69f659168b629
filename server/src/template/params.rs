//! What a template is filled with.

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

/// Whether `name`, which may be a path such as `order.total`, is given and not null.
pub(super) fn is_given(params: &Params, name: &str) -> bool {
    let mut parts = name.split('.');
    let first = parts.next().and_then(|part| params.get(part));
    let found = parts.fold(first, |value, part| value.and_then(|value| value.get(part)));
    found.is_some_and(|value| !value.is_null())
}
