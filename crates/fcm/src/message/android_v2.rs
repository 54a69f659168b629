//! The `android_v2` block, which FCM added in 2026 and which excludes `android`.

use super::{AndroidNotificationV2, Data, FcmOptions, ProtoDuration, macros::proto_message};

proto_message! {
    /// How the message behaves on Android; FCM derives the priority from the kind of content.
    #[derive(PartialEq)]
    pub struct AndroidConfigV2 {
        /// Data without urgency, which FCM may deliver in batches.
        background_sync | "backgroundSync": BackgroundSync,
        /// A notification.
        remote_notification | "remoteNotification": RemoteNotification,
        /// Of several waiting messages with one key only the newest is delivered.
        collapse_key | "collapseKey": String,
        /// Replaces [`Message::data`](super::Message::data).
        data: Data,
        /// How long FCM keeps it for a device that is off.
        ttl: ProtoDuration,
        /// The package that alone may receive it.
        restricted_package_name | "restrictedPackageName": String,
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

proto_message! {
    /// Marks a message as a background sync; FCM has no field in it.
    #[derive(PartialEq, Eq)]
    pub struct BackgroundSync {}
}

proto_message! {
    /// A notification and who shows it.
    #[derive(PartialEq)]
    pub struct RemoteNotification {
        /// What is shown.
        notification: AndroidNotificationV2,
        /// The app may change the notification before it is shown.
        mutable_content | "mutableContent": bool,
        /// The app gets it as it would get a data message of the older form.
        use_as_v1_data_message | "useAsV1DataMessage": bool,
    }
}
