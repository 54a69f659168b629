//! Variables `PUSHBRIDGE__SECTION__KEY`, as an argument: tests set none in the process.

use std::{collections::BTreeMap, path::PathBuf};

use toml::{Table, Value};

use super::ConfigError;

const PREFIX: &str = "PUSHBRIDGE__";

/// The variables that concern the configuration.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

impl std::fmt::Debug for Environment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl Environment {
    /// Takes the variables that begin with `PUSHBRIDGE__`.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().filter(|(name, _)| name.starts_with(PREFIX)).collect())
    }

    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        Self::of(
            std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        )
    }

    /// Lays the variables upon `table`.
    pub(super) fn apply(&self, table: &mut Table) -> Result<(), ConfigError> {
        for (name, text) in &self.0 {
            let mut path = name[PREFIX.len()..].to_ascii_lowercase();
            let mut text = text.clone();
            if let Some(stem) = path.strip_suffix("_file").filter(|stem| !is_file_key(stem)) {
                path = stem.to_owned();
                let source = PathBuf::from(&text);
                text = std::fs::read_to_string(&source)
                    .map_err(|error| ConfigError::Read { path: source, source: error })?
                    .trim_end()
                    .to_owned();
            }
            let parts: Vec<&str> = path.split("__").collect();
            let [section, key] = parts[..] else { return Err(misnamed(name)) };
            let Some(Value::Table(section)) = table.get_mut(section) else { return Err(misnamed(name)) };
            section.insert(key.to_owned(), scalar(&text));
        }
        Ok(())
    }
}

/// Keys that end in `_file` themselves.
fn is_file_key(stem: &str) -> bool {
    stem.ends_with("__ca") || stem.ends_with("__service_account")
}

fn misnamed(name: &str) -> ConfigError {
    ConfigError::Parse {
        origin: name.to_owned(),
        message: "no such setting: the form is PUSHBRIDGE__SECTION__KEY, such as PUSHBRIDGE__SERVER__LISTEN"
            .to_owned(),
    }
}

/// Numbers and truth values as such, everything else as text.
fn scalar(text: &str) -> Value {
    if let Ok(number) = text.parse::<i64>() {
        Value::Integer(number)
    } else if let Ok(truth) = text.parse::<bool>() {
        Value::Boolean(truth)
    } else {
        Value::String(text.to_owned())
    }
}
