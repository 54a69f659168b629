//! FCM's enums. They are read in any case, since all official SDKs send `priority` in lower case and FCM takes
//! it, or from their number, as proto3 JSON has it; they are written as FCM's reference has them.

use serde::{Deserialize, Deserializer, Serialize, de};

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Name(String),
    Number(u64),
}

macro_rules! proto_enum {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident { $( $(#[$variant_attribute:meta])* $variant:ident = $text:literal, )* }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
        pub enum $name {
            $( $(#[$variant_attribute])* #[serde(rename = $text)] $variant, )*
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                // In the order of their numbers, from zero.
                let all = [ $( ($text, Self::$variant), )* ];
                let found = match Written::deserialize(from) {
                    Ok(Written::Name(name)) => all.iter().find(|(text, _)| text.eq_ignore_ascii_case(&name)),
                    Ok(Written::Number(number)) => usize::try_from(number).ok().and_then(|at| all.get(at)),
                    Err(_) => None,
                };
                let unknown = || de::Error::custom(concat!("expected one of", $( " ", $text, )*));
                found.map(|(_, value)| *value).ok_or_else(unknown)
            }
        }
    };
}

proto_enum! {
    /// How urgently FCM wakes an Android device.
    pub enum AndroidMessagePriority {
        /// May wait until the device is awake.
        Normal = "NORMAL",
        /// Wakes the device; meant for what its user sees.
        High = "HIGH",
    }
}

proto_enum! {
    /// Android's own priority of a shown notification.
    pub enum NotificationPriority {
        /// Same as absent.
        Unspecified = "PRIORITY_UNSPECIFIED",
        /// Lowest.
        Min = "PRIORITY_MIN",
        /// Low.
        Low = "PRIORITY_LOW",
        /// The usual one.
        Default = "PRIORITY_DEFAULT",
        /// High.
        High = "PRIORITY_HIGH",
        /// Highest.
        Max = "PRIORITY_MAX",
    }
}

proto_enum! {
    /// What a lock screen shows of a notification.
    pub enum Visibility {
        /// Same as absent: private.
        Unspecified = "VISIBILITY_UNSPECIFIED",
        /// Hides what is private.
        Private = "PRIVATE",
        /// Shows everything.
        Public = "PUBLIC",
        /// Shows nothing.
        Secret = "SECRET",
    }
}

proto_enum! {
    /// Whether Google Play services may show the notification in the app's place.
    pub enum Proxy {
        /// Same as absent.
        Unspecified = "PROXY_UNSPECIFIED",
        /// May.
        Allow = "ALLOW",
        /// May not.
        Deny = "DENY",
        /// May when a high priority was lowered.
        IfPriorityLowered = "IF_PRIORITY_LOWERED",
    }
}
