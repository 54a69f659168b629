//! The real programs as own processes: started, read, measured, ended.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

use crate::BenchError;

/// Ticks of /proc a second, on every Linux that this runs on.
const TICKS_PER_SECOND: u64 = 100;

/// A program that was started.
pub(super) struct Program {
    name: String,
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    pub(super) pid: u32,
    /// Its ready line, once it was read.
    pub(super) ready: Value,
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    pub(super) cpu_us: u64,
    pub(super) peak_rss_bytes: u64,
}

/// The path of `name`, which was built beside this program; for a test, which cargo builds into a folder below, one up.
pub(super) fn path_of(name: &str) -> Result<PathBuf, BenchError> {
    let own = std::env::current_exe().map_err(BenchError::of)?;
    let folders = own.ancestors().skip(1).take(2);
    folders.map(|folder| folder.join(name)).find(|path| path.exists()).ok_or_else(|| {
        BenchError(format!(
            "{name} is missing beside {}: cargo build --release -p pushbridge-cli -p pushbridge-fcm-emulator -p pushbridge-bench",
            own.display()
        ))
    })
}

impl Program {
    /// Starts `name`. It is killed when this is dropped.
    pub(super) fn launch<A: AsRef<OsStr>>(
        name: &str,
        arguments: &[A],
        variables: &[(String, String)],
    ) -> Result<Self, BenchError> {
        let mut command = Command::new(path_of(name)?);
        let variables = variables.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        command.args(arguments).envs(variables).env("RUST_LOG", "error");
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().map_err(BenchError::of)?;
        let pid = child.id().ok_or_else(|| BenchError::of("it ended at once"))?;
        let stdout = child.stdout.take().ok_or_else(|| BenchError::of("no stdout"))?;
        let stdout = BufReader::new(stdout).lines();
        Ok(Self { name: name.to_owned(), child, stdout, pid, ready: Value::Null })
    }

    /// Starts `name` and waits for its ready line.
    pub(super) async fn start<A: AsRef<OsStr>>(
        name: &str,
        arguments: &[A],
        variables: &[(String, String)],
    ) -> Result<Self, BenchError> {
        let mut program = Self::launch(name, arguments, variables)?;
        program.wait_ready().await?;
        Ok(program)
    }

    /// Waits for the ready line. May be given up and called again.
    pub(super) async fn wait_ready(&mut self) -> Result<(), BenchError> {
        let line = self.stdout.next_line().await.map_err(BenchError::of)?;
        let line = line.ok_or_else(|| BenchError(format!("{} ended before it was ready", self.name)))?;
        self.ready = serde_json::from_str(&line).map_err(BenchError::of)?;
        Ok(())
    }

    /// A text of the ready line.
    pub(super) fn text(&self, key: &str) -> Result<&str, BenchError> {
        self.ready[key].as_str().ok_or_else(|| BenchError(format!("the ready line has no {key}")))
    }

    pub(super) fn usage(&self) -> Result<Usage, BenchError> {
        usage_of(&self.pid.to_string())
    }

    /// Ends it at once, as a power cut would, and waits until it is gone.
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
        // Neither counts too much: ticks are cut to whole ones, and threads that have ended are missing in the other.
        cpu_us: (ticks * 1_000_000 / TICKS_PER_SECOND).max(scheduled_us(&folder)),
        peak_rss_bytes: kilobytes.unwrap_or_default() * 1_024,
    })
}

/// The time on a core of all threads that live, exact to less than a tick; zero where the system does not say.
fn scheduled_us(folder: &Path) -> u64 {
    let threads = std::fs::read_dir(folder.join("task")).into_iter().flatten().flatten();
    let nanoseconds = threads.filter_map(|thread| {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<u64>().ok()
    });
    nanoseconds.sum::<u64>() / 1_000
}
