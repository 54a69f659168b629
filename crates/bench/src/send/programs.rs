//! The real programs as own processes: started, read, measured, ended.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::BenchError;

/// Ticks of /proc a second, on every Linux that this runs on.
const TICKS_PER_SECOND: u64 = 100;

/// A program that has said that it is ready.
pub(super) struct Program {
    child: Child,
    pid: u32,
    /// Its ready line.
    pub(super) ready: Value,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) cpu_ms: u64,
    pub(super) peak_rss_bytes: u64,
}

/// The path of `name`, which was built beside this program.
pub(super) fn path_of(name: &str) -> Result<PathBuf, BenchError> {
    let path = std::env::current_exe().map_err(BenchError::of)?.with_file_name(name);
    if path.exists() {
        return Ok(path);
    }
    Err(BenchError(format!(
        "{} is missing: cargo build --release -p pushbridge-cli -p pushbridge-fcm-emulator -p pushbridge-bench",
        path.display()
    )))
}

impl Program {
    /// Starts `name` and waits for its ready line. It is killed when this is dropped.
    pub(super) async fn start<A: AsRef<OsStr>>(
        name: &str,
        arguments: &[A],
        variables: &[(&str, &str)],
    ) -> Result<Self, BenchError> {
        let mut command = Command::new(path_of(name)?);
        command.args(arguments).envs(variables.iter().copied()).env("RUST_LOG", "error");
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(BenchError::of)?;
        let pid = child.id().ok_or_else(|| BenchError::of("it ended at once"))?;
        let stdout = child.stdout.take().ok_or_else(|| BenchError::of("no stdout"))?;
        let mut lines = BufReader::new(stdout).lines();
        let line = lines.next_line().await.map_err(BenchError::of)?;
        let line = line.ok_or_else(|| BenchError(format!("{name} ended before it was ready")))?;
        let ready = serde_json::from_str(&line).map_err(BenchError::of)?;
        Ok(Self { child, pid, ready })
    }

    /// A text of the ready line.
    pub(super) fn text(&self, key: &str) -> Result<&str, BenchError> {
        self.ready[key].as_str().ok_or_else(|| BenchError(format!("the ready line has no {key}")))
    }

    pub(super) fn usage(&self) -> Result<Usage, BenchError> {
        usage_of(&self.pid.to_string())
    }

    /// Ends it at once, as a power cut would.
    pub(super) async fn kill(mut self) -> Result<(), BenchError> {
        self.child.kill().await.map_err(BenchError::of)
    }
}

/// What the process `pid` (or `self`) has used.
pub(super) fn usage_of(pid: &str) -> Result<Usage, BenchError> {
    let folder = Path::new("/proc").join(pid);
    let stat = std::fs::read_to_string(folder.join("stat")).map_err(BenchError::of)?;
    // The name in parentheses may hold blanks; what follows it does not.
    let after_name = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks: u64 =
        after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    let status = std::fs::read_to_string(folder.join("status")).map_err(BenchError::of)?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(Usage {
        cpu_ms: ticks * 1_000 / TICKS_PER_SECOND,
        peak_rss_bytes: kilobytes.unwrap_or_default() * 1_024,
    })
}
