//! Finds out which parameter was missing: the engine says only that something was.
//!
//! The text is rendered again with something in the place of everything that it names and nobody gave, and then without
//! one of them at a time: one without which it fails as before is needed. So what `default` or `is defined` makes
//! optional is not blamed.

use minijinja::{ErrorKind, Template};
use serde_json::{Value, json};

use super::{fill::Why, params::Context};

/// Names that are tried. Ours: each costs up to three renderings, once, for a request that is refused.
const TRIED: usize = 10;

/// Why `text` uses something that is not given.
pub(super) fn missing(text: &Template<'_, '_>, context: &Context) -> Why {
    let mut names: Vec<String> = text.undeclared_variables(true).into_iter().collect();
    names.retain(|name| !context.is_given(name) && !is_global(text, name));
    names.sort_unstable();
    let all_but = |without: Option<&str>, stand_in: &Value| {
        let names = names.iter().map(String::as_str).filter(|name| Some(*name) != without);
        text.render(context.with(names, stand_in)).map_err(|error| error.kind())
    };
    let (mut enough, mut never) = (false, false);
    // Of whatever kind it should be.
    for stand_in in [json!("1"), json!(1), json!([1])] {
        match all_but(None, &stand_in) {
            _ if names.is_empty() => break,
            Err(ErrorKind::UndefinedError) => {
                never = true;
                continue;
            }
            // One of them is of the wrong kind: that may hide that something else is missing.
            Err(_) if never => continue,
            Ok(_) | Err(_) => enough = true,
        }
        let is_needed = |name: &&String| all_but(Some(name), &stand_in) == Err(ErrorKind::UndefinedError);
        if let Some(name) = names.iter().take(TRIED).find(is_needed) {
            return Why::Missing(name.clone());
        }
    }
    if enough {
        names.truncate(TRIED);
        return Why::MissingOneOf(names);
    }
    Why::Wrong("uses something that is not given, or null".to_owned())
}

/// Of the engine, such as `range`.
fn is_global(text: &Template<'_, '_>, name: &str) -> bool {
    text.new_state().lookup(name.split('.').next().unwrap_or(name)).is_some()
}
