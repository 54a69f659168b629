//! Reading what another version stored.
//!
//! In: a stored field. Out: its value, or what is to be assumed where it cannot be read. Without this, one new word
//! of a newer core would make the whole store unreadable, and everybody would be logged out. Where an assumption
//! would be wrong (who this installation is, who is logged in, a reset that is owed), reading fails.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use super::{backoff::DeferCause, progress::LoggedOutReason};

fn read<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(from)?;
    // By way of its text, as all that is stored is read: a second reader for each type would be 50 kB of code.
    Ok(serde_json::to_vec(&value).ok().and_then(|text| serde_json::from_slice(&text).ok()))
}

/// A row that can be asked for again.
#[derive(Deserialize)]
#[serde(transparent, bound = "T: DeserializeOwned + Default")]
pub(crate) struct Tolerant<T>(#[serde(deserialize_with = "or_default")] pub(crate) T);

/// What can be asked for again.
pub(super) fn or_default<'de, D, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    Ok(read(from)?.unwrap_or_default())
}

/// A wait for a reason that is not known is kept to.
pub(super) fn or_server<'de, D: Deserializer<'de>>(from: D) -> Result<DeferCause, D::Error> {
    Ok(read(from)?.unwrap_or(DeferCause::Server))
}

/// The app has to hear that nobody is logged in, whatever the reason is.
pub(super) fn or_evicted<'de, D: Deserializer<'de>>(from: D) -> Result<Option<LoggedOutReason>, D::Error> {
    Ok(read(from)?.unwrap_or(Some(LoggedOutReason::Evicted { reason: None })))
}
