//! `pushbridge-bench send` and what it can be asked.

use clap::{Args, value_parser};
use pushbridge_bench::{
    BenchError,
    send::{self, SendPlan, cells, kill, stall, urgent},
};

use crate::print;

#[derive(Debug, Args)]
pub(crate) struct SendArguments {
    /// Deliveries of a round, each to a phone of its own.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u64).range(1..))]
    deliveries: u64,
    /// How long FCM takes, such as 50ms or 0ms.
    #[arg(long, default_value = "50ms", value_parser = milliseconds)]
    latency: u64,
    /// Percent of the sends that fail: dead addresses (404), 429 for the device, 503, or a cut connection.
    #[arg(long, default_value_t = 0, value_parser = value_parser!(u32).range(0..=50))]
    errors: u32,
    /// Rounds of each side.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Over TLS, as FCM is; both sides.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    tls: bool,
    /// Kills the server so many times while it sends, and waits for the end of everything.
    #[arg(long, value_name = "TIMES", conflicts_with_all = ["urgent", "stall", "cells"])]
    kill: Option<u64>,
    /// Repeats the moments of the kills and messages; a random one unless given.
    #[arg(long, requires = "kill")]
    seed: Option<u64>,
    /// What a kill leaves leased comes back after so many seconds.
    #[arg(long, requires = "kill", default_value_t = 15, value_parser = value_parser!(u64).range(3..))]
    lease: u64,
    /// Urgent messages one by one while bulk fills a quota of half of what the server can send.
    #[arg(long, conflicts_with_all = ["stall", "cells"])]
    urgent: bool,
    /// How many urgent messages a second.
    #[arg(long, requires = "urgent", default_value_t = 20, value_parser = value_parser!(u64).range(1..=1_000))]
    pace: u64,
    /// For how many seconds; the quota grows over the first minute.
    #[arg(long, requires = "urgent", default_value_t = 90, value_parser = value_parser!(u64).range(1..))]
    seconds: u64,
    /// One in a hundred requests is refused with `Retry-After: 5`: what the others lose by it.
    #[arg(long, value_enum, conflicts_with = "cells")]
    stall: Option<stall::Refusal>,
    /// The whole table, as Markdown: 10³ to 10⁶ deliveries, FCM at 0, 50 and 200 ms, without and with 5 % errors.
    #[arg(long)]
    cells: bool,
    /// The largest cells of the table.
    #[arg(long, requires = "cells", default_value_t = 1_000_000)]
    largest: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ClientArguments {
    /// Sends of a round.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u64).range(1..))]
    deliveries: u64,
    /// How long FCM takes, such as 50ms or 0ms.
    #[arg(long, default_value = "50ms", value_parser = milliseconds)]
    latency: u64,
    /// Threads that the callers run on.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Rounds of each side.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Over TLS, as FCM is; both sides.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    tls: bool,
}

pub(crate) async fn run_client(client: ClientArguments, json: bool) -> Result<bool, BenchError> {
    let ClientArguments { deliveries, latency, threads, rounds, tls } = client;
    let plan = SendPlan { deliveries, latency_ms: latency, errors_percent: 0, rounds, tls };
    print(&send::measure_client(plan, threads).await?, json);
    Ok(true)
}

#[derive(Debug, Args)]
pub(crate) struct EmulatorArguments {
    /// Sends of a round.
    #[arg(long, default_value_t = 100_000, value_parser = value_parser!(u64).range(1..))]
    sends: u64,
    /// How long FCM takes, such as 50ms or 0ms.
    #[arg(long, default_value = "0ms", value_parser = milliseconds)]
    latency: u64,
    /// Rounds.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Over TLS, as FCM is.
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set)]
    tls: bool,
}

pub(crate) async fn run_emulator(emulator: EmulatorArguments, json: bool) -> Result<bool, BenchError> {
    let EmulatorArguments { sends, latency, rounds, tls } = emulator;
    let plan = SendPlan { deliveries: sends, latency_ms: latency, errors_percent: 0, rounds, tls };
    print(&send::measure_emulator(plan).await?, json);
    Ok(true)
}

fn milliseconds(text: &str) -> Result<u64, String> {
    text.trim_end_matches("ms").parse().map_err(|_| "must be milliseconds, such as 50ms".to_owned())
}

/// Whether what was promised held.
pub(crate) async fn run(arguments: SendArguments, json: bool) -> Result<bool, BenchError> {
    let SendArguments { deliveries, latency, errors, rounds, tls, .. } = arguments;
    let plan = SendPlan { deliveries, latency_ms: latency, errors_percent: errors, rounds, tls };
    if arguments.cells {
        anstream::println!("{}", cells::HEAD);
        return cells::measure(plan, arguments.largest, |report| {
            if json {
                print(report, true);
            } else {
                anstream::println!("{}", cells::row(report));
            }
        })
        .await;
    }
    if let Some(kills) = arguments.kill {
        let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
        anstream::eprintln!("seed {seed}");
        let lease_s = arguments.lease;
        let torment = kill::KillPlan {
            deliveries,
            kills,
            latency_ms: latency,
            errors_percent: errors,
            tls,
            seed,
            lease_s,
        };
        let report = kill::measure(torment).await?;
        print(&report, json);
        return Ok(report.holds);
    }
    if arguments.urgent {
        let (seconds, pace) = (arguments.seconds, arguments.pace);
        let report =
            urgent::measure(urgent::UrgentPlan { deliveries, latency_ms: latency, seconds, pace, tls })
                .await?;
        print(&report, json);
        return Ok(report.holds());
    }
    if let Some(refusal) = arguments.stall {
        let report = stall::measure(plan, refusal).await?;
        print(&report, json);
        return Ok(report.holds);
    }
    let report = send::measure(plan).await?;
    print(&report, json);
    Ok(report.holds)
}
