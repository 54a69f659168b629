//! What to ask the server for next, if anything.
//!
//! In: the [`State`] and the time. Out: one [`Plan`]. Next: the sync run carries it out and asks again. Every
//! failure lives in the state, so there is no second place that decides whether to try.

use std::time::Duration;

use pushbridge_wire::Timestamp;

use super::{
    backoff::DeferCause,
    progress::{Credentials, Rejected},
    state::State,
};

/// A refusal is put to the server once a day: an operator may have mended what was wrong.
const REJECTED_RETRY: Duration = Duration::from_secs(24 * 60 * 60);
/// The server's challenges live this long.
const CHALLENGE_LIFE: Duration = Duration::from_secs(10 * 60);

/// The next request, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// The server has everything.
    Done,
    /// PUT the desired state.
    Put(AskProof),
    /// Echo the challenge.
    Prove {
        /// Its nonce.
        nonce: Nonce,
    },
    /// Not before that long.
    Wait {
        /// How long.
        left: Duration,
        /// Why.
        cause: DeferCause,
    },
    /// Nothing before the platform's fresh address is there.
    AwaitReset,
    /// The server has everything but a user proof that it accepts.
    NeedsCredentials {
        /// Whether asking the provider again may help without news from the app.
        may_ask: bool,
    },
    /// The server refused for good.
    Rejected(Rejected),
}

/// Text of a nonce; does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct Nonce(pub String);

impl std::fmt::Debug for Nonce {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// Whether a PUT needs the app's credentials provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskProof {
    /// Nobody is to be bound, or this login is bound already.
    No,
    /// What it has at hand.
    AtHand,
    /// A refreshed one: what it had at hand was refused.
    Refreshed,
}

/// What to do next at `now`.
#[must_use]
pub fn plan(state: &State, now: Timestamp) -> Plan {
    if state.desired.revision.is_none() {
        return Plan::Done;
    }
    if state.progress.reset.is_some_and(|reset| reset.fresh_first) {
        return Plan::AwaitReset;
    }
    let request = match next_request(state, now) {
        Ok(request) => request,
        Err(idle) => return idle,
    };
    if let Some(backoff) = &state.progress.backoff
        && let Some(left) = backoff.remaining(now)
    {
        return Plan::Wait { left, cause: backoff.cause };
    }
    match &state.progress.rejected {
        Some(rejected) if now.since(rejected.at) < REJECTED_RETRY => Plan::Rejected(rejected.clone()),
        _ => request,
    }
}

/// The request that the state calls for, waits aside; or why it calls for none.
fn next_request(state: &State, now: Timestamp) -> Result<Plan, Plan> {
    if let Some(challenge) = &state.progress.challenge
        && now.since(challenge.at) < CHALLENGE_LIFE
    {
        return Ok(Plan::Prove { nonce: Nonce(challenge.nonce.clone()) });
    }
    let put = |ask| Ok(Plan::Put(ask));
    match state.progress.credentials {
        Credentials::RefreshOnce => put(AskProof::Refreshed),
        _ if needs_put(state, now) => put(ask_proof(state)),
        Credentials::Exhausted { proof_was_sent } => Err(Plan::NeedsCredentials { may_ask: !proof_was_sent }),
        Credentials::Fine => Err(Plan::Done),
    }
}

/// Desired is not acked, or a PUT is due without a change.
fn needs_put(state: &State, now: Timestamp) -> bool {
    let Some(acked) = &state.acked else { return true };
    !state.is_acked() || state.progress.due || now.since(acked.at) >= acked.refresh_after.0
}

/// A login that is bound already needs no proof, so the app is not troubled for one.
fn ask_proof(state: &State) -> AskProof {
    let bound = state.acked.as_ref().and_then(|acked| acked.bound.as_ref());
    if state.login_id().is_none() || state.login_id() == bound { AskProof::No } else { AskProof::AtHand }
}
