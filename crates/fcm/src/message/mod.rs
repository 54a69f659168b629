//! FCM's `Message` without its target, exactly as FCM's v1 reference has it.
//!
//! In: JSON in either of the name styles that FCM accepts, `snake_case` or `camelCase`; unknown fields are
//! errors. Out: `snake_case` JSON, as the official SDKs send it. Next: [`validate`](mod@crate::validate), which is
//! the way from JSON to a `Message` (it lets the last of two equal keys win, as FCM does, and checks what types
//! cannot say). Free-form maps (data, headers, the APNs payload, the Web Notification) keep their keys and
//! values as sent.
//!
//! Every field is optional, as in FCM. An explicit `null` counts as absent, as in proto3 JSON.

mod android;
mod android_notification;
mod android_v2;
mod apns;
mod enums;
mod macros;
mod proto_json;
mod scalar;
mod webpush;

use std::collections::BTreeMap;

pub use android::AndroidConfig;
pub use android_notification::{AndroidNotification, AndroidNotificationV2, Color, LightSettings};
pub use android_v2::{AndroidConfigV2, BackgroundSync, RemoteNotification};
pub use apns::{ApnsConfig, ApnsFcmOptions, LiveActivityToken};
pub use enums::{AndroidMessagePriority, NotificationPriority, Proxy, Visibility};
pub use proto_json::Int32;
pub use scalar::{InvalidDuration, InvalidTimestamp, ProtoDuration, ProtoTimestamp};
pub use webpush::{WebpushConfig, WebpushFcmOptions};

use macros::proto_message;

/// Keys and values for the app: FCM's `map<string, string>`.
pub type Data = BTreeMap<String, String>;

/// A JSON object whose keys FCM does not prescribe.
pub type FreeForm = serde_json::Map<String, serde_json::Value>;

proto_message! {
    /// A message without its target.
    #[derive(PartialEq)]
    pub struct Message {
        /// Keys and values handed to the app.
        data: Data,
        /// What every platform shows, unless its own block says otherwise.
        notification: Notification,
        /// For Android; excludes `android_v2`.
        android: AndroidConfig,
        /// For Android, the newer form; excludes `android`.
        android_v2 | "androidV2": AndroidConfigV2,
        /// For browsers.
        webpush: WebpushConfig,
        /// For Apple's platforms.
        apns: ApnsConfig,
        /// Options for every platform.
        fcm_options | "fcmOptions": FcmOptions,
    }
}

proto_message! {
    /// What is shown, on every platform.
    #[derive(PartialEq, Eq)]
    pub struct Notification {
        /// The title.
        title: String,
        /// The text.
        body: String,
        /// URL of a picture.
        image: String,
    }
}

proto_message! {
    /// Options that are not for the device.
    #[derive(PartialEq, Eq)]
    pub struct FcmOptions {
        /// Groups messages in FCM's reports.
        analytics_label | "analyticsLabel": String,
    }
}
