//! What a device looks like from outside: the words of the control API and of [`Control`](crate::Control).

use serde::{Deserialize, Serialize};

use crate::names::{DeviceId, Fid, RegistrationToken};

/// What a device runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Platform {
    /// A phone with Play services.
    Android,
    /// A phone behind APNs.
    Ios,
    /// A browser.
    Web,
}

/// What FCM would say to a send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Sends are accepted.
    Active,
    /// The app was uninstalled: 404 UNREGISTERED.
    Unregistered,
    /// Not seen for 270 days: 404 UNREGISTERED. The device may come back by a rotation.
    Expired,
    /// iOS only; APNs called the device token dead: 400 with an `ApnsError` 410.
    ApnsDead,
    /// The registration belongs to another project: 403 `SENDER_ID_MISMATCH`.
    OtherProject,
}

/// What happens to a device. In a URL it is the last segment, `apns-dead` for [`DeviceChange::ApnsDead`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceChange {
    /// A new token and a new FID on the same device; the old ones are answered 404. An expired or APNs-dead device
    /// is active again.
    Rotate,
    /// The app is removed.
    Uninstall,
    /// The app is removed, if it was there, and installed anew: new values on the same device id, and active.
    Reinstall,
    /// The registration expires from disuse.
    Expire,
    /// APNs calls the device token dead.
    ApnsDead,
    /// The registration turns out to be another project's.
    OtherProject,
    /// The device reaches the network: what waited is delivered.
    Online,
    /// The device loses the network: what is accepted waits.
    Offline,
    /// Android only; the phone lies still and saves power: messages of high priority arrive, others wait.
    Doze,
    /// The phone is taken up again: what waited is delivered, if it has the network.
    Wake,
}

/// A device to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDevice {
    /// What it runs.
    pub platform: Platform,
    /// Its Firebase project; the one of the control when `None`. Sends to a device of another are a mismatch.
    pub project: Option<String>,
    /// The app's package name or bundle id.
    pub package: String,
}

impl NewDevice {
    /// A device of the control's project with the app `com.example.app`.
    #[must_use]
    pub fn of(platform: Platform) -> Self {
        Self { platform, project: None, package: "com.example.app".into() }
    }
}

/// A device as it is at this moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Names the device in every control call.
    pub id: DeviceId,
    /// What it runs.
    pub platform: Platform,
    /// The registration token that the app would be given now.
    pub fcm_token: RegistrationToken,
    /// The Firebase installation id that the app would be given now; the token begins with it.
    pub fcm_fid: Fid,
    /// What FCM would say to a send.
    pub state: DeviceState,
    /// Whether messages reach it or wait.
    pub online: bool,
    /// Whether messages of normal priority wait although it is online.
    pub dozing: bool,
    /// The Firebase project of its registration.
    pub project: String,
    /// The app's package name or bundle id.
    pub package: String,
}
