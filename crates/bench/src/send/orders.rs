//! The messages of a run in which the server dies again and again, and the client that hands them in.
//!
//! In: phones, lives of the server, a seed. Out: message ids; each message was answered 202, however often it had to be
//! handed in again under its Idempotency-Key. Next: [`kill`](super::kill).

use std::{
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinSet};

use super::{round::body, server::Api};
use crate::BenchError;

/// Clients at once.
const CLIENTS: usize = 8;
/// So many large messages, each of at most that many users: they are expanded in chunks, behind a cursor.
const LARGE: u64 = 5;
const LARGEST: u64 = 10_000;
/// Single users of each life of the server.
const SINGLES: u64 = 5;
/// So short before the end that the server may die over it.
const LAST_BREATH: Duration = Duration::from_millis(6);
/// How soon a refused message is handed in again.
const AGAIN: Duration = Duration::from_millis(20);

/// One message.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// In which life of the server it is handed in, and how long after that began.
    life: u64,
    after: Duration,
    users: Range<u64>,
    lane: &'static str,
}

/// Where the server is: its life, and the way to it once it is ready.
#[derive(Clone, Default)]
pub(super) struct Whereabouts {
    pub(super) life: u64,
    pub(super) api: Option<Api>,
}

/// What the clients saw.
#[derive(Clone, Debug, Default)]
pub(super) struct HandedIn {
    pub(super) ids: Vec<String>,
    /// Messages that had to be handed in again because the server died over them.
    pub(super) retried: u64,
}

/// Each of `phones` users gets one message: half of them by large ones, the others by small ones in each life. One of
/// each life comes at the very moment at which it ends. `lengths` says how long each lives.
pub(super) fn plan(phones: u64, lengths: &[Duration], dice: &mut fastrand::Rng) -> Vec<Order> {
    let lives = lengths.len() as u64;
    let large = (phones / 2 / LARGE).clamp(1, LARGEST);
    let mut orders = Vec::new();
    let mut from = 0;
    for turn in 0..LARGE {
        let to = (from + large).min(phones);
        orders.push((turn * lives / LARGE, from..to));
        from = to;
    }
    let small = (phones - from).div_ceil(lives);
    for life in 0..lives {
        let end = (from + small).min(phones);
        for _ in 0..SINGLES.min(end - from) {
            orders.push((life, from..from + 1));
            from += 1;
        }
        while from < end {
            let to = (from + LARGEST).min(end);
            orders.push((life, from..to));
            from = to;
        }
    }
    let mut last_breath = lives;
    let mut order = |(life, users): (u64, Range<u64>)| {
        let single = users.end - users.start == 1;
        let lane = if single { ["urgent", "normal"][dice.usize(..2)] } else { "bulk" };
        let length = lengths[usize::try_from(life).unwrap_or_default()];
        let mut after = length.mul_f64(dice.f64());
        if single && last_breath != life {
            last_breath = life;
            after = length.saturating_sub(LAST_BREATH.mul_f64(dice.f64()));
        }
        Order { life, after, users, lane }
    };
    let mut orders: Vec<Order> =
        orders.into_iter().filter(|(_, users)| !users.is_empty()).map(&mut order).collect();
    orders.sort_by_key(|order| (order.life, order.after));
    orders
}

/// Hands all of them in, each in its life of the server or a later one.
pub(super) async fn hand_in(
    orders: Vec<Order>,
    server: watch::Receiver<Whereabouts>,
) -> Result<HandedIn, BenchError> {
    let (orders, next) = (Arc::new(orders), Arc::new(AtomicUsize::new(0)));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (orders, next, mut server) = (orders.clone(), next.clone(), server.clone());
        clients.spawn(async move {
            let mut mine = HandedIn::default();
            while let Some(order) = orders.get(next.fetch_add(1, Ordering::Relaxed)) {
                let (id, retried) = order.hand_in(&mut server).await?;
                mine.ids.push(id);
                mine.retried += u64::from(retried);
            }
            Ok::<_, BenchError>(mine)
        });
    }
    let mut all = HandedIn::default();
    while let Some(mine) = clients.join_next().await {
        let mine = mine.map_err(BenchError::of)??;
        all.ids.extend(mine.ids);
        all.retried += mine.retried;
    }
    Ok(all)
}

impl Order {
    async fn hand_in(&self, server: &mut watch::Receiver<Whereabouts>) -> Result<(String, bool), BenchError> {
        server.wait_for(|server| server.life >= self.life).await.map_err(BenchError::of)?;
        if server.borrow().life == self.life {
            tokio::time::sleep(self.after).await;
        }
        let users: Vec<String> = self.users.clone().map(|user| format!("u{user}")).collect();
        let body = body(&json!({"users": users}), self.lane);
        let key = format!("order-{}", self.users.start);
        let mut retried = false;
        loop {
            // A guard that lived on would keep the next life from being told.
            let ready = server.wait_for(|server| server.api.is_some()).await.map_err(BenchError::of)?.clone();
            let Some(api) = ready.api else { continue };
            match api.message(&key, &body).send().await {
                Ok(answer) => match read(answer).await? {
                    Some(id) => return Ok((id, retried)),
                    None => tokio::time::sleep(AGAIN).await,
                },
                Err(error) => {
                    // Where not even the connection came about, nothing was handed in.
                    retried |= !error.is_connect();
                    tokio::time::sleep(AGAIN).await;
                }
            }
        }
    }
}

/// The message's id; none where it may be handed in again. An answer that breaks off is none.
async fn read(answer: reqwest::Response) -> Result<Option<String>, BenchError> {
    let status = answer.status();
    let Ok(body) = answer.json::<Value>().await else { return Ok(None) };
    match status {
        StatusCode::ACCEPTED => Ok(body["message_id"].as_str().map(str::to_owned)),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::CONFLICT => Ok(None),
        _ => Err(BenchError(format!("{status}: {}", body["detail"]))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phone_gets_one_message_and_a_seed_repeats_the_plan() {
        for (phones, lives) in [(1, 1), (7, 3), (1_000, 201), (100_000, 201), (1_000_000, 3)] {
            let lengths = vec![Duration::from_secs(1); lives];
            let make = || plan(phones, &lengths, &mut fastrand::Rng::with_seed(7));
            let orders = make();
            let mut users: Vec<u64> = orders.iter().flat_map(|order| order.users.clone()).collect();
            users.sort_unstable();
            assert_eq!(users, (0..phones).collect::<Vec<_>>());
            assert!(
                orders
                    .iter()
                    .all(|order| order.life < lives as u64 && order.users.end - order.users.start <= LARGEST)
            );
            assert!(orders.is_sorted_by_key(|order| order.life));
            assert_eq!(format!("{orders:?}"), format!("{:?}", make()));
        }
    }
}
