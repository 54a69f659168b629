//! I5: a kill at every named place from acceptance to the last settlement.
//!
//! | place | what a kill there leaves |
//! |---|---|
//! | accept, expand, claim, settle, cancel: before its commit | exactly what was there before |
//! | the same: after its commit, before anybody was told | exactly what it wrote |
//! | a call not yet made, on the wire, or answered and not settled | the same as after the claim's commit |

use std::collections::HashMap;

use serde_json::json;

use crate::{
    feedback::Finding,
    outbox::{Claim, Outcome},
    testing::{Bench, Kill, LEASE, sent, settlement},
};

const CROWD: i64 = 1_500;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Accept,
    Expand,
    Claim,
    Settle,
    Cancel,
}

const STEPS: [Step; 5] = [Step::Accept, Step::Expand, Step::Claim, Step::Settle, Step::Cancel];

/// A broadcast on its way, and how often each phone's delivery was given to a sender.
#[derive(Default)]
struct Voyage {
    claims: Vec<Claim>,
    calls: HashMap<i64, usize>,
}

impl Voyage {
    async fn take(&mut self, bench: &Bench, step: Step) {
        match step {
            Step::Accept => {
                bench.accept_with_key(Some("k"), json!({"to": {"everyone": true}})).await.unwrap();
            }
            Step::Expand => {
                bench.app.store.work_on_messages(bench.now()).await.unwrap();
            }
            Step::Claim => {
                let claims = bench.claim(5).await.claims;
                self.count(&claims);
                self.claims.extend(claims);
            }
            Step::Settle => {
                let until = bench.now().plus(LEASE);
                let outcomes = [
                    (sent(), Finding::Alive),
                    (Outcome::Failed { reason: "unregistered" }, Finding::Dead),
                    (Outcome::Parked { until, reason: "unavailable" }, Finding::Nothing),
                ];
                // The last two stay on the wire.
                let settlements = self.claims.drain(..).zip(outcomes);
                let settlements =
                    settlements.map(|(claim, (outcome, finding))| settlement(&claim, outcome, finding));
                bench.try_settle(settlements.collect()).await.unwrap();
            }
            Step::Cancel => {
                let id = bench.text("SELECT id FROM messages").await.parse().unwrap();
                bench.app.store.cancel_message(bench.shop.no, id, bench.now()).await.unwrap();
            }
        }
    }

    fn count(&mut self, claims: &[Claim]) {
        for claim in claims {
            *self.calls.entry(claim.lease.delivery.0).or_default() += 1;
        }
    }

    /// Everything that a server does until nothing is left, FCM taking all of it.
    async fn end(&mut self, bench: &Bench) {
        for _ in 0..20 {
            bench.expand().await;
            let claims = bench.claim(500).await.claims;
            if claims.is_empty() {
                bench.pass(LEASE);
            }
            self.count(&claims);
            let settlements = claims.iter().map(|claim| settlement(claim, sent(), Finding::Alive));
            bench.try_settle(settlements.collect()).await.unwrap();
        }
    }
}

/// What must be true in the end: one delivery a phone, each in one final state, counted right, and nothing left to do.
async fn check_end(bench: &Bench, name: &str) {
    let facts = "SELECT (SELECT count(*) || ' ' || count(DISTINCT installation) FROM deliveries WHERE message IS NOT NULL)
        || ' open ' || (SELECT count(*) FROM deliveries WHERE state IN ('pending', 'leased'))
        || ' work ' || (SELECT count(*) FROM message_work)
        || ' counted ' || (SELECT group_concat(deliveries = sent + failed + expired + cancelled) FROM message_progress)
        || ' messages ' || (SELECT count(*) FROM messages WHERE message IN
               (SELECT message FROM message_progress WHERE finished_ms IS NOT NULL))";
    assert_eq!(bench.text(facts).await, "1500 1500 open 0 work 0 counted 1 messages 1", "{name}");
}

#[tokio::test]
async fn a_kill_at_every_commit_loses_nothing() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        for place in STEPS.into_iter().filter(|step| *step != Step::Cancel) {
            let name = format!("{kill:?} of {place:?}");
            let (killed, mut voyage) = voyage_to(kill, place, &name).await;
            let on_the_wire =
                killed.text("SELECT CAST(count(*) AS TEXT) FROM deliveries WHERE state = 'leased'").await;
            let on_the_wire: usize = on_the_wire.parse().unwrap();
            // The backend was told nothing, so it asks again with its key.
            voyage.take(&killed, Step::Accept).await;
            voyage.end(&killed).await;
            check_end(&killed, &name).await;
            // The parked one is tried twice, as it would be without a kill.
            let twice = voyage.calls.values().filter(|calls| **calls > 1).count();
            assert!(twice <= on_the_wire + 1, "{name}: {twice} twice of {on_the_wire} on the wire");
            assert!(voyage.calls.values().all(|calls| *calls <= 2), "{name}");
        }
    }
}

/// A cancellation holds from its commit on, however many rows it has not reached.
#[tokio::test]
async fn a_kill_at_a_cancellation_cancels_all_or_nothing() {
    for kill in [Kill::BeforeCommit, Kill::AfterCommit] {
        let name = format!("{kill:?} of a cancellation");
        let (killed, mut voyage) = voyage_to(kill, Step::Cancel, &name).await;
        let before = voyage.calls.len();
        voyage.end(&killed).await;
        check_end(&killed, &name).await;
        let sent_afterwards = voyage.calls.len() - before;
        assert_eq!(sent_afterwards, if kill == Kill::BeforeCommit { 1_495 } else { 0 }, "{name}");
    }
}

/// Goes up to `place`, is killed there, and compares the whole outbox with that of the server that was not killed.
async fn voyage_to(kill: Kill, place: Step, name: &str) -> (Bench, Voyage) {
    let bench = Bench::new().await;
    bench.crowd(CROWD).await;
    let mut voyage = Voyage::default();
    for step in STEPS.into_iter().take_while(|step| *step != place) {
        voyage.take(&bench, step).await;
    }
    let before = bench.outbox().await;
    let calls = voyage.calls.clone();
    let ((), killed) = bench.kill_at(kill, voyage.take(&bench, place)).await;
    let after = bench.outbox().await;
    assert_ne!(before, after, "{name}: the step does something");
    let expected = if kill == Kill::BeforeCommit { before } else { after };
    assert!(killed.outbox().await == expected, "{name}: the outbox is another after the kill");
    if kill == Kill::BeforeCommit {
        // No sender got what was not committed.
        voyage.calls = calls;
    }
    (killed, voyage)
}
