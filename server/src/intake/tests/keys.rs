//! I6, for any sequence of requests, waits and restarts.

use std::{collections::HashMap, time::Duration};

use proptest::prelude::*;
use pushbridge_wire::{MessageAccepted, Timestamp};
use serde_json::{Value, json};

use super::DAY;
use crate::{intake::IntakeError, testing::Bench};

#[derive(Clone, Debug)]
enum Op {
    /// A request with a key and a content.
    Send {
        key: usize,
        content: usize,
    },
    Wait(Duration),
    Restart,
    /// The janitor forgets what is old.
    Janitor,
}

const KEYS: [&str; 3] = ["a", "b", "c"];

fn contents(index: usize) -> Value {
    [
        json!({"to": {"everyone": true}}),
        json!({"to": {"everyone": true}, "lane": "bulk"}),
        json!({"to": {"users": ["anna", "bob"]}}),
    ][index]
        .clone()
}

fn op() -> impl Strategy<Value = Op> {
    let hours = |hours: u64| Duration::from_secs(hours * 3_600);
    prop_oneof![
        6 => (0..KEYS.len(), 0..3_usize).prop_map(|(key, content)| Op::Send { key, content }),
        2 => (1..30_u64).prop_map(move |count| Op::Wait(hours(count))),
        1 => Just(Op::Restart),
        1 => Just(Op::Janitor),
    ]
}

/// What a key was used for within the last day.
struct Used {
    content: usize,
    at: Timestamp,
    accepted: MessageAccepted,
}

async fn play(ops: Vec<Op>) {
    let mut bench = Bench::new().await;
    bench.phone(1, "anna").await;
    let mut used: HashMap<usize, Used> = HashMap::new();
    let mut messages = 0;
    for op in ops {
        match op {
            Op::Wait(time) => bench.pass(time),
            Op::Restart => bench = bench.restart().await,
            Op::Janitor => crate::janitor::take_turn(&bench.app).await,
            Op::Send { key, content } => {
                let now = bench.now();
                let answer = bench.accept_with_key(Some(KEYS[key]), contents(content)).await;
                let known = used.get(&key).filter(|known| now.since(known.at) < DAY);
                match known {
                    Some(known) if known.content == content => assert_eq!(answer.unwrap(), known.accepted),
                    Some(_) => assert!(matches!(answer, Err(IntakeError::KeyReused))),
                    None => {
                        let accepted = answer.unwrap();
                        assert!(used.values().all(|one| one.accepted.message_id != accepted.message_id));
                        used.insert(key, Used { content, at: now, accepted });
                        messages += 1;
                    }
                }
            }
        }
        // No second message of a key, no message lost. Nothing is over, so nothing is forgotten.
        let count = bench.text("SELECT CAST(count(*) AS TEXT) FROM messages").await;
        assert_eq!(count, messages.to_string());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// I6: within 24 hours the same key yields the same message, and other content is refused.
    #[test]
    fn a_key_is_one_message_whatever_happens(ops in prop::collection::vec(op(), 1..25)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(ops));
    }
}
