//! Checks a template when it is saved: whatever can be told without parameters.

use std::collections::HashMap;

use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use pushbridge_fcm::validate;
use pushbridge_wire::{TemplateRequest, limits};
use serde_json::{Map, Value};

use super::{
    DEFAULT,
    fill::{CompiledVariant, Why, environment, in_words, is_filled},
    locale::normal_locale,
};

/// Why a template is not saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaveFault {
    /// Where, such as `locales.ru.notification.title`.
    pub field: String,
    /// What is wrong and how to mend it.
    pub detail: String,
}

impl SaveFault {
    fn new(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { field: field.into(), detail: detail.into() }
    }
}

/// Checks `template`, whose JSON has `bytes` bytes.
///
/// # Errors
/// The first fault. What depends on parameters (a text that becomes too long, a ttl that becomes none) is found when a
/// message is accepted.
pub fn check_template(template: &TemplateRequest, bytes: usize) -> Result<(), SaveFault> {
    if bytes > limits::TEMPLATE_BYTES {
        let detail = format!(
            "a template has at most {} bytes with all its variants; this one has {bytes}",
            limits::TEMPLATE_BYTES
        );
        return Err(SaveFault::new(".", detail));
    }
    check_names(template)?;
    let (strict, mut lenient) = (environment(), environment());
    lenient.set_undefined_behavior(UndefinedBehavior::Chainable);
    check_variant(&strict, &lenient, DEFAULT, &template.default)?;
    for (name, message) in &template.locales {
        check_variant(&strict, &lenient, &format!("locales.{name}"), message)?;
    }
    Ok(())
}

fn check_names(template: &TemplateRequest) -> Result<(), SaveFault> {
    if template.locales.len() > limits::TEMPLATE_VARIANTS {
        let detail = format!("at most {} variants beside the default", limits::TEMPLATE_VARIANTS);
        return Err(SaveFault::new("locales", detail));
    }
    let mut seen = HashMap::new();
    for name in template.locales.keys() {
        if !is_locale(name) {
            let detail =
                "expected a locale such as ru, pt-BR or zh-Hant; the message for all others is `default`";
            return Err(SaveFault::new(format!("locales.{name}"), detail));
        }
        if let Some(other) = seen.insert(normal_locale(name), name) {
            let detail = format!("is the same locale as {other}: keep one of them");
            return Err(SaveFault::new(format!("locales.{name}"), detail));
        }
    }
    Ok(())
}

/// A language of two or three letters, and what narrows it down.
fn is_locale(name: &str) -> bool {
    let mut parts = name.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    name.len() <= limits::TEMPLATE_LOCALE_BYTES
        && (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic())
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn check_variant(
    strict: &Environment<'_>,
    lenient: &Environment<'_>,
    name: &str,
    message: &Map<String, Value>,
) -> Result<(), SaveFault> {
    let message = Value::Object(message.clone());
    let no_template = |at: &str, words: &str| {
        let detail = format!(
            "is no template ({words}): a parameter stands as {{{{ name }}}}, and what is not meant so as {{{{ '{{{{' }}}}"
        );
        SaveFault::new(format!("{name}.{at}"), detail)
    };
    let wrong = |why: Why| match why {
        Why::Wrong(words) => words,
        Why::Missing(_) | Why::MissingOneOf(_) | Why::TooMuch => String::new(),
    };
    if let Err(fault) = CompiledVariant::new(strict, &message) {
        return Err(no_template(&fault.at, &wrong(fault.why)));
    }
    // A misspelt filter shows only when it is used. With nothing given most of them are.
    let variant = CompiledVariant::new(lenient, &message).map_err(|fault| no_template(&fault.at, ""))?;
    for (at, text) in variant.texts() {
        if let Err(error) = text.render(())
            && matches!(
                error.kind(),
                ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction
            )
        {
            return Err(no_template(at, &in_words(&error)));
        }
    }
    check_fixed(name, &message)
}

/// What FCM would refuse whatever the parameters are. Told where it is a fault of the message as it stands and still one
/// without the texts that are to be filled: so it is not about them.
fn check_fixed(name: &str, message: &Value) -> Result<(), SaveFault> {
    let (Err(whole), Err(fixed)) = (validate(message, 0), validate(&without_filled(message), 0)) else {
        return Ok(());
    };
    if whole.first.field != fixed.first.field {
        return Ok(());
    }
    let field = fixed.first.field.replacen("message", name, 1);
    Err(SaveFault::new(field, fixed.first.description))
}

/// Any text may stand in data and headers, so nothing of them is at fault or moves up.
fn without_filled(value: &Value) -> Value {
    let stays = |value: &Value| !value.as_str().is_some_and(is_filled);
    match value {
        Value::Object(members) => {
            let left = members.iter().filter(|(_, value)| stays(value)).map(|(key, value)| {
                let whole = key == "data" || key == "headers";
                (key.clone(), if whole { value.clone() } else { without_filled(value) })
            });
            Value::Object(left.collect())
        }
        Value::Array(items) => {
            Value::Array(items.iter().filter(|item| stays(item)).map(without_filled).collect())
        }
        other => other.clone(),
    }
}
