//! I4: the check that lets a delivery go and the mark "on the wire" are one transaction, so nothing comes between them.
//!
//! The writer is held while a claim and an unbind queue up, then both and a look at the rows run right after each other.
//! One reader is all there is: what a claim might read beside its transaction, it has read before the writer goes on.

use std::sync::mpsc;

use rusqlite::Connection;

use crate::{
    outbox::{Claim, Content},
    testing::{Bench, Phone},
};

/// Who comes to the writer first.
#[derive(Clone, Copy, Debug)]
enum First {
    Unbind,
    Claim,
}

/// How a phone stops being Anna's, or reachable.
const UNBINDS: [(&str, fn(&mut Phone)); 4] = [
    ("logout", |phone| phone.user = None),
    ("the same person by another login", |phone| phone.login = "login-again".to_owned()),
    ("another person", |phone| {
        (phone.user, phone.login) = (Some("boris".to_owned()), "login-boris".to_owned());
    }),
    ("no address", |phone| phone.token = None),
];

/// Whether a message for Anna was on the wire at the moment of the unbind's commit, and how many a worker got to send.
async fn race(first: First, unbind: fn(&mut Phone)) -> (bool, usize) {
    let bench = Bench::with(|config| config.server.readers = 1).await;
    let mut phone = bench.phone(1, "anna").await;
    bench.send("anna").await;
    unbind(&mut phone);
    let (go, wait) = mpsc::channel();
    let hold = bench.app.store.write(move |_| Ok(wait.recv().is_ok()));
    let look = bench.app.store.write(|connection: &Connection| {
        let on_the_wire = "SELECT state = 'leased' FROM deliveries WHERE message IS NOT NULL";
        Ok(connection.query_row(on_the_wire, [], |row| row.get(0))?)
    });
    let let_go = async {
        bench.text("SELECT 'read'").await;
        go.send(()).unwrap();
    };
    let (put, claim) = (bench.put(&mut phone), bench.claim(10));
    let (on_the_wire, batch) = match first {
        First::Unbind => {
            let (_, _, seen, batch, ()) = tokio::join!(hold, put, look, claim, let_go);
            (seen, batch)
        }
        First::Claim => {
            let (_, batch, _, seen, ()) = tokio::join!(hold, claim, put, look, let_go);
            (seen, batch)
        }
    };
    let for_anna = |claim: &&Claim| matches!(claim.content, Content::Message { .. });
    (on_the_wire.unwrap(), batch.claims.iter().filter(for_anna).count())
}

#[tokio::test]
async fn what_a_worker_may_send_was_on_the_wire_when_the_unbind_was_committed() {
    for (name, unbind) in UNBINDS {
        for first in [First::Unbind, First::Claim] {
            let (on_the_wire, claimed) = race(first, unbind).await;
            assert_eq!(claimed, usize::from(on_the_wire), "{name}, first: {first:?}");
        }
    }
}

/// Else the test above could hold because nothing is ever sent in it.
#[tokio::test]
async fn a_phone_whose_person_stays_gets_what_a_claim_meets_beside_its_report() {
    for first in [First::Unbind, First::Claim] {
        let (_, claimed) = race(first, |_| ()).await;
        assert_eq!(claimed, 1, "first: {first:?}");
    }
}
