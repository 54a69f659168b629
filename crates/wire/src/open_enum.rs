//! Enums that survive a newer peer: a value unknown here is kept, and written back as it came.

/// Declares a string enum with an `Other` variant for values of newer peers.
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident => $text:literal),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($(#[$vmeta])* $variant,)*
            /// A value that this version does not know. Treat it as "none of the above", never as an error.
            Other(String),
        }

        impl $name {
            /// Every value that this version knows, as it stands in JSON.
            pub const KNOWN: &'static [&'static str] = &[$($text),*];

            /// The value as it stands in JSON.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self { $(Self::$variant => $text,)* Self::Other(other) => other }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() { $($text => Self::$variant,)* _ => Self::Other(text) }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                match value { $name::Other(other) => other, known => known.as_str().to_owned() }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use open_enum;
