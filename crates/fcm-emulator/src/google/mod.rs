//! How Google says no. In: what went wrong. Out: the JSON (or HTML) that a Google API answers. Next: the socket.

mod error;
mod fcm_code;
mod html;

pub(crate) use error::{GoogleError, Violation};
pub use fcm_code::FcmErrorCode;
pub(crate) use html::html_page;
