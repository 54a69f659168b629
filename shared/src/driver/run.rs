//! One sync run: ask the plan, do what it says, until it says that nothing is left.
//!
//! In: a driver. Out: an outcome for everyone who joined. Next: each answer goes through the machine and into the
//! store before the next request. All memory of failures is in the state; the run itself decides nothing.

use std::{sync::Arc, time::Duration};

use pushbridge_wire::Revision;
use tokio::{task::block_in_place, time::Instant};

use super::{Driver, View, flight::Outcome, lock::lock};
use crate::{
    api::{PushError, SyncOutcome},
    machine::{Answer, AskProof, DeferCause, Event, Plan, Request, Sent, State, UserProofSent, plan},
    store::StoredReceipt,
    sync::{
        ApiAnswer, ApiRequest, TransportError, UserProof, prove_request, put_request, read_installation,
        read_receipts, receipts_request,
    },
};

/// A state that still changes after that many requests is left to the next run: the server may be the one that
/// keeps asking.
const REQUESTS_PER_RUN: u32 = 8;
const UNSETTLED_WAIT: Duration = Duration::from_secs(30);
/// Receipts in one request: some tens of kilobytes.
const RECEIPTS_PER_REQUEST: u32 = 200;

/// What the run has done so far.
#[derive(Default)]
struct Log {
    requests: u32,
    delivered: Option<Revision>,
    asked_again: bool,
}

/// What to do next.
enum Action {
    Put(Box<State>, AskProof),
    /// The provider had nothing when the server wanted a proof: perhaps it has now.
    AskAgain(Box<State>),
    Prove(Box<State>, String),
    SendReceipts(Box<State>, Vec<StoredReceipt>),
    End(Outcome),
}

/// Runs until there is an outcome.
pub(super) async fn run(driver: Arc<Driver>) {
    let mut landing = Landing { driver: &driver, is_done: false };
    let mut log = Log::default();
    loop {
        let (action, time_left) = choose_or_land(&driver, &log);
        let done = match action {
            Action::End(_) => {
                landing.is_done = true;
                return;
            }
            Action::Put(state, ask) => put(&driver, &mut log, *state, ask, time_left).await,
            Action::AskAgain(state) => ask_again(&driver, &mut log, *state, time_left).await,
            Action::Prove(state, nonce) => prove(&driver, &mut log, *state, nonce).await,
            Action::SendReceipts(state, batch) => send_receipts(&driver, &mut log, *state, batch).await,
        };
        if let Err(error) = done {
            landing.is_done = true;
            lock(&driver.flight).land(Err(error));
            return;
        }
    }
}

/// Ends the run for those who joined even if it panics.
struct Landing<'a> {
    driver: &'a Driver,
    is_done: bool,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        if !self.is_done {
            lock(&self.driver.flight).land(Err(PushError::internal("a sync was interrupted")));
        }
    }
}

/// Under the flight's lock: whoever joins after this either finds the run going on or starts a new one.
fn choose_or_land(driver: &Driver, log: &Log) -> (Action, Duration) {
    let mut flight = lock(&driver.flight);
    let time_left = flight.time_left(Instant::now());
    let action =
        block_in_place(|| choose(driver, log, time_left)).unwrap_or_else(|error| Action::End(Err(error)));
    if let Action::End(outcome) = &action {
        flight.land(outcome.clone());
    }
    (action, time_left)
}

fn choose(driver: &Driver, log: &Log, time_left: Duration) -> Result<Action, PushError> {
    let (state, now) = match driver.engine.view() {
        View::Open(state, now) => (state, now),
        View::Paused => return Ok(Action::End(Ok(SyncOutcome::Paused))),
        View::Closed => return Err(PushError::Closed),
    };
    let next = plan(&state, now);
    let is_request = matches!(next, Plan::Put(_) | Plan::Prove { .. });
    let deferred = |retry_after, cause| Action::End(Ok(SyncOutcome::Deferred { retry_after, cause }));
    if is_request && time_left.is_zero() {
        return Ok(deferred(Duration::ZERO, DeferCause::Deadline));
    }
    if is_request && log.requests >= REQUESTS_PER_RUN {
        return Ok(deferred(UNSETTLED_WAIT, DeferCause::Unsettled));
    }
    Ok(match next {
        Plan::Put(ask) => Action::Put(state, ask),
        Plan::Prove { nonce } => Action::Prove(state, nonce.0),
        Plan::Wait { left, cause } => deferred(left, cause),
        Plan::AwaitReset => Action::End(Ok(SyncOutcome::AwaitingAddress)),
        Plan::Rejected(rejected) => Action::End(Ok(SyncOutcome::Rejected { code: rejected.code })),
        Plan::NeedsCredentials { may_ask: true } if !log.asked_again => Action::AskAgain(state),
        Plan::NeedsCredentials { .. } => {
            return finish(driver, log, state, time_left, SyncOutcome::NeedsCredentials);
        }
        Plan::Done => {
            let outcome = match log.delivered {
                Some(revision) => SyncOutcome::Delivered { revision: revision.get() },
                None => SyncOutcome::UpToDate,
            };
            return finish(driver, log, state, time_left, outcome);
        }
    })
}

/// What the server takes is acknowledged; receipts go along as long as nothing speaks against another request.
fn finish(
    driver: &Driver,
    log: &Log,
    state: Box<State>,
    time_left: Duration,
    outcome: SyncOutcome,
) -> Result<Action, PushError> {
    let now = driver.engine.now();
    let is_waiting = state.progress.backoff.as_ref().is_some_and(|backoff| backoff.remaining(now).is_some());
    let has_room = !time_left.is_zero() && log.requests < REQUESTS_PER_RUN;
    if state.acked.is_some() && !is_waiting && has_room {
        let batch = driver.engine.load_receipts(RECEIPTS_PER_REQUEST)?;
        if !batch.is_empty() {
            return Ok(Action::SendReceipts(state, batch));
        }
    }
    Ok(Action::End(Ok(outcome)))
}

async fn put(
    driver: &Driver,
    log: &mut Log,
    state: State,
    ask: AskProof,
    time_left: Duration,
) -> Result<(), PushError> {
    let (proof, sent_proof) = match ask {
        AskProof::No => (None, UserProofSent::No),
        AskProof::AtHand => (ask_provider(driver, &state, false, time_left).await, UserProofSent::AtHand),
        AskProof::Refreshed => {
            let proof = ask_provider(driver, &state, true, time_left).await;
            if proof.is_none() {
                // Nothing better than what was refused: the server need not be asked again.
                return block_in_place(|| driver.engine.apply(Event::NoCredentials)).map(|_| ());
            }
            (proof, UserProofSent::Refreshed)
        }
    };
    send_put(driver, log, state, proof, sent_proof).await
}

async fn ask_again(
    driver: &Driver,
    log: &mut Log,
    state: State,
    time_left: Duration,
) -> Result<(), PushError> {
    log.asked_again = true;
    match ask_provider(driver, &state, false, time_left).await {
        Some(proof) => send_put(driver, log, state, Some(proof), UserProofSent::Refreshed).await,
        None => Ok(()),
    }
}

async fn ask_provider(driver: &Driver, state: &State, force: bool, at_most: Duration) -> Option<UserProof> {
    let user = &state.desired.login.as_ref()?.user;
    driver.credentials.ask(user, force, at_most).await
}

async fn send_put(
    driver: &Driver,
    log: &mut Log,
    state: State,
    proof: Option<UserProof>,
    sent_proof: UserProofSent,
) -> Result<(), PushError> {
    // The provider may have taken its time: a proof of somebody who left meanwhile is not sent, and nothing at all
    // by a core that was paused.
    match driver.engine.view() {
        View::Open(now, _) if now.desired.revision == state.desired.revision => {}
        _ => return Ok(()),
    }
    let Some((sent, request)) = state.desired.revision.and_then(|revision| {
        let sent = sent(&state, revision, Request::Put, sent_proof);
        put_request(&driver.app, &state, proof).map(|request| (sent, request))
    }) else {
        return Err(PushError::internal("the desired state has no JSON"));
    };
    let answer = read_installation(send(driver, log, request).await, sent.revision);
    if matches!(answer, Answer::Installation(_)) {
        log.delivered = Some(sent.revision);
    }
    settle(driver, sent, answer)
}

async fn prove(driver: &Driver, log: &mut Log, state: State, nonce: String) -> Result<(), PushError> {
    let Some((sent, request)) = state.desired.revision.and_then(|revision| {
        let sent = sent(&state, revision, Request::Prove, UserProofSent::No);
        prove_request(&driver.app, &state, nonce).map(|request| (sent, request))
    }) else {
        return Err(PushError::internal("the proof has no JSON"));
    };
    let answer = read_installation(send(driver, log, request).await, sent.revision);
    settle(driver, sent, answer)
}

async fn send_receipts(
    driver: &Driver,
    log: &mut Log,
    state: State,
    batch: Vec<StoredReceipt>,
) -> Result<(), PushError> {
    let newest = batch.iter().map(|stored| stored.number).max().unwrap_or_default();
    let receipts = batch.into_iter().map(|stored| stored.receipt).collect();
    let Some((sent, request)) = state.desired.revision.and_then(|revision| {
        let sent = sent(&state, revision, Request::Receipts, UserProofSent::No);
        receipts_request(&driver.app, &state, receipts).map(|request| (sent, request))
    }) else {
        return Err(PushError::internal("the receipts have no JSON"));
    };
    let answer = read_receipts(send(driver, log, request).await);
    if !matches!(answer, Answer::Busy { .. } | Answer::Unusable(_)) {
        // Taken, or refused in a way that asking again does not mend.
        block_in_place(|| driver.engine.drop_receipts_up_to(newest))?;
    }
    settle(driver, sent, answer)
}

fn sent(state: &State, revision: Revision, request: Request, proof: UserProofSent) -> Sent {
    Sent { installation: state.identity.installation, revision, request, proof }
}

async fn send(driver: &Driver, log: &mut Log, request: ApiRequest) -> Result<ApiAnswer, TransportError> {
    log.requests += 1;
    tracing::debug!(?request, "asking the server");
    // The transport has its own time-outs; this one holds for whatever transport it is.
    let answer = tokio::time::timeout(driver.request_timeout, driver.transport.send(request)).await;
    answer.unwrap_or(Err(TransportError::Timeout))
}

fn settle(driver: &Driver, sent: Sent, answer: Answer) -> Result<(), PushError> {
    tracing::debug!(?answer, revision = sent.revision.get(), request = ?sent.request, "answered");
    block_in_place(|| driver.engine.take_answer(sent, answer))
}
