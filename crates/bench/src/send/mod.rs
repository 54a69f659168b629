//! Sending: the real server beside the bare loop of the h2 crate, against the same emulator, in turn.
//!
//! In: how many deliveries, FCM's latency and errors, how many rounds. Out: rates, CPU for 1,000 deliveries, their ratio,
//! latencies, losses and duplicates. Each program is a process of its own, so that its CPU is its own; all share this
//! machine's cores. `kill`, `urgent` and `stall` ask other questions of the same programs; `cells` makes the table.

mod bare;
pub mod cells;
mod client;
mod emulator;
mod faults;
mod fcm;
pub mod kill;
mod orders;
mod programs;
mod report;
mod round;
mod server;
pub mod stall;
mod tally;
pub mod urgent;

pub use bare::{BareRound, rush_file};
pub use client::{ClientReport, measure_client, send_file};
pub use emulator::{EmulatorReport, measure_emulator};
pub use report::{SendReport, measure};
pub use tally::Tally;

/// What to measure.
#[derive(Clone, Copy, Debug)]
pub struct SendPlan {
    /// Deliveries of a round, each to a phone of its own.
    pub deliveries: u64,
    /// How long FCM takes to answer.
    pub latency_ms: u64,
    /// Of 100 sends, so many fail: 404, 429 for the device, 503, or a cut connection.
    pub errors_percent: u32,
    /// Rounds of each side, in turn.
    pub rounds: usize,
    /// Over TLS, as FCM is.
    pub tls: bool,
}
