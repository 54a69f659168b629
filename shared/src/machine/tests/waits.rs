//! Failures and waits.

use super::*;

fn busy(seconds: u64) -> Answer {
    Answer::Busy { retry_after: Some(Duration::from_secs(seconds)) }
}

/// Failure mode 13
#[test]
fn row13_retry_after_holds_against_everything_and_is_capped_at_a_day() {
    let mut core = Core::settled();
    core.report("T2").refuse(busy(100));
    let left = |core: &Core| match core.plan() {
        Plan::Wait { left, .. } => left.as_secs(),
        other => panic!("{other:?}"),
    };
    assert_eq!(left(&core), 105, "a tenth of jitter on top, half of it drawn");
    core.report("T3").apply(Event::Woken { try_now: true }).restart();
    assert_eq!(left(&core), 105, "neither a change nor the network nor a restart ends it");
    core.pass(Duration::from_secs(105));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.refuse(busy(10 * 365 * 86_400));
    assert_eq!(left(&core), 86_400);
}

#[test]
fn a_change_tries_at_once_after_a_failure_of_the_network() {
    let mut core = Core::settled();
    core.report("T2").refuse(Answer::Unusable(DeferCause::Offline));
    assert!(matches!(core.plan(), Plan::Wait { cause: DeferCause::Offline, .. }));
    core.apply(Event::Woken { try_now: false });
    assert!(matches!(core.plan(), Plan::Wait { .. }));
    core.report("T3");
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.refuse(Answer::Unusable(DeferCause::Offline)).apply(Event::Woken { try_now: true });
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

#[test]
fn waits_double_up_to_an_hour_and_a_success_forgets_them() {
    let mut core = Core::settled();
    core.report("T2");
    let mut waits = vec![];
    for _ in 0..10 {
        core.refuse(Answer::Unusable(DeferCause::Offline));
        let Plan::Wait { left, .. } = core.plan() else { panic!() };
        waits.push(left.as_secs());
        core.pass(left);
    }
    assert_eq!(waits, [15, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800], "half of each, as drawn");
    core.answer(&json!({}));
    assert_eq!(core.state.progress.backoff, None);
}

/// Failure mode 23
#[test]
fn a_clock_set_back_lengthens_no_wait() {
    let mut core = Core::settled();
    core.report("T2").refuse(busy(100));
    core.now = core.now.minus(DAY * 3650);
    core.apply(Event::Woken { try_now: false }).pass(Duration::from_secs(105));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.answer(&json!({ "user_state": "bound" }));
    core.now = core.now.minus(DAY * 365);
    core.apply(Event::Woken { try_now: false }).pass(DAY * 28);
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "the refresh comes 28 days after the jump was seen");
}

/// Failure mode 14
#[test]
fn row14_a_refusal_is_not_repeated_until_something_changes_or_a_day_has_passed() {
    let mut core = Core::settled();
    core.report("T2").refuse(Answer::Rejected { code: "invalid_field".to_owned() });
    assert!(matches!(core.plan(), Plan::Rejected(rejected) if rejected.code == "invalid_field"));
    core.restart().pass(DAY - Duration::from_secs(1));
    assert!(matches!(core.plan(), Plan::Rejected(_)));
    core.pass(Duration::from_secs(1));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.refuse(Answer::Rejected { code: "invalid_field".to_owned() }).report("T3");
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}
