//! What an app says: plain enums and records, on their way in.

use pushbridge_core as core;

/// The system that the app runs on.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Platform {
    /// Android.
    Android,
    /// iOS and iPadOS.
    Ios,
    /// A browser.
    Web,
    /// Another one, by its name in the protocol.
    Other {
        /// Lower case.
        name: String,
    },
}

impl From<Platform> for core::Platform {
    fn from(platform: Platform) -> Self {
        match platform {
            Platform::Android => Self::Android,
            Platform::Ios => Self::Ios,
            Platform::Web => Self::Web,
            Platform::Other { name } => Self::Other(name),
        }
    }
}

/// What the platform calls its address. Never guessed from the text of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum RegistrationKind {
    /// An FCM registration token.
    FcmToken,
    /// A Firebase Installation ID.
    FcmFid,
}

impl From<RegistrationKind> for core::RegistrationKind {
    fn from(kind: RegistrationKind) -> Self {
        match kind {
            RegistrationKind::FcmToken => Self::FcmToken,
            RegistrationKind::FcmFid => Self::FcmFid,
        }
    }
}

impl From<core::RegistrationKind> for RegistrationKind {
    fn from(kind: core::RegistrationKind) -> Self {
        match kind {
            core::RegistrationKind::FcmToken => Self::FcmToken,
            core::RegistrationKind::FcmFid => Self::FcmFid,
        }
    }
}

/// Whether the person lets the app show notifications.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum Permission {
    /// Asked and given.
    Granted,
    /// Asked and refused, or switched off.
    Denied,
    /// Not asked yet.
    NotDetermined,
    /// iOS: delivered quietly until the person decides.
    Provisional,
}

impl From<Permission> for core::Permission {
    fn from(permission: Permission) -> Self {
        match permission {
            Permission::Granted => Self::Granted,
            Permission::Denied => Self::Denied,
            Permission::NotDetermined => Self::NotDetermined,
            Permission::Provisional => Self::Provisional,
        }
    }
}

impl Permission {
    /// None for a word of a newer core, which this one can only have read from a store.
    pub(crate) fn known(permission: &core::Permission) -> Option<Self> {
        match permission {
            core::Permission::Granted => Some(Self::Granted),
            core::Permission::Denied => Some(Self::Denied),
            core::Permission::NotDetermined => Some(Self::NotDetermined),
            core::Permission::Provisional => Some(Self::Provisional),
            core::Permission::Other(_) => None,
        }
    }
}

/// What happened to a message on the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum ReceiptEvent {
    /// The app got it.
    Received,
    /// It was shown.
    Shown,
    /// The person opened it.
    Opened,
}

impl From<ReceiptEvent> for core::ReceiptEvent {
    fn from(event: ReceiptEvent) -> Self {
        match event {
            ReceiptEvent::Received => Self::Received,
            ReceiptEvent::Shown => Self::Shown,
            ReceiptEvent::Opened => Self::Opened,
        }
    }
}

/// Why a sync is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum SyncTrigger {
    /// The process started.
    Start,
    /// A call answered `work_needed`.
    Change,
    /// A scheduler's turn.
    Scheduled,
    /// The app came to the foreground. Ends a wait that only the network caused.
    Foreground,
    /// The network is back. Ends a wait that only the network caused.
    NetworkBack,
}

impl From<SyncTrigger> for core::SyncTrigger {
    fn from(trigger: SyncTrigger) -> Self {
        match trigger {
            SyncTrigger::Start => Self::Start,
            SyncTrigger::Change => Self::Change,
            SyncTrigger::Scheduled => Self::Scheduled,
            SyncTrigger::Foreground => Self::Foreground,
            SyncTrigger::NetworkBack => Self::NetworkBack,
        }
    }
}

/// Something describing the phone changed. What is absent stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, uniffi::Record)]
pub struct AttributesUpdate {
    /// All tags; order and doubles do not matter.
    #[uniffi(default = None)]
    pub tags: Option<Vec<String>>,
    /// BCP 47.
    #[uniffi(default = None)]
    pub locale: Option<String>,
    /// IANA name.
    #[uniffi(default = None)]
    pub timezone: Option<String>,
}

impl From<AttributesUpdate> for core::AttributesUpdate {
    fn from(update: AttributesUpdate) -> Self {
        let AttributesUpdate { tags, locale, timezone } = update;
        Self { tags, locale, timezone }
    }
}
