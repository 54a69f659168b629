//! The real server over real sockets, with the emulator as its FCM.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod api_addresses;
mod api_bad_input;
mod api_bad_paths;
mod api_blocked;
mod api_concurrent;
mod api_fields;
mod api_history;
mod api_idempotency;
mod api_limits;
mod api_policy;
mod api_receipts;
mod api_revoke;
mod api_secrets;
mod api_strangers;
mod api_templates;
mod api_user_data;
mod api_verdicts;
mod docs;
mod fixture;
mod harness;
mod model;
mod traces;
