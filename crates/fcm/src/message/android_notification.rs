//! What an Android device shows. FCM has two versions that share all but three fields, so the shared fields are
//! listed once.

use super::{
    NotificationPriority, ProtoDuration, ProtoTimestamp, Proxy, Visibility, macros::proto_message,
    proto_json::Int32,
};

macro_rules! android_notification {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident { $( $(#[$own_attribute:meta])* $own:ident $(| $camel:literal)? : $type:ty, )* }
    ) => {
        proto_message! {
            $(#[$attribute])*
            #[derive(PartialEq)]
            pub struct $name {
                /// The title.
                title: String,
                /// The text.
                body: String,
                /// Name of the app's drawable.
                icon: String,
                /// The icon's colour, `#rrggbb`.
                color: String,
                /// Name of the sound.
                sound: String,
                /// Replaces a notification of the same tag.
                tag: String,
                /// The intent that a click starts.
                click_action | "clickAction": String,
                /// Key of the text in the app's resources.
                body_loc_key | "bodyLocKey": String,
                /// What is filled into that text.
                body_loc_args | "bodyLocArgs": Vec<String>,
                /// Key of the title in the app's resources.
                title_loc_key | "titleLocKey": String,
                /// What is filled into that title.
                title_loc_args | "titleLocArgs": Vec<String>,
                /// The notification channel.
                channel_id | "channelId": String,
                /// Read aloud by accessibility services.
                ticker: String,
                /// Stays after a click.
                sticky: bool,
                /// When what it tells of happened.
                event_time | "eventTime": ProtoTimestamp,
                /// Not shown on paired devices.
                local_only | "localOnly": bool,
                /// How prominent it is.
                notification_priority | "notificationPriority": NotificationPriority,
                /// Uses the device's sound.
                default_sound | "defaultSound": bool,
                /// Uses the device's vibration; wins over `vibrate_timings`.
                default_vibrate_timings | "defaultVibrateTimings": bool,
                /// Uses the device's light; `light_settings` wins over it.
                default_light_settings | "defaultLightSettings": bool,
                /// Off and on in turn.
                vibrate_timings | "vibrateTimings": Vec<ProtoDuration>,
                /// What the lock screen shows.
                visibility: Visibility,
                /// How many items it stands for.
                notification_count | "notificationCount": Int32,
                /// The light.
                light_settings | "lightSettings": LightSettings,
                /// URL of a picture.
                image: String,
                $( $(#[$own_attribute])* $own $(| $camel)? : $type, )*
            }
        }
    };
}

android_notification! {
    /// What an Android device shows.
    pub struct AndroidNotification {
        /// Deprecated by FCM in favour of `proxy`.
        bypass_proxy_notification | "bypassProxyNotification": bool,
        /// Who may show it.
        proxy: Proxy,
    }
}

android_notification! {
    /// What an Android device shows, within [`AndroidConfigV2`](super::AndroidConfigV2).
    pub struct AndroidNotificationV2 {
        /// Together with the tag it identifies the notification.
        id: Int32,
    }
}

proto_message! {
    /// The notification light. FCM requires all three fields.
    #[derive(PartialEq)]
    pub struct LightSettings {
        /// Its colour.
        color: Color,
        /// How long it is on.
        light_on_duration | "lightOnDuration": ProtoDuration,
        /// How long it is off.
        light_off_duration | "lightOffDuration": ProtoDuration,
    }
}

proto_message! {
    /// A colour as parts between 0 and 1. An absent part is 0; an absent `alpha` is solid.
    #[derive(PartialEq)]
    pub struct Color {
        /// Red.
        red: f64,
        /// Green.
        green: f64,
        /// Blue.
        blue: f64,
        /// Opacity.
        alpha: f64,
    }
}
