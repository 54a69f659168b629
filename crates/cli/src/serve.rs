//! `pushbridge serve`: the server as a program.

use std::{io::IsTerminal, net::TcpListener, path::Path};

use pushbridge_server::{
    Clock, Server, StartError, bootstrap_key_file,
    config::{Config, Environment},
    store::StoreError,
};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

use crate::{args::ServeArguments, failure::Failure};

pub(crate) async fn run(arguments: ServeArguments) -> Result<(), Failure> {
    log_to_stderr();
    let mut config = load_config(arguments.config.as_deref())?;
    if let Some(dir) = arguments.data {
        config.server.data_dir = dir;
    }
    if let Some(listen) = arguments.listen {
        config.server.listen = listen;
    }
    let listen = config.server.listen;
    let key_file = bootstrap_key_file(&config);
    let server = Server::open(config, Clock::System).await.map_err(|error| cannot_start(&error))?;
    let listener = TcpListener::bind(listen).map_err(|error| {
        Failure::usage(format!("cannot listen on {listen}: {error}"))
            .next("choose another address with --listen, or end the program that has it")
    })?;
    let url = listener.local_addr().map_err(|error| Failure::usage(error.to_string()))?;
    let ready = serde_json::json!({
        "ready": "pushbridge", "url": format!("http://{url}"), "pid": std::process::id(),
        "bootstrap_key_file": key_file,
    });
    let shutdown = CancellationToken::new();
    let mut signals = tokio::task::JoinSet::new();
    signals.spawn(cancel_on_signal(shutdown.clone()));
    anstream::println!("{ready}");
    server.serve(listener, shutdown).await.map_err(|error| Failure::check(error.to_string()))
}

fn cannot_start(error: &StartError) -> Failure {
    let next = match error {
        StartError::Store(StoreError::InUse(_)) => {
            "stop the other process, or choose another folder with --data"
        }
        StartError::Store(StoreError::NewerSchema { .. }) => {
            "start the newer version, or choose another folder with --data"
        }
        StartError::Store(_) | StartError::File { .. } => {
            "make the folder writable for this user, or choose another one with --data"
        }
        StartError::App { .. } => "mend the file, and try it with `pushbridge check --config F`",
        StartError::Randomness(_) | StartError::Serve(_) | StartError::Interrupted => "try again",
    };
    Failure::usage(error.to_string()).next(next)
}

/// Defaults, file and environment; a failure says what to do.
pub(crate) fn load_config(file: Option<&Path>) -> Result<Config, Failure> {
    Config::load(file, &Environment::of_process()).map_err(|error| {
        Failure::usage(error.to_string())
            .next("every key and its default stands in server/src/config/default.toml; `pushbridge check` checks a file")
    })
}

fn log_to_stderr() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    // A second call in one process keeps the first; only programs call this.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none())
        .with_writer(std::io::stderr)
        .try_init();
}

/// Cancels `shutdown` at the first SIGINT or SIGTERM. They are caught from the call on, not from the first poll: whoever
/// reads the ready line may end the process at once.
pub(crate) fn cancel_on_signal(shutdown: CancellationToken) -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let caught = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
    async move {
        let (Ok(mut interrupt), Ok(mut terminate)) = caught else {
            tracing::warn!("signals cannot be caught: end the process with SIGKILL, nothing is lost");
            return;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        shutdown.cancel();
    }
}
