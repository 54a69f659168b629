//! The program `pushbridge` as people run it: real processes, real signals, exit statuses, what stands on stdout and
//! stderr. The emulator runs in the test's process, in the part of FCM.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod check;
mod commands;
mod demo;
mod mistakes;
mod process;
mod restart;
mod secrets;
mod serve;
mod shop;
