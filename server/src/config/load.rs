//! Reads defaults, file and environment, in that order, and refuses what is not known.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::{Config, DEFAULT_TOML, Environment, check::check};

/// Why a configuration cannot be used. Says where and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not TOML, or a key is wrong.
    #[error("{origin}: {message}")]
    Parse {
        /// File or variable.
        origin: String,
        /// What is wrong.
        message: String,
    },
    /// Two values contradict each other.
    #[error("{0}")]
    Contradiction(String),
}

impl Config {
    /// The defaults.
    ///
    /// # Errors
    /// None in practice: a test loads the embedded file.
    pub fn defaults() -> Result<Self, ConfigError> {
        Self::load(None, &Environment::default())
    }

    /// Defaults, then `file` if there is one, then the environment.
    ///
    /// # Errors
    /// [`ConfigError`], which names the file or variable and the key.
    pub fn load(file: Option<&Path>, environment: &Environment) -> Result<Self, ConfigError> {
        let mut table = parse(DEFAULT_TOML, "built-in defaults")?;
        let mut origin = "built-in defaults".to_owned();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
            origin = path.display().to_string();
            merge(&mut table, parse(&text, &origin)?);
        }
        environment.apply(&mut table)?;
        let config = Value::Table(table).try_into::<Self>().map_err(|error| ConfigError::Parse {
            origin,
            message: error.to_string().trim_end().to_owned(),
        })?;
        check(&config).map_err(ConfigError::Contradiction)?;
        Ok(config)
    }
}

fn parse(text: &str, origin: &str) -> Result<Table, ConfigError> {
    text.parse::<Table>()
        .map_err(|error| ConfigError::Parse { origin: origin.to_owned(), message: error.to_string() })
}

/// Lays `over` upon `under`, section by section; lists are replaced whole.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Environment {
        Environment::of(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    fn file(text: &str) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    #[test]
    fn the_embedded_defaults_load() {
        assert_eq!(Config::defaults().unwrap().server.listen.port(), 8080);
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let file = file("[server]\nlissten = \"127.0.0.1:1\"\n");
        let error = Config::load(Some(file.path()), &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("lissten"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let file = file("[server]\nlisten = \"127.0.0.1:1\"\n[limits]\nbody_bytes = 5000\n");
        let environment = environment(&[("PUSHBRIDGE__SERVER__LISTEN", "127.0.0.1:2")]);
        let config = Config::load(Some(file.path()), &environment).unwrap();
        assert_eq!((config.server.listen.port(), config.limits.body_bytes), (2, 5_000));
    }

    #[test]
    fn a_variable_ending_in_file_reads_that_file() {
        let secret = file("127.0.0.1:3\n");
        let path = secret.path().display().to_string();
        let config = Config::load(None, &environment(&[("PUSHBRIDGE__SERVER__LISTEN_FILE", &path)])).unwrap();
        assert_eq!(config.server.listen.port(), 3);
    }

    #[test]
    fn a_lease_shorter_than_the_call_is_refused() {
        let file = file("[dispatch]\nlease = \"PT5S\"\n");
        let error = Config::load(Some(file.path()), &Environment::default()).unwrap_err();
        assert!(error.to_string().contains("dispatch.lease"), "{error}");
    }
}
