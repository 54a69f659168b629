//! A template as it is kept: its variants, each read when it is needed.

use std::{collections::BTreeMap, sync::Arc};

use pushbridge_fcm::Message;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use super::{
    fill::{CompiledVariant, FUEL_PER_MESSAGE, environment},
    locale::{DEFAULT, choose},
    params::{Context, Params, merged},
};

/// One version of a template.
#[derive(Deserialize)]
pub struct Variants {
    default: Box<RawValue>,
    #[serde(default)]
    locales: BTreeMap<String, Box<RawValue>>,
}

/// What was kept cannot be filled. What serde or the engine say may quote the parameters, so nothing is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfilled;

impl Variants {
    /// Reads the kept JSON.
    ///
    /// # Errors
    /// Where it is no template of this version.
    pub fn read(body: &str) -> Result<Self, Unfilled> {
        serde_json::from_str(body).map_err(|_| Unfilled)
    }

    /// The variant for a phone of `locale`.
    #[must_use]
    pub fn choose(&self, locale: Option<&str>) -> &str {
        choose(|| self.locales.keys().map(String::as_str), locale)
    }

    /// The default and every other variant, by name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(DEFAULT).chain(self.locales.keys().map(String::as_str))
    }

    /// The message of a variant, not filled.
    ///
    /// # Errors
    /// Where there is none of that name.
    pub fn message(&self, name: &str) -> Result<Value, Unfilled> {
        let raw = if name == DEFAULT { Some(&self.default) } else { self.locales.get(name) };
        raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).ok_or(Unfilled)
    }
}

/// A variant with what fills it, for one delivery or for many.
pub struct FilledVariant {
    /// The version that the message was accepted with.
    pub variants: Arc<Variants>,
    /// Its name.
    pub name: String,
    /// The message's parameters as JSON.
    pub shared: Arc<str>,
    /// The user's own, as JSON.
    pub own: Option<String>,
}

impl FilledVariant {
    /// The FCM message. Intake has filled the same variant with the same parameters before.
    ///
    /// # Errors
    /// Where something of it cannot be read or filled by this version.
    pub fn message(&self) -> Result<Message, Unfilled> {
        let read = |text: &str| serde_json::from_str::<Params>(text).map_err(|_| Unfilled);
        let mut params = read(&self.shared)?;
        if let Some(own) = &self.own {
            params = merged(&params, &read(own)?);
        }
        let (environment, message) = (environment(), self.variants.message(&self.name)?);
        let variant = CompiledVariant::new(&environment, &message).map_err(|_| Unfilled)?;
        let filled = variant.fill(&Context::new(params), &mut { FUEL_PER_MESSAGE }).map_err(|_| Unfilled)?;
        serde_json::from_value(filled).map_err(|_| Unfilled)
    }
}
