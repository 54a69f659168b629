//! The whole core against scripted servers: in memory where order matters, over sockets where bytes do.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod convergence;
mod crash;
mod crash_io;
mod http;
mod listener;
mod logs;
mod messages;
mod model_phone;
mod model_server;
mod network;
mod outcomes;
mod proofs;
mod read_only;
mod reasons;
mod rig;
mod rows;
mod slow;
mod store;
mod walk;
