//! Starts the program and hears what it says.

use std::{
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    task::JoinSet,
    time::timeout,
};

/// Longer than anything here takes on a busy machine; reached only by a defect.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What a command came to.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) status: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// The lines of stdout of a command that did what was asked.
    pub(crate) fn succeeded(&self) -> Vec<&str> {
        assert_eq!(self.status, Some(0), "{self:?}");
        self.stdout.lines().collect()
    }

    /// What a command that failed with `status` says to do next.
    pub(crate) fn next(&self, status: i32) -> &str {
        assert_eq!(self.status, Some(status), "{self:?}");
        assert!(!self.stderr.contains("panicked"), "{self:?}");
        let next = self.stderr.lines().find_map(|line| line.trim().strip_prefix("next: "));
        next.unwrap_or_else(|| panic!("says nothing about what to do next: {self:?}"))
    }
}

/// The program, to be run in `dir`, with nothing of the tester's own settings.
fn pushbridge(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pushbridge"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PUSHBRIDGE") || name == "RUST_LOG" {
            command.env_remove(name);
        }
    }
    command.current_dir(dir).args(arguments).envs(environment.iter().copied());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command
}

/// Runs a command to its end.
pub(crate) async fn run(dir: &Path, arguments: &[&str]) -> Finished {
    run_with(dir, arguments, &[]).await
}

/// The same with settings in the environment.
pub(crate) async fn run_with(dir: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Finished {
    let output = timeout(PATIENCE, pushbridge(dir, arguments, environment).output());
    let output = output.await.expect("the command ends").unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Finished { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// A server that has said that it is ready.
pub(crate) struct Serving {
    child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: JoinSet<String>,
    /// The line that it printed.
    pub(crate) ready: Value,
    pub(crate) url: String,
}

impl Serving {
    /// `pushbridge serve` in `dir` on a free port.
    pub(crate) async fn start(dir: &Path, environment: &[(&str, &str)]) -> Self {
        Self::of(pushbridge(dir, &["serve", "--listen", "127.0.0.1:0"], environment)).await
    }

    /// The same with a configuration file.
    pub(crate) async fn start_with_config(dir: &Path, config: &str) -> Self {
        Self::of(pushbridge(dir, &["serve", "--listen", "127.0.0.1:0", "--config", config], &[])).await
    }

    async fn of(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut pipe = child.stderr.take().unwrap();
        let mut stderr = JoinSet::new();
        // Read all the time, else the program would wait for somebody to read.
        stderr.spawn(async move {
            let mut text = String::new();
            pipe.read_to_string(&mut text).await.unwrap();
            text
        });
        let line = timeout(PATIENCE, stdout.next_line()).await.expect("it gets ready").unwrap();
        let Some(line) = line else { panic!("it ended: {}", stderr.join_next().await.unwrap().unwrap()) };
        let ready: Value = serde_json::from_str(&line).unwrap();
        let url = ready["url"].as_str().unwrap().to_owned();
        Self { child, stdout, stderr, ready, url }
    }

    /// Ends it without warning, as a power cut would.
    pub(crate) async fn kill(mut self) {
        self.child.start_kill().unwrap();
        timeout(PATIENCE, self.child.wait()).await.expect("nobody survives SIGKILL").unwrap();
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().expect("it runs").to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    }

    /// Waits until it has ended: how, what else it had printed, and its log.
    pub(crate) async fn ended(mut self) -> (ExitStatus, Vec<String>, String) {
        let status = timeout(PATIENCE, self.child.wait()).await.expect("it ends").unwrap();
        let mut printed = Vec::new();
        while let Some(line) = self.stdout.next_line().await.unwrap() {
            printed.push(line);
        }
        (status, printed, self.stderr.join_next().await.unwrap().unwrap())
    }

    /// Terminates it and checks that it ended in order.
    pub(crate) async fn end(self) -> String {
        self.terminate();
        let (status, printed, log) = self.ended().await;
        assert_eq!((status.code(), printed), (Some(0), Vec::new()), "{log}");
        log
    }
}
