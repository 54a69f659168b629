//! The `Message` resource as a table. In: nothing. Out: each field's name, type and union. Next: `read` walks it.
//! Taken from FCM's discovery document, revision 20261023, by way of the reference.

use Kind::{Bool, Duration, Enum, Float, Free, Int32, List, Message, String, StringMap, Timestamp};

/// What a field may hold.
pub(crate) enum Kind {
    String,
    Bool,
    Int32,
    Float,
    Duration,
    Timestamp,
    /// `map<string, string>`.
    StringMap,
    /// Any JSON object; its keys stay as they are sent.
    Free,
    Enum(&'static EnumType),
    Message(&'static MessageType),
    List(&'static Kind),
}

pub(crate) struct Field {
    /// In `snake_case`; `lowerCamelCase` is accepted as well.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The union of which at most one member may be set.
    pub(crate) union: Option<&'static str>,
}

pub(crate) struct MessageType {
    pub(crate) proto: &'static str,
    pub(crate) fields: &'static [Field],
}

pub(crate) struct EnumType {
    pub(crate) proto: &'static str,
    /// By number, from zero.
    pub(crate) names: &'static [&'static str],
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, union: None }
}

const fn target(name: &'static str) -> Field {
    Field { name, kind: String, union: Some("target") }
}

pub(crate) static SEND_REQUEST: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.SendMessageRequest",
    fields: &[field("message", Message(&MESSAGE)), field("validate_only", Bool)],
};

static MESSAGE: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.Message",
    fields: &[
        field("name", String),
        field("data", StringMap),
        field("notification", Message(&NOTIFICATION)),
        field("android", Message(&ANDROID)),
        field("android_v2", Message(&ANDROID_V2)),
        field("webpush", Message(&WEBPUSH)),
        field("apns", Message(&APNS)),
        field("fcm_options", Message(&FCM_OPTIONS)),
        target("fid"),
        target("token"),
        target("topic"),
        target("condition"),
    ],
};

static NOTIFICATION: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.Notification",
    fields: &[field("title", String), field("body", String), field("image", String)],
};

static FCM_OPTIONS: MessageType =
    MessageType { proto: "google.firebase.fcm.v1.FcmOptions", fields: &[field("analytics_label", String)] };

static ANDROID: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidConfig",
    fields: &[
        field("collapse_key", String),
        field("priority", Enum(&ANDROID_PRIORITY)),
        field("ttl", Duration),
        field("restricted_package_name", String),
        field("data", StringMap),
        field("notification", Message(&ANDROID_NOTIFICATION)),
        field("fcm_options", Message(&ANDROID_FCM_OPTIONS)),
        field("direct_boot_ok", Bool),
        field("bandwidth_constrained_ok", Bool),
        field("restricted_satellite_ok", Bool),
    ],
};

static ANDROID_FCM_OPTIONS: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidFcmOptions",
    fields: &[field("analytics_label", String)],
};

static ANDROID_V2: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidConfigV2",
    fields: &[
        field("collapse_key", String),
        field("ttl", Duration),
        field("restricted_package_name", String),
        field("data", StringMap),
        field("remote_notification", Message(&REMOTE_NOTIFICATION)),
        field("background_sync", Message(&BACKGROUND_SYNC)),
        field("fcm_options", Message(&ANDROID_FCM_OPTIONS)),
        field("direct_boot_ok", Bool),
        field("bandwidth_constrained_ok", Bool),
        field("restricted_satellite_ok", Bool),
    ],
};

static BACKGROUND_SYNC: MessageType =
    MessageType { proto: "google.firebase.fcm.v1.AndroidBackgroundSyncMessage", fields: &[] };

static REMOTE_NOTIFICATION: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidRemoteNotificationMessage",
    fields: &[
        field("notification", Message(&ANDROID_NOTIFICATION_V2)),
        field("mutable_content", Bool),
        field("use_as_v1_data_message", Bool),
    ],
};

static ANDROID_PRIORITY: EnumType =
    EnumType { proto: "google.firebase.fcm.v1.AndroidMessagePriority", names: &["NORMAL", "HIGH"] };

static NOTIFICATION_PRIORITY: EnumType = EnumType {
    proto: "google.firebase.fcm.v1.AndroidNotification.NotificationPriority",
    names: &[
        "PRIORITY_UNSPECIFIED",
        "PRIORITY_MIN",
        "PRIORITY_LOW",
        "PRIORITY_DEFAULT",
        "PRIORITY_HIGH",
        "PRIORITY_MAX",
    ],
};

static VISIBILITY: EnumType = EnumType {
    proto: "google.firebase.fcm.v1.AndroidNotification.Visibility",
    names: &["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"],
};

static PROXY: EnumType = EnumType {
    proto: "google.firebase.fcm.v1.AndroidNotification.Proxy",
    names: &["PROXY_UNSPECIFIED", "ALLOW", "DENY", "IF_PRIORITY_LOWERED"],
};

/// The two notification types share all these; a macro, since a table must be one constant slice.
macro_rules! android_notification_fields {
    ($($own:expr),* $(,)?) => {
        &[
            field("title", String),
            field("body", String),
            field("icon", String),
            field("color", String),
            field("sound", String),
            field("tag", String),
            field("click_action", String),
            field("body_loc_key", String),
            field("body_loc_args", List(&String)),
            field("title_loc_key", String),
            field("title_loc_args", List(&String)),
            field("channel_id", String),
            field("ticker", String),
            field("sticky", Bool),
            field("event_time", Timestamp),
            field("local_only", Bool),
            field("notification_priority", Enum(&NOTIFICATION_PRIORITY)),
            field("default_sound", Bool),
            field("default_vibrate_timings", Bool),
            field("default_light_settings", Bool),
            field("vibrate_timings", List(&Duration)),
            field("visibility", Enum(&VISIBILITY)),
            field("notification_count", Int32),
            field("light_settings", Message(&LIGHT_SETTINGS)),
            field("image", String),
            $($own),*
        ]
    };
}

static ANDROID_NOTIFICATION: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidNotification",
    fields: android_notification_fields![
        field("bypass_proxy_notification", Bool),
        field("proxy", Enum(&PROXY)),
    ],
};

static ANDROID_NOTIFICATION_V2: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.AndroidNotificationV2",
    fields: android_notification_fields![field("id", Int32)],
};

static LIGHT_SETTINGS: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.LightSettings",
    fields: &[
        field("color", Message(&COLOR)),
        field("light_on_duration", Duration),
        field("light_off_duration", Duration),
    ],
};

static COLOR: MessageType = MessageType {
    proto: "google.type.Color",
    fields: &[field("red", Float), field("green", Float), field("blue", Float), field("alpha", Float)],
};

static WEBPUSH: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.WebpushConfig",
    fields: &[
        field("headers", StringMap),
        field("data", StringMap),
        field("notification", Free),
        field("fcm_options", Message(&WEBPUSH_FCM_OPTIONS)),
    ],
};

static WEBPUSH_FCM_OPTIONS: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.WebpushFcmOptions",
    fields: &[field("link", String), field("analytics_label", String)],
};

static APNS: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.ApnsConfig",
    fields: &[
        field("headers", StringMap),
        field("payload", Free),
        field("fcm_options", Message(&APNS_FCM_OPTIONS)),
        field("live_activity_token", String),
    ],
};

static APNS_FCM_OPTIONS: MessageType = MessageType {
    proto: "google.firebase.fcm.v1.ApnsFcmOptions",
    fields: &[field("analytics_label", String), field("image", String)],
};
