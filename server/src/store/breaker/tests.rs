//! The breaker against a real store.

use super::*;
use crate::{
    feedback::Finding,
    outbox::{Outcome, Settled},
    testing::{Bench, sent, settlement},
};

fn failed() -> Outcome {
    Outcome::Failed { reason: "unregistered" }
}

/// That many phones, each of a user of its own, each with a message claimed for it and settled with `finding`.
async fn wave(bench: &Bench, phones: std::ops::Range<u8>, finding: Finding) {
    for number in phones {
        let user = format!("u{number}");
        bench.phone(number, &user).await;
        bench.send(&user).await;
    }
    settle_all(bench, finding).await;
}

async fn settle_all(bench: &Bench, finding: Finding) {
    let claims = bench.claim(1_000).await.claims;
    let outcome = if finding == Finding::Alive { sent() } else { failed() };
    let batch = claims.iter().map(|claim| settlement(claim, outcome.clone(), finding)).collect();
    let settled = bench.try_settle(batch).await.unwrap();
    assert!(settled.iter().all(|one| matches!(one, Settled::Recorded(_))));
}

async fn live(bench: &Bench) -> u64 {
    let count = "SELECT CAST(count(*) AS TEXT) FROM installations WHERE address_state = 'live'";
    bench.text(count).await.parse().unwrap()
}

/// The newest events of the installations, each kind once: what, why and by whom, and of how many.
async fn newest_events(bench: &Bench) -> String {
    let newest = "SELECT group_concat(event || ' ' || number, ', ') FROM
        (SELECT concat(what, ' ', coalesce(reason, '-'), ' ', actor) AS event, count(*) AS number FROM
            (SELECT installation, what, reason, actor, max(event) FROM events GROUP BY installation) GROUP BY 1)";
    bench.text(newest).await
}

async fn held(bench: &Bench) -> Option<u64> {
    bench.app.store.retiring_held(bench.shop.no).await.unwrap().map(|held| held.verdicts)
}

async fn release(bench: &Bench, release: Release) -> Option<usize> {
    bench.app.store.release_some(bench.shop.no, release, bench.now()).await.unwrap()
}

/// I8: what was retired on the way to the threshold comes back.
#[tokio::test]
async fn a_wave_of_dead_verdicts_retires_nothing_and_is_held() {
    let bench = Bench::new().await;
    wave(&bench, 0..60, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (60, Some(60)));
    assert_eq!(newest_events(&bench).await, "address_live - breaker 60", "each return is in the history");
    wave(&bench, 60..90, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (90, Some(90)));
}

/// I8: a wrong project is a wave too.
#[tokio::test]
async fn a_wave_of_a_wrong_project_quarantines_nothing() {
    let bench = Bench::new().await;
    wave(&bench, 0..60, Finding::WrongProject).await;
    assert_eq!((live(&bench).await, held(&bench).await), (60, Some(60)));
}

#[tokio::test]
async fn a_few_dead_addresses_are_retired_as_ever() {
    let bench = Bench::new().await;
    wave(&bench, 0..49, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (0, None));
}

#[tokio::test]
async fn many_dead_addresses_among_very_many_living_ones_are_retired() {
    let bench = Bench::new().await;
    wave(&bench, 0..200, Finding::Alive).await;
    for number in 200..250 {
        bench.phone(number, &format!("u{number}")).await;
        bench.send(&format!("u{number}")).await;
    }
    settle_all(&bench, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (200, None), "50 of 250 are a fifth, not more");
}

#[tokio::test]
async fn what_lies_outside_the_window_does_not_count() {
    let bench = Bench::new().await;
    wave(&bench, 0..30, Finding::Dead).await;
    bench.pass(BREAKER_RULE.window + std::time::Duration::from_secs(60));
    wave(&bench, 30..60, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (0, None));
}

#[tokio::test]
async fn dropped_verdicts_change_nothing_and_the_breaker_closes() {
    let bench = Bench::new().await;
    wave(&bench, 0..60, Finding::Dead).await;
    assert_eq!(release(&bench, Release::Drop).await, Some(60));
    assert_eq!((live(&bench).await, held(&bench).await), (60, None));
    assert_eq!(release(&bench, Release::Drop).await, None);
}

/// I7 holds for a held verdict too: it concerns the generation of its attempt only.
#[tokio::test]
async fn applied_verdicts_retire_what_is_still_the_same() {
    let bench = Bench::new().await;
    wave(&bench, 0..59, Finding::Dead).await;
    let mut rotated = bench.phone(200, "rotated").await;
    bench.send("rotated").await;
    settle_all(&bench, Finding::Dead).await;
    rotated.token = Some("fresh".to_owned());
    bench.put(&mut rotated).await;
    assert_eq!(release(&bench, Release::Apply).await, Some(60));
    assert_eq!((live(&bench).await, held(&bench).await), (1, None));
}

/// What a held verdict becomes is what the history says.
#[tokio::test]
async fn applied_verdicts_are_told_as_what_they_are() {
    let bench = Bench::new().await;
    wave(&bench, 0..60, Finding::WrongProject).await;
    assert_eq!(release(&bench, Release::Apply).await, Some(60));
    assert_eq!(newest_events(&bench).await, "address_quarantined wrong_project operator 60");
}

#[tokio::test]
async fn a_restart_forgets_neither_the_breaker_nor_what_it_holds() {
    let bench = Bench::new().await;
    wave(&bench, 0..60, Finding::Dead).await;
    let bench = bench.restart().await;
    wave(&bench, 60..70, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (70, Some(70)));
}

/// I8: quarantined addresses come back when the app is set right.
#[tokio::test]
async fn another_service_account_tries_quarantined_addresses_again() {
    let bench = Bench::new().await;
    wave(&bench, 0..3, Finding::WrongProject).await;
    assert_eq!(live(&bench).await, 0);
    let same = bench.shop.app.clone();
    bench.app.store.replace_app(same.clone(), "operator", bench.now()).await.unwrap();
    assert_eq!(live(&bench).await, 0, "nothing changed");
    let mended = crate::store::NewApp { firebase_project: "right".to_owned(), ..same };
    bench.app.store.replace_app(mended, "operator", bench.now()).await.unwrap();
    assert_eq!(live(&bench).await, 3);
    assert_eq!(newest_events(&bench).await, "address_live - operator 3");
}

/// Another phone reports the address of phone `number`, and proves that it is his now.
async fn take_over(bench: &Bench, number: u8) {
    let mut heir = crate::testing::Phone::new(200, "heir");
    heir.token = Some(format!("token-{number}"));
    bench.put(&mut heir).await;
    bench.prove(&heir).await;
}

/// I1: what has another holder by now does not come back to the old one.
#[tokio::test]
async fn an_address_that_moved_on_is_not_put_back_by_the_breaker() {
    let bench = Bench::new().await;
    wave(&bench, 0..30, Finding::Dead).await;
    take_over(&bench, 0).await;
    wave(&bench, 30..60, Finding::Dead).await;
    assert_eq!((live(&bench).await, held(&bench).await), (60, Some(60)), "59 of 60, and the heir");
}

/// I1, as above.
#[tokio::test]
async fn an_address_that_moved_on_does_not_leave_quarantine() {
    let bench = Bench::new().await;
    wave(&bench, 0..3, Finding::WrongProject).await;
    take_over(&bench, 0).await;
    let mended = crate::store::NewApp { firebase_project: "right".to_owned(), ..bench.shop.app.clone() };
    bench.app.store.replace_app(mended, "operator", bench.now()).await.unwrap();
    assert_eq!(live(&bench).await, 3, "two of three, and the heir");
}

/// I1: the file itself refuses a second holder, whatever the code above it believes.
#[tokio::test]
async fn the_file_refuses_a_second_holder() {
    let bench = Bench::new().await;
    wave(&bench, 0..3, Finding::WrongProject).await;
    take_over(&bench, 0).await;
    let twice = |connection: &Connection| {
        Ok(connection
            .execute("UPDATE installations SET address_state = 'live' WHERE address_state = 'moved'", [])?)
    };
    assert!(bench.app.store.write(twice).await.is_err());
    assert_eq!(live(&bench).await, 1);
}
