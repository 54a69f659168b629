//! Fills the texts of one variant.
//!
//! What filling may cost is counted in fuel (an instruction, or 64 bytes of text, is one), so that no template holds a
//! thread or the memory for long, whatever its loops do.

use minijinja::{
    Environment, Error, ErrorKind, Output, State, Template, UndefinedBehavior, escape_formatter,
    syntax::SyntaxConfig, value::ValueKind,
};
use serde_json::{Map, Value};

use super::{missing::missing, params::Context};

/// Of one variant. Ours: ten times what a message of the largest size takes, and twice what it takes as `|tojson`.
pub(super) const FUEL_PER_VARIANT: u64 = 2_000;
/// Of all fillings of one message, at intake. Ours: about a second.
pub const FUEL_PER_MESSAGE: u64 = 10_000_000;
/// Loops within loops. Ours: each level takes a piece of the stack.
const RECURSION: usize = 20;

/// A variant whose texts can be filled.
pub struct CompiledVariant<'e>(Part<'e>);

enum Part<'e> {
    Fixed(&'e Value),
    Text(Text<'e>),
    Object(Vec<(&'e str, Part<'e>)>),
    Array(Vec<Part<'e>>),
}

struct Text<'e> {
    at: String,
    template: Template<'e, 'e>,
}

/// Why a variant cannot be filled, or is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillFault {
    /// Which text of it, such as `notification.title`.
    pub at: String,
    /// What is wrong.
    pub why: Why,
}

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// This parameter is not given, or null.
    Missing(String),
    /// One of these is not given, or null; which one cannot be told.
    MissingOneOf(Vec<String>),
    /// It takes too long, or makes too much text.
    TooMuch,
    /// Something else. Quotes no parameter.
    Wrong(String),
}

/// What all texts are compiled in: nothing is escaped, nothing is loaded, and what is not given is a fault.
#[must_use]
pub fn environment<'e>() -> Environment<'e> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(SyntaxConfig::builder().keep_trailing_newline(true).build().unwrap_or_default());
    environment.set_fuel(Some(FUEL_PER_VARIANT));
    environment.set_recursion_limit(RECURSION);
    environment.set_formatter(write);
    environment
}

const NO_TEXT: &str =
    "a list or an object is no text: name what you want of it, or add |join(', ') or |tojson";

/// What a person or an app reads of a value.
fn write(output: &mut Output<'_>, state: &mut State<'_, '_>, value: &minijinja::Value) -> Result<(), Error> {
    match value.kind() {
        // Else the person would read "none".
        ValueKind::None => Err(Error::from(ErrorKind::UndefinedError)),
        // As in JSON and not as in Python, and so are these two.
        ValueKind::Bool => Ok(output.write_str(if value.is_true() { "true" } else { "false" })?),
        ValueKind::Map | ValueKind::Seq => Err(Error::new(ErrorKind::InvalidOperation, NO_TEXT)),
        _ => escape_formatter(output, state, value),
    }
}

/// Whether a text has anything to fill.
pub(super) fn is_filled(text: &str) -> bool {
    ["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
}

impl<'e> CompiledVariant<'e> {
    /// Compiles every text of `message`.
    ///
    /// # Errors
    /// The first text that is no template.
    pub fn new(environment: &'e Environment<'e>, message: &'e Value) -> Result<Self, FillFault> {
        compile(environment, message, String::new()).map(Self)
    }

    /// The message, with its texts filled. What it costs is taken from `fuel`.
    ///
    /// # Errors
    /// The first text that cannot be filled.
    pub fn fill(&self, context: &Context, fuel: &mut u64) -> Result<Value, FillFault> {
        // Filling costs something even where there is nothing to fill.
        *fuel = fuel.saturating_sub(context.fuel());
        let mut left = FUEL_PER_VARIANT.min(*fuel);
        let before = left;
        let filled = fill(&self.0, context, &mut left);
        *fuel -= before - left;
        filled
    }

    /// Every text that is filled, with its place.
    pub(super) fn texts(&self) -> Vec<(&str, &Template<'e, 'e>)> {
        let mut found = Vec::new();
        collect(&self.0, &mut found);
        found
    }
}

fn collect<'a, 'e>(part: &'a Part<'e>, found: &mut Vec<(&'a str, &'a Template<'e, 'e>)>) {
    match part {
        Part::Fixed(_) => {}
        Part::Text(text) => found.push((&text.at, &text.template)),
        Part::Object(members) => members.iter().for_each(|(_, part)| collect(part, found)),
        Part::Array(items) => items.iter().for_each(|part| collect(part, found)),
    }
}

fn compile<'e>(
    environment: &'e Environment<'e>,
    value: &'e Value,
    at: String,
) -> Result<Part<'e>, FillFault> {
    Ok(match value {
        Value::String(text) if is_filled(text) => match environment.template_from_str(text) {
            Ok(template) => Part::Text(Text { at, template }),
            Err(error) => return Err(FillFault { at, why: Why::Wrong(in_words(&error)) }),
        },
        Value::Object(members) => {
            let mut parts = Vec::with_capacity(members.len());
            for (key, value) in members {
                parts.push((key.as_str(), compile(environment, value, join(&at, key))?));
            }
            Part::Object(parts)
        }
        Value::Array(items) => {
            let item = |(index, value)| compile(environment, value, format!("{at}[{index}]"));
            Part::Array(items.iter().enumerate().map(item).collect::<Result<_, FillFault>>()?)
        }
        fixed => Part::Fixed(fixed),
    })
}

fn join(at: &str, key: &str) -> String {
    if at.is_empty() { key.to_owned() } else { format!("{at}.{key}") }
}

fn fill(part: &Part<'_>, context: &Context, left: &mut u64) -> Result<Value, FillFault> {
    Ok(match part {
        Part::Fixed(value) => (*value).clone(),
        Part::Text(text) => Value::String(fill_text(text, context, left)?),
        Part::Object(members) => {
            let mut filled = Map::new();
            for (key, part) in members {
                filled.insert((*key).to_owned(), fill(part, context, left)?);
            }
            Value::Object(filled)
        }
        Part::Array(items) => {
            Value::Array(items.iter().map(|part| fill(part, context, left)).collect::<Result<_, _>>()?)
        }
    })
}

fn fill_text(text: &Text<'_>, context: &Context, left: &mut u64) -> Result<String, FillFault> {
    let fault = |why| FillFault { at: text.at.clone(), why };
    // Each text has the whole allowance; together they have it too.
    let allowance = std::mem::take(left);
    let filled = text.template.render_captured(context.value.clone());
    let filled = filled.map_err(|error| fault(why(&error, text, context)))?;
    let used = filled.state().fuel_levels().map_or(0, |(used, _)| used);
    *left = allowance.checked_sub(used).ok_or_else(|| fault(Why::TooMuch))?;
    Ok(filled.into_output())
}

fn why(error: &Error, text: &Text<'_>, context: &Context) -> Why {
    match error.kind() {
        ErrorKind::OutOfFuel => Why::TooMuch,
        ErrorKind::UndefinedError => missing(&text.template, context),
        // The engine's own details may quote the parameters, and an answer ends in the log of whoever called.
        kind => Why::Wrong(match error.detail() {
            Some(NO_TEXT) => NO_TEXT.to_owned(),
            _ => kind.to_string(),
        }),
    }
}

pub(super) fn in_words(error: &Error) -> String {
    match (error.detail(), error.kind()) {
        (Some(detail), kind) => format!("{kind}: {detail}"),
        (None, kind) => kind.to_string(),
    }
}
