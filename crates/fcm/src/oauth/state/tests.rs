use super::*;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn at(seconds: u64) -> Timestamp {
    later(Timestamp::UNIX_EPOCH, Duration::from_secs(seconds))
}

fn token(name: &str) -> AccessToken {
    AccessToken::new(name).expect("a header's text")
}

fn fetched(name: &str, lifetime: Duration) -> Fetched {
    Fetched { token: token(name), lifetime }
}

fn empty() -> TokenState {
    TokenState::new(Timing {
        refresh_before: 300 * SECOND,
        first_pause: SECOND,
        longest_pause: 60 * SECOND,
        invalidate_pause: 30 * SECOND,
    })
}

fn timed_out(seconds: u64) -> Decision {
    let retry_after = Duration::from_secs(seconds);
    Decision::Fail(AuthUnavailable { retry_after, cause: AuthFailure::TimedOut })
}

#[test]
fn a_token_is_used_then_renewed_early_then_not_used_any_more() {
    let mut state = empty();
    assert_eq!(state.decide(at(0)), Decision::Fetch);
    state.succeeded(fetched("a", HOUR), at(0));
    for (seconds, decision) in [
        (0, Decision::Use(token("a"))),
        (3299, Decision::Use(token("a"))),
        (3300, Decision::UseAndRefresh(token("a"))),
        (3579, Decision::UseAndRefresh(token("a"))),
        (3580, Decision::Fetch),
        (9000, Decision::Fetch),
    ] {
        assert_eq!(state.decide(at(seconds)), decision, "after {seconds} s");
    }
}

#[test]
fn a_short_lived_token_is_renewed_at_half_its_life() {
    let mut state = empty();
    state.succeeded(fetched("a", 60 * SECOND), at(0));
    for (seconds, decision) in [
        (29, Decision::Use(token("a"))),
        (30, Decision::UseAndRefresh(token("a"))),
        (44, Decision::UseAndRefresh(token("a"))),
        (45, Decision::Fetch),
    ] {
        assert_eq!(state.decide(at(seconds)), decision, "after {seconds} s");
    }
}

#[test]
fn a_failed_renewal_keeps_the_living_token_and_pauses() {
    let mut state = empty();
    state.succeeded(fetched("a", HOUR), at(0));
    state.failed(AuthFailure::TimedOut, at(3400));
    assert_eq!(state.decide(at(3400)), Decision::Use(token("a")));
    assert_eq!(state.decide(at(3401)), Decision::UseAndRefresh(token("a")));
    state.failed(AuthFailure::TimedOut, at(3579));
    assert_eq!(state.decide(at(3580)), timed_out(1));
}

#[test]
fn pauses_double_up_to_the_longest_and_a_success_ends_them() {
    let mut state = empty();
    let mut now = at(0);
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(state.decide(now), Decision::Fetch, "before the pause of {pause} s");
        assert_eq!(state.failed(AuthFailure::TimedOut, now).retry_after, pause * SECOND);
        assert_eq!(state.decide(now), timed_out(u64::from(pause)));
        now = later(now, pause * SECOND);
    }
    state.succeeded(fetched("a", HOUR), now);
    assert_eq!(state.failed(AuthFailure::TimedOut, now).retry_after, SECOND);
}

#[test]
fn a_refused_token_is_forgotten_but_not_one_after_the_other() {
    let mut state = empty();
    state.succeeded(fetched("a", HOUR), at(0));
    assert!(state.invalidate(&token("a"), at(100)), "the first is forgotten");
    assert_eq!(state.decide(at(100)), Decision::Fetch);
    assert!(state.invalidate(&token("a"), at(100)), "a second caller with it may ask for another too");

    state.succeeded(fetched("b", HOUR), at(101));
    assert!(state.invalidate(&token("a"), at(101)), "a late one with the old token takes the new one");
    assert_eq!(state.decide(at(101)), Decision::Use(token("b")));
    assert!(!state.invalidate(&token("b"), at(129)), "the new one is kept for a while");
    assert_eq!(state.decide(at(129)), Decision::Use(token("b")));
    assert!(state.invalidate(&token("b"), at(130)));
}

/// I11: an access token is in no log line.
#[test]
fn neither_state_nor_token_shows_the_token() {
    let mut state = empty();
    state.succeeded(fetched("ya29.secret", HOUR), at(0));
    let shown = format!("{state:?} {:?}", state.decide(at(0)));
    assert!(!shown.contains("secret") && shown.contains("fp:"), "{shown}");
}
