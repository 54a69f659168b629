use super::*;

fn opened(state: &mut State<&'static str>, name: &'static str, streams: usize) -> ConnectionNo {
    state.dial(1);
    state.opened(name, streams)
}

fn take(state: &mut State<&'static str>, count: usize) -> Vec<&'static str> {
    (0..count).map_while(|_| state.take()).map(|(_, name)| name).collect()
}

#[test]
fn connections_are_filled_one_after_the_other() {
    let mut state = State::new(3, 2);
    let first = opened(&mut state, "a", 100);
    opened(&mut state, "b", 100);
    assert_eq!(take(&mut state, 5), ["a", "a", "b", "b"]);
    state.give_back(first);
    assert_eq!(take(&mut state, 2), ["a"]);
}

#[test]
fn no_more_calls_are_made_at_once_than_the_peer_allows() {
    let mut state = State::new(1, 100);
    let only = opened(&mut state, "a", 2);
    assert_eq!(take(&mut state, 9).len(), 2);
    state.allow(only, 3);
    assert_eq!(take(&mut state, 9).len(), 1);
    state.allow(only, 1);
    state.give_back(only);
    state.give_back(only);
    assert_eq!(take(&mut state, 9).len(), 0);
    state.allow(only, 1_000);
    assert_eq!(take(&mut state, 200).len(), 99);
}

#[test]
fn as_many_connections_are_dialled_as_those_who_wait_need() {
    let mut state: State<&str> = State::new(4, 100);
    assert_eq!(state.dial(0), (0, None));
    assert_eq!(state.dial(1), (1, None));
    assert_eq!(state.dial(100), (0, None));
    assert_eq!(state.dial(101), (1, None));
    assert_eq!(state.dial(5_000), (2, None));
    assert_eq!(state.dial(5_000), (0, None));
}

#[test]
fn after_a_failure_one_connection_is_tried_at_a_time() {
    let mut state: State<&str> = State::new(4, 1);
    let start = Instant::now();
    assert_eq!(state.dial(4).0, 4);
    for left in [3, 2, 1] {
        assert!(!state.failed(start), "{left} are still being dialled");
    }
    assert!(state.failed(start));
    // Four failures: 100, 200, 400, 800 ms.
    assert_eq!(state.dial(4), (1, Some(start + Duration::from_millis(800))));
    assert_eq!(state.dial(4).0, 0);
    for _ in 0..10 {
        assert!(state.failed(start));
        state.dial(4);
    }
    assert!(state.failed(start));
    assert_eq!(state.dial(4), (1, Some(start + LONGEST_PAUSE)));
    state.opened("a", 100);
    assert_eq!(state.dial(4), (3, None));
}

#[test]
fn while_a_connection_is_there_a_failed_one_fails_nobody() {
    let mut state = State::new(2, 1);
    opened(&mut state, "a", 100);
    state.dial(1);
    assert!(!state.failed(Instant::now()));
}

#[test]
fn an_idle_connection_goes_and_the_last_one_stays() {
    let mut state = State::new(3, 1);
    let (first, second) = (opened(&mut state, "a", 100), opened(&mut state, "b", 100));
    let held = take(&mut state, 2);
    state.give_back(first);
    state.give_back(second);
    // Both were used since they were opened.
    for no in [first, second] {
        state.leave_if_idle(no);
    }
    assert_eq!(take(&mut state, 9), held);
    state.give_back(first);
    state.give_back(second);
    for no in [first, second, first, second] {
        state.leave_if_idle(no);
    }
    assert_eq!(take(&mut state, 9), ["b"], "the other one was idle, and this one is the last");
}

#[test]
fn a_connection_in_use_is_not_idle() {
    let mut state = State::new(2, 1);
    let (first, second) = (opened(&mut state, "a", 100), opened(&mut state, "b", 100));
    take(&mut state, 2);
    for no in [first, second, first, second, first, second] {
        state.leave_if_idle(no);
    }
    state.give_back(first);
    state.give_back(second);
    assert_eq!(take(&mut state, 9).len(), 2);
}

#[test]
fn a_left_connection_gets_no_call_and_makes_room_for_another() {
    let mut state = State::new(1, 2);
    let first = opened(&mut state, "a", 100);
    take(&mut state, 1);
    state.leave(first);
    assert_eq!(take(&mut state, 1).len(), 0);
    state.give_back(first);
    assert_eq!(state.dial(1).0, 1);
}
