//! The `pushbridge` program: parses the command line and hands over. Exit status: 0 ok, 1 a check failed,
//! 2 usage or configuration.

mod app;
mod args;
mod check;
mod client;
mod demo;
mod failure;
mod key;
mod message;
mod progress;
mod send;
mod serve;
mod snapshot;
mod template;
mod user;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};
use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::usage(format!("the runtime cannot start: {error}")).report(),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::Check(arguments) => check::run(&arguments).await,
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::App(arguments) => app::run(arguments).await,
        Command::Key(arguments) => key::run(arguments).await,
        Command::Send(arguments) => send::run(arguments).await,
        Command::Message(arguments) => message::run(arguments).await,
        Command::Template(arguments) => template::run(arguments).await,
        Command::User(arguments) => user::run(arguments).await,
        Command::Snapshot(arguments) => snapshot::take(&arguments),
        Command::Restore(arguments) => snapshot::restore(&arguments),
    }
}
