//! Templates: FCM messages whose texts are filled when they are sent, in the language of each phone.
//!
//! In: variants of a message by locale, and parameters. Out: one FCM message, or the place in the variant and what is
//! wrong there. Next: [`intake`](crate::intake) fills every variant before it accepts a message,
//! [`dispatcher`](crate::dispatcher) fills the one that a phone gets, by the same code. Pure: no store, no clock, no
//! file.
//!
//! Every text of a variant is a template of its own; keys are not, and what comes of a text is a text. A parameter that
//! is not given, or null (at any depth), is a fault and never an empty place.

mod check;
mod fill;
mod locale;
mod missing;
mod params;
mod variants;

#[cfg(test)]
mod tests;

pub use check::{SaveFault, check_template};
pub use fill::{CompiledVariant, FUEL_PER_MESSAGE, FillFault, Why, environment};
pub(crate) use locale::normal_locale;
pub use locale::{DEFAULT, choose};
pub use params::{Context, Params, merged};
pub use variants::{FilledVariant, Unfilled, Variants};
