use super::*;

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(1_000_000_000 + ms)
}

fn project(id: &str) -> FcmProject {
    FcmProject { id: id.into(), endpoint: None }
}

fn allowed(governor: &mut Governor, ms: i64) -> usize {
    governor.allowances(at(ms)).of(&project("p"))
}

/// What a sender gets who always takes everything, from one moment to another.
fn sent(governor: &mut Governor, from_ms: i64, to_ms: i64) -> usize {
    let mut sent = 0;
    for ms in (from_ms..to_ms).step_by(20) {
        let messages = allowed(governor, ms);
        governor.spend(&project("p"), messages, at(ms));
        sent += messages;
    }
    sent
}

/// FCM's default: 600,000 a minute, from a tenth to all of it within a minute, and never more.
#[test]
fn the_rate_grows_from_cold_and_stays_under_the_quota() {
    let mut governor = Governor::new(600_000);
    let first_second = sent(&mut governor, 0, 1_000);
    assert!((1_000..1_300).contains(&first_second), "{first_second}");
    let first_minute = first_second + sent(&mut governor, 1_000, 60_000);
    assert!((320_000..340_000).contains(&first_minute), "about half of the quota: {first_minute}");
    for minute in 1..4 {
        let full = sent(&mut governor, minute * 60_000, (minute + 1) * 60_000);
        assert!((599_000..=600_000).contains(&full), "{full}");
    }
}

#[test]
fn a_quota_is_not_saved_up() {
    let mut governor = Governor::new(600_000);
    sent(&mut governor, 0, 120_000);
    assert_eq!(allowed(&mut governor, 150_000), 1_000, "a tenth of a second's worth after half a minute");
    governor.spend(&project("p"), 1, at(150_000));
    assert_eq!(allowed(&mut governor, 220_000), 100, "cold again after a minute");
}

#[test]
fn a_small_quota_lets_one_message_go_at_once_and_the_next_in_its_time() {
    let mut governor = Governor::new(60);
    assert_eq!(governor.allowances(at(0)).of(&project("p")), 1);
    governor.spend(&project("p"), 1, at(0));
    assert_eq!(allowed(&mut governor, 5_000), 0);
    let next = governor.next(at(5_000)).unwrap();
    assert_eq!(governor.allowances(next).of(&project("p")), 1);
    assert!(next <= at(10_001), "a tenth of one a second, and growing");
}

#[test]
fn a_pause_ends_at_its_time_is_never_shortened_and_is_one_projects() {
    let mut governor = Governor::new(600_000);
    sent(&mut governor, 0, 90_000);
    governor.pause(&project("p"), at(100_000), at(90_000));
    governor.pause(&project("p"), at(95_000), at(90_000));
    assert_eq!(allowed(&mut governor, 99_999), 0);
    assert_eq!(governor.next(at(99_999)), Some(at(100_000)));
    assert_eq!(governor.allowances(at(99_999)).of(&project("other")), 100);
    assert_eq!(allowed(&mut governor, 100_000), 1);
    let after = sent(&mut governor, 100_000, 101_000);
    assert!((900..1_300).contains(&after), "the rate grows anew: {after}");
}

#[test]
fn a_clock_set_back_stops_nobody() {
    const HOUR: i64 = 3_600_000;
    let mut governor = Governor::new(600_000);
    let before = sent(&mut governor, HOUR, HOUR + 1_000);
    let mut behind = Governor::new(600_000);
    assert_eq!(sent(&mut behind, 0, 1_000), before);
    let (after, undisturbed) = (sent(&mut governor, 20, 1_020), sent(&mut behind, 1_000, 2_000));
    assert!(after.abs_diff(undisturbed) <= 100, "{after} beside {undisturbed}");
}

#[test]
fn a_pause_lasts_as_long_as_it_was_meant_when_the_clock_is_set_back() {
    const HOUR: i64 = 3_600_000;
    let mut governor = Governor::new(600_000);
    governor.allowances(at(HOUR));
    governor.pause(&project("p"), at(HOUR + 5_000), at(HOUR));
    assert_eq!(allowed(&mut governor, 0), 0);
    assert_eq!(allowed(&mut governor, 4_999), 0);
    assert_eq!(allowed(&mut governor, 5_000), 1);
}
