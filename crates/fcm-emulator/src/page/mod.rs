//! The page for people, at the emulator's root. In: a browser. Out: HTML that is whole without its script; the script
//! only fetches the board anew when an event comes. Next: its buttons call [`Control`](crate::Control).
//!
//! Everything is embedded and nothing is loaded from elsewhere but the images of messages. Held by `tests/it/page.rs`
//! and, in a real browser, by `page-test.sh`.

mod board;
mod forms;
mod routes;
mod shown;

pub(crate) use routes::routes;
