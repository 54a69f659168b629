//! The emulator through real sockets, over HTTP/1.1 and over HTTP/2 by prior knowledge.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "helpers of tests are tests too")]

mod agreement;
mod assertion;
mod conformance;
mod connections;
mod control;
mod devices;
mod faults;
mod inbox;
mod leaving;
mod oauth;
mod page;
mod program;
mod projects;
mod quotas;
mod send;
mod send_errors;
mod state;
mod support;
mod tls;
mod topic_client;
mod topics;
