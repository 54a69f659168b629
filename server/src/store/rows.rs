//! Rows of `installations` as domain types, and back.

use pushbridge_wire::{
    Address, AddressValue, InstallationId, LoginId, Permission, Platform, Tags, Timestamp, UserId,
};
use rusqlite::{Connection, OptionalExtension, Row, named_params, types::Type};

use super::StoreError;
use crate::registry::{Attributes, Binding, Installation, Reported, Slot};

/// Number of an app in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AppNo(pub i64);

/// Number of an installation in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstallationNo(pub i64);

/// Key of an address in indexes: the first 16 bytes of SHA-256 over kind, NUL and value.
#[must_use]
pub fn address_key(address: &Address) -> [u8; 16] {
    let mut context = aws_lc_rs::digest::Context::new(&aws_lc_rs::digest::SHA256);
    context.update(address.kind.as_str().as_bytes());
    context.update(&[0]);
    context.update(address.value.expose().as_bytes());
    let mut key = [0; 16];
    key.copy_from_slice(&context.finish().as_ref()[..16]);
    key
}

/// An installation as it stands in the store.
pub(super) struct StoredInstallation {
    pub(super) no: InstallationNo,
    pub(super) id: InstallationId,
    pub(super) secret_hash: [u8; 32],
    pub(super) state: Installation,
}

/// Loads one installation by the phone's id.
pub(super) fn load_installation(
    connection: &Connection,
    app: AppNo,
    id: &InstallationId,
) -> Result<Option<StoredInstallation>, StoreError> {
    let mut query = connection.prepare_cached("SELECT * FROM installations WHERE app = ?1 AND id = ?2")?;
    Ok(query.query_row((app.0, id.as_bytes()), read_installation).optional()?)
}

/// Loads one installation by its number.
pub(super) fn load_numbered(
    connection: &Connection,
    no: InstallationNo,
) -> Result<Option<StoredInstallation>, StoreError> {
    let mut query = connection.prepare_cached("SELECT * FROM installations WHERE installation = ?1")?;
    Ok(query.query_row([no.0], read_installation).optional()?)
}

pub(super) fn read_installation(row: &Row<'_>) -> rusqlite::Result<StoredInstallation> {
    let id: [u8; 16] = row.get("id")?;
    Ok(StoredInstallation {
        no: InstallationNo(row.get("installation")?),
        id: InstallationId::from_stored(id),
        secret_hash: row.get("secret_hash")?,
        state: Installation {
            revision: checked(row.get::<_, u64>("revision")?, "revision")?,
            reported: Reported {
                address: read_address(row, "reported_kind", "reported_value")?,
                user: optional(row, "reported_user")?,
                login: optional(row, "reported_login")?,
            },
            attributes: read_attributes(row)?,
            slot: read_slot(row)?,
            generation: row.get("generation")?,
            deaths: row.get("deaths")?,
            reset_told: row.get("reset_told")?,
            binding: read_binding(row)?,
            unconfirmed: row.get("unconfirmed")?,
            seen: Timestamp::from_ms(row.get("seen_ms")?),
        },
    })
}

fn read_attributes(row: &Row<'_>) -> rusqlite::Result<Attributes> {
    let tags: Vec<String> = serde_json::from_str(&row.get::<_, String>("tags")?).unwrap_or_default();
    Ok(Attributes {
        platform: Platform::from(row.get::<_, String>("platform")?),
        permission: row.get::<_, Option<String>>("permission")?.map(Permission::from),
        app_version: row.get("app_version")?,
        os_version: row.get("os_version")?,
        locale: row.get("locale")?,
        timezone: row.get("timezone")?,
        tags: checked::<Tags, _>(tags, "tags")?,
    })
}

fn read_slot(row: &Row<'_>) -> rusqlite::Result<Slot> {
    let state: String = row.get("address_state")?;
    let Some(address) = read_address(row, "address_kind", "address_value")? else { return Ok(Slot::None) };
    Ok(match state.as_str() {
        "live" => Slot::Live(address),
        "retired" => Slot::Retired(address),
        "quarantined" => Slot::Quarantined(address),
        "reset_asked" => Slot::ResetAsked(address),
        "moved" => Slot::Moved(address),
        "contested" => Slot::Contested {
            address,
            nonce_hash: row.get("challenge_hash")?,
            ends: Timestamp::from_ms(row.get("challenge_end_ms")?),
        },
        _ => return Err(bad_column("address_state")),
    })
}

fn read_binding(row: &Row<'_>) -> rusqlite::Result<Option<Binding>> {
    let (Some(user), Some(login)) = (optional(row, "user")?, optional(row, "login")?) else {
        return Ok(None);
    };
    let since = Timestamp::from_ms(row.get("bound_ms")?);
    Ok(Some(Binding { user, login, epoch: row.get("epoch")?, since }))
}

pub(super) fn read_address(row: &Row<'_>, kind: &str, value: &str) -> rusqlite::Result<Option<Address>> {
    let (kind, value): (Option<String>, Option<String>) = (row.get(kind)?, row.get(value)?);
    let (Some(kind), Some(value)) = (kind, value) else { return Ok(None) };
    Ok(Some(Address { kind: kind.into(), value: checked::<AddressValue, _>(value, "address_value")? }))
}

fn optional<T: TryFrom<String>>(row: &Row<'_>, column: &'static str) -> rusqlite::Result<Option<T>> {
    row.get::<_, Option<String>>(column)?.map(|text| checked(text, column)).transpose()
}

pub(super) fn checked<T: TryFrom<S>, S>(stored: S, column: &'static str) -> rusqlite::Result<T> {
    T::try_from(stored).map_err(|_| bad_column(column))
}

fn bad_column(column: &'static str) -> rusqlite::Error {
    rusqlite::Error::InvalidColumnType(0, column.to_owned(), Type::Text)
}

/// Writes the whole state; inserts the row where `no` is none.
pub(super) fn save_installation(
    connection: &Connection,
    app: AppNo,
    id: &InstallationId,
    secret_hash: &[u8; 32],
    state: &Installation,
) -> Result<InstallationNo, StoreError> {
    let slot = slot_columns(&state.slot);
    let address = state.slot.address();
    let binding = state.binding.as_ref();
    let reported = &state.reported;
    let attributes = &state.attributes;
    let tags = serde_json::to_string(attributes.tags.as_slice()).map_err(|_| StoreError::BadRow("tags"))?;
    let mut save = connection.prepare_cached(SAVE)?;
    let no = save.query_row(
        named_params! {
            ":app": app.0, ":id": id.as_bytes(), ":secret_hash": secret_hash, ":revision": state.revision.get(),
            ":reported_kind": reported.address.as_ref().map(|a| a.kind.as_str()),
            ":reported_value": reported.address.as_ref().map(|a| a.value.expose()),
            ":reported_user": reported.user.as_ref().map(UserId::as_str),
            ":reported_login": reported.login.as_ref().map(LoginId::as_str),
            ":platform": attributes.platform.as_str(),
            ":permission": attributes.permission.as_ref().map(Permission::as_str),
            ":app_version": attributes.app_version, ":os_version": attributes.os_version,
            ":locale": attributes.locale, ":timezone": attributes.timezone, ":tags": tags,
            ":address_state": slot.state,
            ":address_kind": address.map(|a| a.kind.as_str()),
            ":address_value": address.map(|a| a.value.expose()),
            ":address_key": address.map(address_key),
            ":generation": state.generation, ":deaths": state.deaths, ":reset_told": state.reset_told,
            ":challenge_hash": slot.nonce_hash, ":challenge_end_ms": slot.ends,
            ":user": binding.map(|b| b.user.as_str()), ":login": binding.map(|b| b.login.as_str()),
            ":epoch": binding.map(|b| b.epoch), ":bound_ms": binding.map(|b| b.since.as_ms()),
            ":unconfirmed": state.unconfirmed, ":seen_ms": state.seen.as_ms(),
        },
        |row| row.get(0),
    )?;
    Ok(InstallationNo(no))
}

struct SlotColumns {
    state: &'static str,
    nonce_hash: Option<[u8; 32]>,
    ends: Option<i64>,
}

fn slot_columns(slot: &Slot) -> SlotColumns {
    let (state, nonce_hash, ends) = match slot {
        Slot::None => ("none", None, None),
        Slot::Live(_) => ("live", None, None),
        Slot::Retired(_) => ("retired", None, None),
        Slot::Quarantined(_) => ("quarantined", None, None),
        Slot::ResetAsked(_) => ("reset_asked", None, None),
        Slot::Moved(_) => ("moved", None, None),
        Slot::Contested { nonce_hash, ends, .. } => ("contested", Some(*nonce_hash), Some(ends.as_ms())),
    };
    SlotColumns { state, nonce_hash, ends }
}

const SAVE: &str = "
INSERT INTO installations
    (app, id, secret_hash, revision, reported_kind, reported_value, reported_user, reported_login, platform, permission,
     app_version, os_version, locale, timezone, tags, address_state, address_kind, address_value, address_key, generation,
     deaths, reset_told, challenge_hash, challenge_end_ms, user, login, epoch, bound_ms, unconfirmed, created_ms, seen_ms)
VALUES
    (:app, :id, :secret_hash, :revision, :reported_kind, :reported_value, :reported_user, :reported_login, :platform,
     :permission, :app_version, :os_version, :locale, :timezone, :tags, :address_state, :address_kind, :address_value,
     :address_key, :generation, :deaths, :reset_told, :challenge_hash, :challenge_end_ms, :user, :login, :epoch, :bound_ms,
     :unconfirmed, :seen_ms, :seen_ms)
ON CONFLICT (app, id) DO UPDATE SET
    revision = :revision, reported_kind = :reported_kind, reported_value = :reported_value,
    reported_user = :reported_user, reported_login = :reported_login, platform = :platform, permission = :permission,
    app_version = :app_version, os_version = :os_version, locale = :locale, timezone = :timezone, tags = :tags,
    address_state = :address_state, address_kind = :address_kind, address_value = :address_value,
    address_key = :address_key, generation = :generation, deaths = :deaths, reset_told = :reset_told,
    challenge_hash = :challenge_hash, challenge_end_ms = :challenge_end_ms, user = :user, login = :login, epoch = :epoch,
    bound_ms = :bound_ms, unconfirmed = :unconfirmed, seen_ms = :seen_ms, stale_ms = NULL
RETURNING installation";
