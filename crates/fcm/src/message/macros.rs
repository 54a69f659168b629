//! The one shape that all of FCM's JSON objects share, so that no field can miss a part of it.

/// Declares an FCM object: each field optional, written in `snake_case`, omitted when absent, read under the
/// `camelCase` name after `|` too. Unknown fields are errors.
macro_rules! proto_message {
    (
        $(#[$attribute:meta])*
        pub struct $name:ident {
            $( $(#[$field_attribute:meta])* $field:ident $(| $camel:literal)? : $type:ty, )*
        }
    ) => {
        $(#[$attribute])*
        #[derive(Clone, Debug, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(
                $(#[$field_attribute])*
                #[serde($(alias = $camel,)? skip_serializing_if = "Option::is_none")]
                pub $field: Option<$type>,
            )*
        }
    };
}

pub(super) use proto_message;
