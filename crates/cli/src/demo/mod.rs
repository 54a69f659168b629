//! `pushbridge demo`: the life of a token, played by the real parts over real sockets.
//!
//! In: a seed and a place to listen. Out: a story, each step checked against the inboxes of the emulator; the first
//! difference ends it with status 1. Emulator, server and phones (the real core, the emulator's devices playing the
//! platform's half) run in this process on loopback ports, with their files in a temporary folder.

mod backend;
mod keep;
mod phone;
mod relay;
mod report;
mod steps;
mod world;

use crate::{args::DemoArguments, failure::Failure};
use report::Report;
use world::World;

pub(crate) async fn run(arguments: DemoArguments) -> Result<(), Failure> {
    let mut world = World::start(&arguments).await?;
    let mut report = Report::new(arguments.json);
    report.open(&world.introduction());
    let told = steps::tell(&mut world, &mut report).await;
    if told.is_ok() {
        report.close();
        if arguments.keep {
            keep::keep_running(&world, arguments.json).await?;
        }
    }
    world.end().await;
    told
}
