//! I4: the check that lets a delivery go and the mark "on the wire" are one transaction, so nothing comes between them.
//!
//! Writer and reader are held while a claim and an unbind queue up, so that both meet in a known order, with a look at
//! the rows right after the unbind. There is one reader, which serves in order: what is read behind a claim's own read
//! says that the claim has read.

use std::sync::mpsc;

use rusqlite::Connection;

use crate::{
    outbox::{Claim, Content},
    store::{ClaimBatch, StoreError},
    testing::{Bench, Phone},
};

/// When the unbind is committed.
#[derive(Clone, Copy, Debug)]
enum Order {
    /// Before anything that the claim writes.
    UnbindFirst,
    /// Right after the first thing that the claim writes.
    ClaimFirst,
    /// After the first thing that the claim reads beside a transaction, should it do so, and before what it writes then.
    UnbindAfterARead,
}

const ORDERS: [Order; 3] = [Order::UnbindFirst, Order::ClaimFirst, Order::UnbindAfterARead];

/// Changes what the phone reports next.
type Unbind = fn(&mut Phone);

/// How a phone stops being Anna's, or reachable.
const UNBINDS: [(&str, Unbind); 4] = [
    ("logout", |phone| phone.user = None),
    ("the same person by another login", |phone| phone.login = "login-again".to_owned()),
    ("another person", |phone| {
        (phone.user, phone.login) = (Some("boris".to_owned()), "login-boris".to_owned());
    }),
    ("no address", |phone| phone.token = None),
];

fn is_on_the_wire(connection: &Connection) -> Result<bool, StoreError> {
    let sql = "SELECT state = 'leased' FROM deliveries WHERE message IS NOT NULL";
    Ok(connection.query_row(sql, [], |row| row.get(0))?)
}

/// Whether a message for Anna was on the wire at the moment of the unbind's commit, and how many a worker got to send.
async fn race(order: Order, unbind: Unbind) -> (bool, usize) {
    let bench = Bench::with(|config| config.server.readers = 1).await;
    let mut phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    unbind(&mut phone);
    let (on_the_wire, batch) = match order {
        Order::UnbindAfterARead => race_after_a_read(&bench, &mut phone).await,
        _ => race_behind_the_writer(&bench, &mut phone, order).await,
    };
    let for_anna = |claim: &&Claim| matches!(claim.content, Content::Message { .. });
    (on_the_wire, batch.claims.iter().filter(for_anna).count())
}

async fn race_behind_the_writer(bench: &Bench, phone: &mut Phone, order: Order) -> (bool, ClaimBatch) {
    let store = &bench.app.store;
    let (free_writer, wait) = mpsc::channel();
    let hold = store.write(move |_| Ok(wait.recv().is_ok()));
    let (put, look, claim) = (bench.put(phone), store.write(is_on_the_wire), bench.claim(10));
    let free = async {
        bench.text("SELECT 'read'").await;
        free_writer.send(()).unwrap();
    };
    let (on_the_wire, batch) = match order {
        Order::ClaimFirst => {
            let (_, batch, _, seen, ()) = tokio::join!(hold, claim, put, look, free);
            (seen, batch)
        }
        _ => {
            let (_, _, seen, batch, ()) = tokio::join!(hold, put, look, claim, free);
            (seen, batch)
        }
    };
    (on_the_wire.unwrap(), batch)
}

async fn race_after_a_read(bench: &Bench, phone: &mut Phone) -> (bool, ClaimBatch) {
    let store = &bench.app.store;
    let (free_reader, wait) = mpsc::channel();
    let hold = store.read(move |_| Ok(wait.recv().is_ok()));
    let unbind = async {
        // What the claim writes before it reads is committed: its answers come before these.
        for _ in 0..3 {
            store.write(|_| Ok(())).await.unwrap();
        }
        let (free_writer, wait) = mpsc::channel();
        let hold = store.write(move |_| Ok(wait.recv().is_ok()));
        let (put, look) = (bench.put(phone), store.write(is_on_the_wire));
        let free = async {
            free_reader.send(()).unwrap();
            bench.text("SELECT 'read'").await;
            free_writer.send(()).unwrap();
        };
        let (_, _, seen, ()) = tokio::join!(hold, put, look, free);
        seen.unwrap()
    };
    let (_, batch, on_the_wire) = tokio::join!(hold, bench.claim(10), unbind);
    (on_the_wire, batch)
}

#[tokio::test]
async fn what_a_worker_may_send_was_on_the_wire_when_the_unbind_was_committed() {
    for (name, unbind) in UNBINDS {
        for order in ORDERS {
            let (on_the_wire, claimed) = race(order, unbind).await;
            assert_eq!(claimed, usize::from(on_the_wire), "{name}, {order:?}");
        }
    }
}

/// Else the test above could hold because nothing is ever sent in it.
#[tokio::test]
async fn a_phone_whose_person_stays_gets_what_a_claim_meets_beside_its_report() {
    for order in ORDERS {
        let (_, claimed) = race(order, |_| ()).await;
        assert_eq!(claimed, 1, "{order:?}");
    }
}
