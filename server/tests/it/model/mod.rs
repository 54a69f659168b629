//! The model test: random worlds, in which everything that the adversary of the protocol's model may do happens to the
//! real cores and the real server, and after each step what must always hold is checked (design: I1 to I4, I7, I9,
//! I10, I12).
//!
//! In: `PUSHBRIDGE_SEED` (the first world's) and `PUSHBRIDGE_STEPS` (of all worlds together). Out: nothing, or the
//! shortest list of steps that could be found for a failure, with the seed of its world: to play that world alone, set
//! `PUSHBRIDGE_SEED` to it and `PUSHBRIDGE_STEPS=1`.
//!
//! Every [`WHOLE_STORE_EVERY`] steps the whole store is checked, with all apps in it. Not played: quarantine and breaker,
//! topics, phones that are off while FCM holds their messages.

mod check;
mod disaster;
mod game;
mod op;
mod play;
mod random;
mod settle;
mod shrink;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::task::JoinSet;

use crate::harness::Town;
use op::Op;
use random::Random;
use shrink::play_world;

/// What breaks a rule, in words.
type Violation = String;

/// Worlds side by side, each in a town of its own.
const TOWNS: u64 = 2;
const STEPS: u64 = 20_000;
/// All worlds of a town live in one store, which grows.
const WORLDS_A_TOWN: u32 = 100;
/// Steps after which the whole store is checked, with every app in it.
const WHOLE_STORE_EVERY: usize = 500;

fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name)
        .ok()
        .map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// I1, I2, I3, I4, I7, I9, I10, I12: whatever people, phones, network, FCM and attackers do, in whatever order.
#[tokio::test(flavor = "multi_thread")]
async fn random_worlds_break_no_rule() {
    let (seed, steps) = (from_environment("PUSHBRIDGE_SEED", 1), from_environment("PUSHBRIDGE_STEPS", STEPS));
    let (next, played) = (Arc::new(AtomicU64::new(seed)), Arc::new(AtomicU64::new(0)));
    let mut towns = JoinSet::new();
    for _ in 0..TOWNS {
        towns.spawn(live(next.clone(), played.clone(), steps));
    }
    while let Some(ended) = towns.join_next().await {
        let worlds = format!("worlds {seed} to {}", next.load(Ordering::SeqCst) - 1);
        ended.unwrap_or_else(|error| panic!("among {worlds}: {error}"));
    }
    println!("{} steps in {} worlds", played.load(Ordering::SeqCst), next.load(Ordering::SeqCst) - seed);
}

/// One world after the other, until all steps are played.
async fn live(next: Arc<AtomicU64>, played: Arc<AtomicU64>, steps: u64) {
    let (mut town, mut worlds, mut unchecked) = (Town::start().await, 0, 0);
    while played.load(Ordering::SeqCst) < steps {
        let seed = next.fetch_add(1, Ordering::SeqCst);
        let ops = Op::list(&mut Random::new(seed));
        played.fetch_add(ops.len() as u64, Ordering::SeqCst);
        unchecked += ops.len();
        let result;
        (town, result) = play_world(town, seed, &ops).await;
        if let Err(violation) = result {
            let report = shrink::shrink(town, seed, ops, violation).await;
            panic!("{report}");
        }
        if unchecked >= WHOLE_STORE_EVERY {
            unchecked = 0;
            let broken = town.truth.broken_rule();
            assert!(broken.is_none(), "after world {seed}, in the whole store: {broken:?}");
        }
        worlds += 1;
        if worlds % WORLDS_A_TOWN == 0 {
            town.end().await;
            town = Town::start().await;
        }
    }
    town.end().await;
}
