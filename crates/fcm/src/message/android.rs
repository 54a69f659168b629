//! The `android` block.

use super::{
    AndroidMessagePriority, AndroidNotification, Data, FcmOptions, ProtoDuration, macros::proto_message,
};

proto_message! {
    /// How the message behaves on Android.
    #[derive(PartialEq)]
    pub struct AndroidConfig {
        /// Of several waiting messages with one key only the newest is delivered.
        collapse_key | "collapseKey": String,
        /// How urgent it is.
        priority: AndroidMessagePriority,
        /// How long FCM keeps it for a device that is off.
        ttl: ProtoDuration,
        /// The package that alone may receive it.
        restricted_package_name | "restrictedPackageName": String,
        /// Replaces [`Message::data`](super::Message::data).
        data: Data,
        /// What is shown.
        notification: AndroidNotification,
        /// Options of this platform.
        fcm_options | "fcmOptions": FcmOptions,
        /// May reach the app before the device is first unlocked.
        direct_boot_ok | "directBootOk": bool,
        /// May use a network with little bandwidth.
        bandwidth_constrained_ok | "bandwidthConstrainedOk": bool,
        /// May use a satellite network.
        restricted_satellite_ok | "restrictedSatelliteOk": bool,
    }
}
