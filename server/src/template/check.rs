//! Checks a template when it is saved: whatever can be told without parameters.

use std::collections::HashMap;

use minijinja::{Environment, ErrorKind, Template, UndefinedBehavior};
use pushbridge_fcm::validate;
use pushbridge_wire::{TemplateRequest, limits};
use serde_json::{Map, Value};

use super::{
    DEFAULT,
    fill::{CompiledVariant, FUEL_PER_VARIANT, Why, environment, in_words, is_filled},
    locale::normal_locale,
};

/// Of all texts of a template together, with nothing given. Ours: a few hundredths of a second.
const FUEL_PER_SAVE: u64 = 600_000;
/// Of a text that is tried first: all but those with long loops take less. Ours: a text is ten bytes at least, so that
/// as many as a template can have do not reach the limit of a save.
const FUEL_PER_TRIAL: u64 = 64;

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
    let mut checker =
        Checker { trial: lenient(FUEL_PER_TRIAL), whole: lenient(FUEL_PER_VARIANT), fuel: FUEL_PER_SAVE };
    checker.check(DEFAULT, &template.default)?;
    for (name, message) in &template.locales {
        checker.check(&format!("locales.{name}"), message)?;
    }
    Ok(())
}

/// With nothing given most filters are used, and a misspelt one shows only then.
fn lenient<'e>(fuel: u64) -> Environment<'e> {
    let mut environment = environment();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(fuel));
    environment
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

struct Checker<'e> {
    trial: Environment<'e>,
    whole: Environment<'e>,
    /// What is left for the whole save.
    fuel: u64,
}

impl Checker<'_> {
    fn check(&mut self, name: &str, message: &Map<String, Value>) -> Result<(), SaveFault> {
        let message = Value::Object(message.clone());
        let compile = |environment| {
            CompiledVariant::new(environment, &message).map_err(|fault| match fault.why {
                Why::Wrong(words) => no_template(name, &fault.at, &words),
                Why::Missing(_) | Why::MissingOneOf(_) | Why::TooMuch => no_template(name, &fault.at, ""),
            })
        };
        let (trial, whole) = (compile(&self.trial)?, compile(&self.whole)?);
        for ((at, text), (_, whole)) in trial.texts().into_iter().zip(whole.texts()) {
            match try_out(text, whole, &mut self.fuel) {
                Ok(()) => {}
                Err(Fault::Misspelt(words)) => return Err(no_template(name, at, &words)),
                Err(Fault::TooMuch) => {
                    let detail = "takes too much work, with all that stand before it: shorten its loops";
                    return Err(SaveFault::new(format!("{name}.{at}"), detail));
                }
            }
        }
        check_fixed(name, &message)
    }
}

fn no_template(name: &str, at: &str, words: &str) -> SaveFault {
    let detail = format!(
        "is no template ({words}): a parameter stands as {{{{ name }}}}, and what is not meant so as {{{{ '{{{{' }}}}"
    );
    SaveFault::new(format!("{name}.{at}"), detail)
}

enum Fault {
    Misspelt(String),
    TooMuch,
}

/// What a failed rendering took is not known, so each is charged the most that it can have taken.
fn try_out(trial: &Template<'_, '_>, whole: &Template<'_, '_>, fuel: &mut u64) -> Result<(), Fault> {
    for (text, most) in [(trial, FUEL_PER_TRIAL), (whole, FUEL_PER_VARIANT)] {
        *fuel = fuel.checked_sub(most).ok_or(Fault::TooMuch)?;
        match text.render(()) {
            // Whether it is too much with parameters is told when it is filled with them.
            Err(error) if error.kind() == ErrorKind::OutOfFuel => {}
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction
                ) =>
            {
                return Err(Fault::Misspelt(in_words(&error)));
            }
            _ => return Ok(()),
        }
    }
    Ok(())
}

/// What FCM would refuse whatever the parameters are. Told where it is a fault of the message as it stands and the very
/// same one without the texts that are to be filled: so it is not about them.
fn check_fixed(name: &str, message: &Value) -> Result<(), SaveFault> {
    let (Err(whole), Err(fixed)) = (validate(message, 0), validate(&without_filled(message), 0)) else {
        return Ok(());
    };
    // What is fixed takes fewer bytes than all, so the words differ where it alone is too large.
    let is_size = whole.first.field == "message" && fixed.first.field == "message";
    if whole.first != fixed.first && !is_size {
        return Ok(());
    }
    let field = fixed.first.field.replacen("message", name, 1);
    Err(SaveFault::new(field, fixed.first.description))
}

/// In data and headers, where any text may stand, an empty one takes its place, so that nothing moves up.
fn without_filled(value: &Value) -> Value {
    let is_filled = |value: &Value| value.as_str().is_some_and(is_filled);
    match value {
        Value::Object(members) => {
            let left = members.iter().filter(|(_, value)| !is_filled(value)).map(|(key, value)| {
                let any_text = key == "data" || key == "headers";
                (key.clone(), if any_text { emptied(value) } else { without_filled(value) })
            });
            Value::Object(left.collect())
        }
        Value::Array(items) => {
            Value::Array(items.iter().filter(|item| !is_filled(item)).map(without_filled).collect())
        }
        other => other.clone(),
    }
}

fn emptied(value: &Value) -> Value {
    let Value::Object(members) = value else { return value.clone() };
    let emptied = |value: &Value| match value {
        Value::String(text) if is_filled(text) => Value::from(""),
        other => other.clone(),
    };
    Value::Object(members.iter().map(|(key, value)| (key.clone(), emptied(value))).collect())
}
