//! The benches of the sender in small: real programs, real kills. No figure is judged, only what must hold.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    path::Path,
    process::{Command, Output},
    sync::Once,
};

use serde_json::Value;

/// Runs `pushbridge-bench send` and gives its last line.
fn send(arguments: &[&str]) -> Value {
    build();
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushbridge-bench"));
    let Output { status, stdout, stderr } =
        command.args(["send", "--json"]).args(arguments).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert_eq!(status.code(), Some(0), "{stdout}{stderr}");
    serde_json::from_str(stdout.lines().last().unwrap()).unwrap()
}

/// The programs that the bench starts: cargo makes only those of this package for a test.
fn build() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let profile =
            Path::new(env!("CARGO_BIN_EXE_pushbridge-bench")).parent().unwrap().file_name().unwrap();
        let profile = if profile == "debug" { "dev" } else { profile.to_str().unwrap() };
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--profile", profile, "--manifest-path"]);
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml"));
        assert!(
            cargo.args(["-p", "pushbridge-cli", "-p", "pushbridge-fcm-emulator"]).status().unwrap().success()
        );
    });
}

fn count(report: &Value, name: &str) -> u64 {
    report[name].as_u64().unwrap_or_else(|| panic!("no {name} in {report}"))
}

/// I5, without trouble: everything is taken once, over TLS, beside the bare loop.
#[test]
fn a_round_beside_the_bare_loop_loses_nothing() {
    let report = send(&["--deliveries", "300", "--latency", "5ms", "--rounds", "1"]);
    assert_eq!(count(&report, "attempts"), 300, "{report}");
    assert_eq!((count(&report, "lost"), count(&report, "duplicates")), (0, 0), "{report}");
    for figure in ["rate", "bare_rate", "cpu_ratio", "accept_ms", "bulk_p50_ms", "bulk_p99_ms", "rss_bytes"] {
        assert!(report[figure].as_f64().unwrap() > 0.0, "{figure} in {report}");
    }
    assert_eq!(report["tls"], true, "{report}");
}

/// I5 and I7: what can be sent again is sent in the end, what is dead ends so, and nobody else's address is lost.
#[test]
fn a_mix_of_errors_ends_as_each_must() {
    let report = send(&["--deliveries", "1000", "--latency", "0ms", "--rounds", "1", "--errors", "20"]);
    assert_eq!((count(&report, "lost"), count(&report, "stuck")), (0, 0), "{report}");
    assert_eq!(count(&report, "failed"), 62, "every sixteenth address is dead: {report}");
    assert!(count(&report, "answered_429") > 0 && count(&report, "answered_503") > 0, "{report}");
}

/// I5 and I6: the server dies while it takes messages and while it sends them.
#[test]
fn a_server_that_is_killed_again_and_again_loses_nothing() {
    let report = send(&[
        "--deliveries",
        "2000",
        "--latency",
        "20ms",
        "--errors",
        "5",
        "--kill",
        "6",
        "--lease",
        "12",
        "--seed",
        "3",
    ]);
    assert_eq!(count(&report, "kills"), 6, "{report}");
    assert_eq!((count(&report, "lost"), count(&report, "stuck")), (0, 0), "{report}");
    assert_eq!(count(&report, "messages"), count(&report, "messages_stored"), "{report}");
    assert_eq!(count(&report, "sent") + count(&report, "failed"), 2_000, "{report}");
    assert!(count(&report, "duplicates_by_kill") <= count(&report, "in_flight_at_kills"), "{report}");
}

#[test]
fn each_urgent_message_comes_beside_the_bulk() {
    let report =
        send(&["--urgent", "--deliveries", "300", "--latency", "5ms", "--seconds", "2", "--pace", "10"]);
    assert_eq!(count(&report, "urgent_sends"), 20, "{report}");
    assert_eq!((count(&report, "lost"), count(&report, "duplicates")), (0, 0), "{report}");
    for figure in ["max_rate", "quota", "urgent_p50_ms", "urgent_p99_ms", "bulk_p99_ms"] {
        assert!(report[figure].as_f64().is_some(), "{figure} in {report}");
    }
}

#[test]
fn what_was_refused_for_some_seconds_comes_after_them() {
    for refusal in ["unavailable", "device-quota"] {
        let report = send(&["--stall", refusal, "--deliveries", "1000", "--latency", "0ms", "--rounds", "1"]);
        assert!(count(&report, "refused") > 0, "{report}");
        assert_eq!(count(&report, "sent"), 1_000, "{report}");
        assert!(report["ratio"].as_f64().unwrap() > 0.0, "{report}");
    }
}
