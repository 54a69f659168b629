//! Plays a world, and makes a list that breaks a rule as short as can be found.

use super::{Violation, game::Game, op::Op};
use crate::harness::Town;

/// Plays of a world that a failure is worth.
const TRIES: usize = 250;

/// Plays `ops` in the world of `seed`, then lets it come to rest.
pub(super) async fn play_world(town: Town, seed: u64, ops: &[Op]) -> (Town, Result<(), Violation>) {
    let mut game = Game::begin(town, seed).await;
    let mut result = Ok(());
    for op in ops {
        result = game.play(*op).await;
        if result.is_err() {
            break;
        }
    }
    if result.is_ok() {
        result = game.settle().await;
    }
    (game.world.leave().await, result)
}

/// Drops steps as long as the same rule is broken. What to print.
pub(super) async fn shrink(mut town: Town, seed: u64, mut ops: Vec<Op>, mut violation: Violation) -> String {
    let rule = |violation: &str| violation.split(':').next().unwrap_or_default().to_owned();
    let (wanted, length) = (rule(&violation), ops.len());
    let again;
    (town, again) = play_world(town, seed, &ops).await;
    if again.is_ok() {
        town.end().await;
        return format!(
            "world {seed}: {violation}\nit did not happen again, so timing has a part in it:\n{ops:?}"
        );
    }
    let mut tries = 0;
    let mut size = ops.len().div_ceil(2);
    while size > 0 && tries < TRIES {
        let mut shorter = false;
        let mut at = 0;
        while at < ops.len() && tries < TRIES {
            let mut fewer = ops.clone();
            fewer.drain(at..(at + size).min(ops.len()));
            tries += 1;
            let result;
            (town, result) = play_world(town, seed, &fewer).await;
            match result {
                Err(found) if rule(&found) == wanted => {
                    (ops, violation, shorter) = (fewer, found, true);
                }
                _ => at += size,
            }
        }
        if !shorter || size > 1 {
            size /= 2;
        }
    }
    town.end().await;
    format!("world {seed}: {violation}\n{} of its {length} steps are enough:\n{ops:?}", ops.len())
}
