//! `pushbridge-bench`: prints figures, as text or with `--json` as one object on the last line.

mod send_command;

use std::{process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use pushbridge_bench::{BenchError, breaker, broadcast, core, registry, retention, send, wall};

#[derive(Debug, Parser)]
#[command(name = "pushbridge-bench", version, about = "Figures about Pushbridge on this machine")]
struct Arguments {
    #[command(subcommand)]
    bench: Bench,
    /// Prints one JSON object as the last line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Bench {
    /// Logouts in a storm of sends: how many were answered closed, and whether anything came through.
    Wall {
        /// Logouts in all.
        #[arg(long, default_value_t = 10_000)]
        logouts: u64,
        /// Phones at once.
        #[arg(long, default_value_t = 32)]
        phones: u64,
        /// How long FCM takes for half of the messages, in milliseconds.
        #[arg(long, default_value_t = 20)]
        latency_ms: u64,
    },
    /// The registry with many installations, beside an empty one and beside bare SQLite.
    Registry {
        /// Installations.
        #[arg(long, default_value_t = 1_000_000)]
        installations: u64,
    },
    /// One message to everyone: how long acceptance, expansion, status, a page and a cancellation take.
    Broadcast {
        /// Installations.
        #[arg(long, default_value_t = 1_000_000)]
        installations: u64,
    },
    /// Days of messages on a clock that is moved by hand: how the file grows.
    Retention {
        /// Days.
        #[arg(long, default_value_t = 7)]
        days: u32,
        /// Deliveries a day.
        #[arg(long, default_value_t = 100_000)]
        deliveries: u64,
        /// Days that a message is kept.
        #[arg(long, default_value_t = 2)]
        keep: u64,
    },
    /// FCM calls every address dead for a reason that is not theirs: none must be lost.
    Breaker {
        /// Installations.
        #[arg(long, default_value_t = 100_000)]
        installations: u64,
        /// Why.
        #[arg(long, value_enum, default_value = "wrong-project")]
        cause: breaker::Cause,
    },
    /// Sending: the server beside a bare loop of the h2 crate, in turn, all as programs of their own.
    Send(send_command::SendArguments),
    /// The FCM client alone, beside the same bare loop.
    Client(send_command::ClientArguments),
    /// The emulator under the bare loop: whether a core of it answers what a core can send.
    Emulator(send_command::EmulatorArguments),
    /// The FCM client, as `client` starts it.
    #[command(hide = true)]
    SendClient {
        /// Where the emulator is.
        url: String,
        /// Its service account's file.
        account: std::path::PathBuf,
        /// A file of tokens.
        tokens: std::path::PathBuf,
        /// How many sends.
        deliveries: u64,
        /// On how many threads.
        threads: usize,
        /// The authority to trust, with TLS.
        #[arg(long)]
        ca: Option<std::path::PathBuf>,
    },
    /// The bare loop, as `send` starts it.
    #[command(hide = true)]
    SendBare {
        /// Where the emulator is.
        url: String,
        /// A file of tokens.
        tokens: std::path::PathBuf,
        /// How many sends.
        deliveries: u64,
        /// The file of the certificate authority, for an address with TLS.
        #[arg(long)]
        ca: Option<std::path::PathBuf>,
    },
    /// The phone core: how long a report takes until it is durable, and what a repeated one sends.
    Core {
        /// Reports of a changed value.
        #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..))]
        reports: u64,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The bare loop is fastest and cheapest on one thread.
    let mut runtime = match arguments.bench {
        Bench::SendBare { .. } | Bench::SendClient { threads: 1, .. } => {
            tokio::runtime::Builder::new_current_thread()
        }
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    let runtime = match runtime.enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(run(arguments)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => failed(&error),
    }
}

fn failed(error: &dyn std::error::Error) -> ExitCode {
    anstream::eprintln!("error: {error}");
    ExitCode::from(2)
}

/// Whether what was promised held.
async fn run(arguments: Arguments) -> Result<bool, BenchError> {
    match arguments.bench {
        Bench::Wall { logouts, phones, latency_ms } => {
            let storm = wall::Storm { logouts, phones, latency: Duration::from_millis(latency_ms) };
            let report = wall::rage(storm).await?;
            print(&report, arguments.json);
            Ok(report.violations == 0)
        }
        Bench::Registry { installations } => {
            print(&registry::measure(installations).await?, arguments.json);
            Ok(true)
        }
        Bench::Broadcast { installations } => {
            let report = broadcast::measure(installations).await?;
            print(&report, arguments.json);
            Ok(report.deliveries == installations)
        }
        Bench::Retention { days, deliveries, keep } => {
            print(&retention::simulate(days, deliveries, keep).await?, arguments.json);
            Ok(true)
        }
        Bench::Breaker { installations, cause } => {
            let report = breaker::measure(installations, cause).await?;
            print(&report, arguments.json);
            Ok(report.holds())
        }
        Bench::Send(send) => send_command::run(send, arguments.json).await,
        Bench::Client(client) => send_command::run_client(client, arguments.json).await,
        Bench::Emulator(emulator) => send_command::run_emulator(emulator, arguments.json).await,
        Bench::SendClient { url, account, tokens, deliveries, ca, .. } => {
            print(&send::send_file(&url, &account, &tokens, deliveries, ca.as_deref()).await?, true);
            Ok(true)
        }
        Bench::SendBare { url, tokens, deliveries, ca } => {
            print(&send::rush_file(&url, &tokens, deliveries, ca.as_deref()).await?, true);
            Ok(true)
        }
        Bench::Core { reports } => {
            let report = core::measure(reports).await?;
            anstream::println!("{:<22} {:?}", "same_value_us", report.same_value_us);
            anstream::println!("{:<22} {:?}", "raw_commit_us", report.raw_commit_us);
            print(&report, arguments.json);
            Ok(report.repeated_requests == 0)
        }
    }
}

fn print(report: &impl serde::Serialize, json: bool) {
    let value = serde_json::to_value(report).unwrap_or_default();
    if json {
        anstream::println!("{value}");
        return;
    }
    for (name, figure) in value.as_object().into_iter().flatten() {
        anstream::println!("{name:<22} {figure}");
    }
}
