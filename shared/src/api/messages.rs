//! Which data messages the app may see.
//!
//! In: the data of a message. Out: what to do with it. A message for a login that is not the present one is dropped
//! on the phone too: FCM may have held it since before a logout (F12). Whatever the server writes of its own accord is
//! not for the app, also where only a newer core knows what it is for.

use std::collections::HashMap;

use pushbridge_wire::{AppId, InstallationId, LoginId};

/// Reserved data keys of the protocol.
pub mod data_keys {
    /// All of them begin so, those of newer servers too; the server takes none from a caller.
    pub const PREFIX: &str = "pb_";
    /// The app that the message is for.
    pub const APP: &str = "pb_app";
    /// The message's id: in all that a backend sends, and in nothing that the server sends of its own accord.
    pub const MESSAGE: &str = "pb_msg";
    /// The login that the message is for.
    pub const LOGIN: &str = "pb_login";
    /// The server asks for a sync.
    pub const SYNC: &str = "pb_sync";
    /// Nonce of a challenge.
    pub const CHALLENGE: &str = "pb_challenge";
    /// The installation that a challenge is for.
    pub const INSTALLATION: &str = "pb_installation";
}

/// What to do with a data message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageDisposition {
    /// Hand it to the app.
    Deliver {
        /// For `receipt`; none if the message did not come through Pushbridge.
        message_id: Option<String>,
    },
    /// It is for another login: drop it.
    DropForeignLogin,
    /// The server's own; a sync is needed.
    Sync,
    /// The server's own: a challenge for this installation. A sync is needed, soon: it lives ten minutes.
    Challenge,
    /// The server's own, but not for this installation, or of a kind that a newer core would know.
    Ignore,
}

/// What the data of a message says. Holds a nonce: no Debug.
pub(crate) enum Message {
    Challenge { installation: Option<InstallationId>, nonce: String },
    Sync,
    ForApp { login: Option<String>, message_id: Option<String> },
    NotForUs,
}

impl Message {
    pub(crate) fn read(app: &AppId, mut data: HashMap<String, String>) -> Self {
        use data_keys::{APP, CHALLENGE, INSTALLATION, LOGIN, MESSAGE, PREFIX, SYNC};
        let is_mine = data.get(APP).is_none_or(|named| named == app.as_str());
        let is_servers_own = data.contains_key(CHALLENGE) || data.contains_key(SYNC);
        if is_servers_own && !is_mine {
            return Self::NotForUs;
        }
        if let Some(nonce) = data.remove(CHALLENGE) {
            let installation = data.remove(INSTALLATION).and_then(|id| id.parse().ok());
            return Self::Challenge { installation, nonce };
        }
        if data.contains_key(SYNC) {
            return Self::Sync;
        }
        if !data.contains_key(MESSAGE) && data.keys().any(|key| key.starts_with(PREFIX)) {
            return Self::NotForUs;
        }
        Self::ForApp { login: data.remove(LOGIN), message_id: data.remove(MESSAGE) }
    }
}

/// A message that names no login is for whoever holds the phone.
pub(crate) fn judge(
    login: Option<String>,
    message_id: Option<String>,
    current: Option<&LoginId>,
) -> MessageDisposition {
    match login {
        Some(login) if current.is_none_or(|current| current.as_str() != login) => {
            MessageDisposition::DropForeignLogin
        }
        _ => MessageDisposition::Deliver { message_id },
    }
}
