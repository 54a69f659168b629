//! Login, logout and the reset of the address.

use super::*;

/// B3, A8: a logout gives up the address and asks the platform for another one.
#[test]
fn a_logout_drops_user_and_address_and_asks_for_a_fresh_one() {
    let mut core = Core::settled();
    core.logout();
    assert_eq!((core.user(), core.value()), (None, None));
    assert_eq!(core.effects, [Effect::ResetAddress(ResetId(1))]);
    assert_eq!(
        core.plan(),
        Plan::Put(AskProof::No),
        "the unbind waits neither for the platform nor for a session"
    );
    core.reset_done("T2");
    assert_eq!((core.value(), core.has_pending_reset()), (Some("T2"), false));
}

/// F6
#[test]
fn a_reset_ends_with_its_own_answer_only_whatever_its_value() {
    let mut core = Core::settled();
    core.logout().report("T1").report("T9");
    assert_eq!(core.value(), None, "other reports are ignored while it is pending");
    core.apply(Event::ResetAnswered { reset: ResetId(7), address: address("T9") });
    assert_eq!(core.value(), None, "the answer to another reset is none to this");
    core.reset_done("T1");
    assert_eq!(
        (core.value(), core.has_pending_reset()),
        (Some("T1"), false),
        "some platforms keep the value"
    );
    core.apply(Event::ResetAnswered { reset: ResetId(1), address: address("T3") });
    assert_eq!(core.value(), Some("T3"), "a second answer is a report like any other");
}

/// F14, F6: a question asked before the reset was done may bring back the value that the reset deleted.
#[test]
fn the_answer_to_a_pull_begun_before_the_reset_was_done_is_dropped() {
    let mut core = Core::settled();
    core.logout();
    let early = core.begin_pull();
    core.reset_done("T2").report_pulled("T1", early);
    assert_eq!(core.value(), Some("T2"));
}

/// F25
#[test]
fn a_login_over_another_user_is_a_logout_first() {
    let mut core = Core::settled();
    core.login("B");
    assert_eq!((core.user(), core.value()), (Some("B"), None));
    assert_eq!(core.effects, [Effect::ResetAddress(ResetId(1))]);
    assert!(core.state.progress.logout_pending);
}

#[test]
fn the_same_user_logging_in_again_is_no_new_login_but_after_a_logout_it_is() {
    let mut core = Core::settled();
    let (revision, login) = (core.revision(), core.login_id().map(str::to_owned));
    core.login("A");
    assert_eq!((core.revision(), core.login_id()), (revision, login.as_deref()));
    core.logout().login("A");
    assert_ne!(core.login_id(), login.as_deref());
}

#[test]
fn a_logout_of_nobody_changes_nothing() {
    let mut core = Core::new();
    core.report("T1").answer(&json!({})).logout();
    assert_eq!((core.plan(), core.value(), core.has_pending_reset()), (Plan::Done, Some("T1"), false));
}

/// A pending reset survives the process; so does its number, by which its answer is known.
#[test]
fn a_start_with_a_pending_reset_asks_for_it_again() {
    let mut core = Core::settled();
    core.logout().restart();
    assert_eq!(core.effects, [Effect::ResetAddress(ResetId(1))]);
    core.report("T1");
    assert_eq!(core.value(), None, "the pull of a start is no answer to the reset");
}

/// F24
#[test]
fn a_logout_is_done_only_when_the_platforms_address_was_answered_live() {
    let mut core = Core::settled();
    core.restart().logout(); // this process has not heard the platform name its address
    core.answer(&json!({ "address_state": "none" }));
    assert!(core.state.progress.logout_pending);
    core.reset_done("T2").answer(&json!({ "address_state": "contested", "refresh_after": "PT10M" }));
    assert!(core.state.progress.logout_pending);
    core.pass(Duration::from_secs(600)).answer(&json!({ "wall": "open" }));
    assert!(!core.state.progress.logout_pending);
    assert_eq!(core.state.progress.wall_closed, Some(false));
}

#[test]
fn a_logout_is_done_at_once_if_this_process_placed_the_address() {
    let mut core = Core::settled();
    core.logout().answer(&json!({ "address_state": "none" }));
    assert!(!core.state.progress.logout_pending);
    assert_eq!(core.state.progress.wall_closed, Some(true));
}
