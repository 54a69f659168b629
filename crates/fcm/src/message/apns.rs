//! The `apns` block.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Data, FreeForm, macros::proto_message};
use crate::Fingerprint;

proto_message! {
    /// How the message behaves on Apple's platforms.
    #[derive(PartialEq)]
    pub struct ApnsConfig {
        /// Request headers for APNs, such as `apns-priority`.
        headers: Data,
        /// APNs' own JSON: `aps` and the app's keys.
        payload: FreeForm,
        /// Options of this platform.
        fcm_options | "fcmOptions": ApnsFcmOptions,
        /// Starts or updates a Live Activity.
        live_activity_token | "liveActivityToken": LiveActivityToken,
    }
}

proto_message! {
    /// Options of Apple's platforms.
    #[derive(PartialEq, Eq)]
    pub struct ApnsFcmOptions {
        /// Groups messages in FCM's reports.
        analytics_label | "analyticsLabel": String,
        /// URL of a picture.
        image: String,
    }
}

/// The push token of a Live Activity. It is an address, so `Debug` shows its fingerprint.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LiveActivityToken(String);

impl From<String> for LiveActivityToken {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for LiveActivityToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fingerprint::of(&self.0).fmt(f)
    }
}
