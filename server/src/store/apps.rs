//! Apps: their project, credentials, policy and identity.

use std::fmt;

use pushbridge_wire::{
    AddressCounts, AddressKind, AppId, ConfiguredKey, IdentityMode, PolicyConfig, PolicyMode, Timestamp,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{AppNo, InstallationNo, Store, StoreError, installations::append_event, rows::checked};
use crate::policy::Policy;

/// An app as it stands in the store.
#[derive(Clone)]
pub struct AppRow {
    /// Its number.
    pub no: AppNo,
    /// What was registered.
    pub app: NewApp,
    /// When.
    pub created: Timestamp,
}

/// An app to register. Does not print its service account.
#[derive(Clone)]
pub struct NewApp {
    /// Its id.
    pub id: AppId,
    /// The Firebase project.
    pub firebase_project: String,
    /// The service account's JSON.
    pub service_account: String,
    /// The service account's e-mail address.
    pub service_account_email: String,
    /// Where FCM is, if not at Google's.
    pub fcm_endpoint: Option<String>,
    /// One device or several.
    pub policy: PolicyConfig,
    /// How users are proven.
    pub identity_mode: IdentityMode,
    /// The app's own keys.
    pub identity_keys: Vec<ConfiguredKey>,
}

impl fmt::Debug for NewApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewApp").field("id", &self.id).finish_non_exhaustive()
    }
}

impl fmt::Debug for AppRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AppRow").field("no", &self.no).field("app", &self.app).finish_non_exhaustive()
    }
}

impl Store {
    /// Registers an app. False, and nothing changes, where the id is taken.
    pub async fn create_app(&self, app: NewApp, now: Timestamp) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let mut insert = connection.prepare_cached(
                "INSERT OR IGNORE INTO apps (id, firebase_project, service_account, service_account_email, fcm_endpoint,
                     policy_mode, max_devices, identity_mode, identity_keys, created_ms)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?;
            let inserted = insert.execute((
                app.id.as_str(),
                &app.firebase_project,
                &app.service_account,
                &app.service_account_email,
                &app.fcm_endpoint,
                policy_text(app.policy.mode),
                app.policy.max_devices,
                identity_text(app.identity_mode),
                keys_text(&app.identity_keys)?,
                now.as_ms(),
            ))?;
            Ok(inserted == 1)
        })
        .await
    }

    /// Replaces everything of an app but its id and number. Where it now sends with another project, key or endpoint,
    /// addresses that seemed to belong to another project are tried again. False where there is no such app.
    pub async fn replace_app(
        &self,
        app: NewApp,
        actor: &'static str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.write(move |connection| {
            let mut release = connection.prepare_cached(
                "UPDATE OR IGNORE installations SET address_state = 'live'
                 FROM apps a
                 WHERE a.id = ?1 AND installations.app = a.app AND installations.address_state = 'quarantined'
                     AND (a.firebase_project, a.service_account, a.fcm_endpoint) IS NOT (?2, ?3, ?4)
                 RETURNING app, installation",
            )?;
            let sending = (app.id.as_str(), &app.firebase_project, &app.service_account, &app.fcm_endpoint);
            let released = release
                .query_map(sending, |row| Ok((AppNo(row.get(0)?), InstallationNo(row.get(1)?))))?
                .collect::<Result<Vec<_>, _>>()?;
            for (app, no) in released {
                append_event(connection, app, no, now, "address_live", None, actor, None)?;
            }
            let mut update = connection.prepare_cached(
                "UPDATE apps SET firebase_project = ?2, service_account = ?3, service_account_email = ?4,
                     fcm_endpoint = ?5, policy_mode = ?6, max_devices = ?7, identity_mode = ?8, identity_keys = ?9
                 WHERE id = ?1",
            )?;
            let updated = update.execute((
                app.id.as_str(),
                &app.firebase_project,
                &app.service_account,
                &app.service_account_email,
                &app.fcm_endpoint,
                policy_text(app.policy.mode),
                app.policy.max_devices,
                identity_text(app.identity_mode),
                keys_text(&app.identity_keys)?,
            ))?;
            Ok(updated == 1)
        })
        .await
    }

    /// Deletes an app with everything that belongs to it. False where there is none.
    pub async fn delete_app(&self, id: AppId) -> Result<bool, StoreError> {
        self.write(move |connection| {
            Ok(connection.prepare_cached("DELETE FROM apps WHERE id = ?1")?.execute([id.as_str()])? == 1)
        })
        .await
    }

    /// The app of that id.
    pub async fn find_app(&self, id: AppId) -> Result<Option<AppRow>, StoreError> {
        self.read(move |connection| {
            let mut query = connection.prepare_cached("SELECT * FROM apps WHERE id = ?1")?;
            Ok(query.query_row([id.as_str()], read_app).optional()?)
        })
        .await
    }

    /// How many live addresses of each kind an app has.
    pub async fn address_counts(&self, app: AppNo) -> Result<AddressCounts, StoreError> {
        self.read(move |connection| {
            let mut counts = AddressCounts::default();
            let mut query = connection.prepare_cached(
                "SELECT address_kind, count(*) FROM installations WHERE app = ?1 AND address_state = 'live'
                 GROUP BY address_kind",
            )?;
            let mut rows = query.query([app.0])?;
            while let Some(row) = rows.next()? {
                match AddressKind::from(row.get::<_, String>(0)?) {
                    AddressKind::FcmToken => counts.fcm_token = row.get(1)?,
                    AddressKind::FcmFid => counts.fcm_fid = row.get(1)?,
                    // Never live here.
                    AddressKind::WebPush | AddressKind::Other(_) => {}
                }
            }
            Ok(counts)
        })
        .await
    }

    /// Every app, by id.
    pub async fn list_apps(&self) -> Result<Vec<AppRow>, StoreError> {
        self.read(|connection| {
            let mut query = connection.prepare_cached("SELECT * FROM apps ORDER BY id")?;
            Ok(query.query_map([], read_app)?.collect::<Result<Vec<_>, _>>()?)
        })
        .await
    }
}

/// The policy of an app and the last epoch that it used.
pub(super) fn load_policy(connection: &Connection, app: AppNo) -> Result<(Policy, u64), StoreError> {
    let mut query =
        connection.prepare_cached("SELECT policy_mode, max_devices, epoch FROM apps WHERE app = ?1")?;
    Ok(query.query_row([app.0], |row| {
        let config = PolicyConfig { mode: read_policy(&row.get::<_, String>(0)?), max_devices: row.get(1)? };
        Ok((Policy::from(config), row.get(2)?))
    })?)
}

fn read_app(row: &Row<'_>) -> rusqlite::Result<AppRow> {
    let identity: String = row.get("identity_mode")?;
    let keys: String = row.get("identity_keys")?;
    Ok(AppRow {
        no: AppNo(row.get("app")?),
        app: NewApp {
            id: checked(row.get::<_, String>("id")?, "id")?,
            firebase_project: row.get("firebase_project")?,
            service_account: row.get("service_account")?,
            service_account_email: row.get("service_account_email")?,
            fcm_endpoint: row.get("fcm_endpoint")?,
            policy: PolicyConfig {
                mode: read_policy(&row.get::<_, String>("policy_mode")?),
                max_devices: row.get("max_devices")?,
            },
            identity_mode: if identity == "trusted" { IdentityMode::Trusted } else { IdentityMode::Jwt },
            identity_keys: serde_json::from_str(&keys).unwrap_or_default(),
        },
        created: Timestamp::from_ms(row.get("created_ms")?),
    })
}

fn read_policy(text: &str) -> PolicyMode {
    // The column's CHECK allows these two.
    if text == "single" { PolicyMode::Single } else { PolicyMode::Multi }
}

fn policy_text(mode: PolicyMode) -> &'static str {
    match mode {
        PolicyMode::Single => "single",
        PolicyMode::Multi => "multi",
    }
}

fn identity_text(mode: IdentityMode) -> &'static str {
    match mode {
        IdentityMode::Jwt => "jwt",
        IdentityMode::Trusted => "trusted",
    }
}

fn keys_text(keys: &[ConfiguredKey]) -> Result<String, StoreError> {
    serde_json::to_string(keys).map_err(|_| StoreError::BadRow("identity_keys"))
}
