//! The HTTP edge: bytes to wire types to domain types, and back.
//!
//! In: requests of phones, back ends and the operator. Out: calls of one stage each. Next:
//! [`registry`](crate::registry) for devices, [`intake`](crate::intake) for messages. The list of routes is
//! `router.rs`.

pub mod admin;
pub mod auth;
pub mod error;
pub mod health;
pub mod installations;
pub mod json;
pub mod messages;
pub mod templates;
pub mod user_data;
pub mod users;
