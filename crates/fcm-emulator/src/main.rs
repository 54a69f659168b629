//! The program `pushbridge-fcm-emulator`. In: flags. Out: one JSON line on stdout when it is ready, logs on stderr.
//! Next: [`FcmEmulator`]; this file parses, prints and waits for a signal.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pushbridge_fcm_emulator::{Control, FcmEmulator, Options, Quotas, StartError};
use serde_json::json;
use tracing_subscriber::EnvFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// FCM on this machine: point a push server at the printed URL with the written service account.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Speaks TLS too (HTTP/2 and HTTP/1.1 by ALPN), on the address of --listen and a free port; writes ca.pem.
    #[arg(long)]
    tls: bool,
    /// Where to speak TLS, for example 127.0.0.1:443 for clients whose host name cannot be changed. Means --tls.
    #[arg(long, value_name = "ADDR")]
    tls_listen: Option<SocketAddr>,
    /// The Firebase project to serve, `demo` if none is named; again for each further one.
    #[arg(long)]
    project: Vec<String>,
    /// Where service-account.json, and with --tls ca.pem, are written.
    #[arg(long, default_value = "./pushbridge-fcm-emulator-data")]
    dir: PathBuf,
    /// Answers 429 above FCM's own quotas: 600,000 sends a minute, 240 a minute and 5,000 an hour per Android device.
    #[arg(long)]
    quotas: bool,
    /// Keeps devices, tokens, topics, messages and service accounts in this file, and goes on with them at the next start.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Makes device ids, tokens, FIDs and message ids repeatable.
    #[arg(long)]
    seed: Option<u64>,
}

impl Arguments {
    fn tls_address(&self) -> Option<SocketAddr> {
        self.tls_listen.or_else(|| self.tls.then(|| SocketAddr::new(self.listen.ip(), 0)))
    }
}

/// What ends the program with an error.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("cannot {what}")]
    System { what: &'static str, source: io::Error },
    #[error("the state {} lacks the latest changes: {failure}", file.display())]
    Unkept { file: PathBuf, failure: String },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            match error {
                RunError::Unkept { .. } => ExitCode::FAILURE,
                // 2 is "usage or configuration": nearly all that can fail here is a flag's value.
                RunError::Start(_) | RunError::System { .. } => ExitCode::from(2),
            }
        }
    }
}

fn run(arguments: Arguments) -> Result<(), RunError> {
    let system = |what| move |source| RunError::System { what, source };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(system("start the runtime"))?.block_on(async {
        // Before the ready line: whoever reads it may end the program at once.
        let ended = signals().map_err(system("listen for signals"))?;
        let emulator = FcmEmulator::start(Options {
            listen: arguments.listen,
            tls_listen: arguments.tls_address(),
            projects: arguments.project,
            dir: Some(arguments.dir),
            state: arguments.state,
            seed: arguments.seed,
            quotas: if arguments.quotas { Quotas::of_fcm() } else { Quotas::default() },
            ..Options::default()
        })
        .await?;
        print_ready(&emulator).map_err(system("write to stdout"))?;
        ended.await;
        tracing::info!("stopping");
        let control = emulator.control().clone();
        emulator.shutdown().await;
        match control.state().and_then(|state| Some((state.file, state.failure?))) {
            Some((file, failure)) => Err(RunError::Unkept { file, failure }),
            None => Ok(()),
        }
    })
}

fn print_ready(emulator: &FcmEmulator) -> io::Result<()> {
    let url = emulator.url();
    let mut ready = json!({
        "ready": "fcm-emulator",
        "url": url,
        "pid": std::process::id(),
        "control": format!("{url}/emulator/v1"),
        "project": emulator.project(),
        "service_account": emulator.service_account_file(),
    });
    let projects = emulator.projects();
    if projects.len() > 1 {
        let shown = |control: &Control| {
            json!({"id": control.project(), "control": format!("{url}/emulator/v1/projects/{}", control.project()),
                "service_account": control.service_account_file()})
        };
        ready["projects"] = projects.iter().map(shown).collect();
    }
    if let Some(tls_url) = emulator.tls_url() {
        ready["tls_url"] = json!(tls_url);
        ready["ca"] = json!(emulator.ca_file());
    }
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{ready}")?;
    stdout.flush()
}

/// Resolves at SIGINT or SIGTERM.
#[cfg(unix)]
fn signals() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Resolves at Ctrl-C.
#[cfg(not(unix))]
fn signals() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}

fn complain(error: &RunError) {
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "error: {error}");
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let _ = write!(stderr, ": {cause}");
        source = cause.source();
    }
    let _ = writeln!(stderr);
    if let RunError::Start(start) = error {
        let _ = writeln!(stderr, "hint: {}", start.hint());
    }
}
