//! What the server answers, and stores that were lost.

use super::*;

/// F20, failure mode 7: a rotation while a PUT is on its way.
#[test]
fn an_answer_to_an_older_revision_acknowledges_nothing() {
    let mut core = Core::settled();
    core.report("T2");
    let sent = core.sent(Request::Put, UserProofSent::No);
    core.report("T3").answered(sent.clone(), Answer::Installation(response(sent.revision, &json!({}))));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.answered(
        sent.clone(),
        Answer::Installation(response(sent.revision, &json!({"user_state":"evicted"}))),
    );
    assert_eq!(core.user(), Some("A"), "nor does it evict");
    core.answered(sent, Answer::Cloned);
    assert_eq!(core.state.identity, identity(1), "nor does it take the identity");
}

/// Rule 7: an ended login is final; the app is told, at every start until it does something.
#[test]
fn an_eviction_logs_out_and_keeps_the_address() {
    let mut core = Core::settled();
    core.report("T2").answer(&json!({ "user_state": "evicted", "reason": "policy_single" }));
    let told = Effect::LoggedOut(LoggedOutReason::Evicted { reason: Some("policy_single".to_owned()) });
    assert_eq!(core.effects, std::slice::from_ref(&told));
    assert_eq!((core.user(), core.value(), core.has_pending_reset()), (None, Some("T2"), false));
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "that nobody is logged in is told too");
    core.restart();
    assert_eq!(core.effects, [told]);
    core.login("A").restart();
    assert_eq!(core.effects, []);
}

/// A8: the app's usual way to react to an eviction is to log out.
#[test]
fn a_logout_after_an_eviction_still_resets_the_address() {
    let mut core = Core::settled();
    core.report("T2").answer(&json!({ "user_state": "evicted" })).logout();
    assert_eq!((core.value(), core.has_pending_reset()), (None, true));
}

/// F23, F11, F2: whatever says that a copy exists ends this identity.
#[test]
fn stale_for_the_current_revision_409_and_401_make_a_new_identity() {
    let answers: [fn(Revision) -> Answer; 3] = [
        |revision| Answer::Installation(response(revision, &json!({ "outcome": "stale" }))),
        |_| Answer::Cloned,
        |_| Answer::SecretInvalid,
    ];
    for answer in answers {
        let mut core = Core::settled();
        core.report("T2");
        let answer = answer(core.state.desired.revision.unwrap());
        core.refuse(answer);
        assert_eq!(core.state.identity, identity(2));
        assert_eq!((core.user(), core.value(), core.revision()), (None, None, 1));
        assert_eq!(
            core.effects,
            [Effect::LoggedOut(LoggedOutReason::Cloned), Effect::ResetAddress(ResetId(1))]
        );
        assert_eq!(core.plan(), Plan::AwaitReset, "no request before an address that no copy has");
        core.login("B");
        assert_eq!(core.plan(), Plan::AwaitReset);
        core.reset_done("T3");
        assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    }
}

/// Else a server that refuses everybody would cost the platform one address after the other.
#[test]
fn a_401_to_an_identity_that_was_never_acknowledged_waits_a_day() {
    let mut core = Core::new();
    core.report("T1").refuse(Answer::SecretInvalid);
    assert!(matches!(core.plan(), Plan::Rejected(_)));
    assert_eq!(core.state.identity, identity(1));
    core.pass(DAY);
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.refuse(Answer::SecretInvalid);
    assert_eq!(core.state.identity, identity(2));
}

/// Rule 4
#[test]
fn reset_address_asks_the_platform_and_goes_on_meanwhile() {
    let mut core = Core::new();
    core.report("T1").answer(&json!({ "address_state": "reset_address" }));
    assert_eq!(core.effects, [Effect::ResetAddress(ResetId(1))]);
    assert_eq!(core.plan(), Plan::Done);
    core.login("A");
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
}

/// F16, F17: a contested address is asked for again when the challenge's life is over, with the same revision.
#[test]
fn a_contested_address_is_asked_for_again_with_the_same_revision() {
    let mut core = Core::new();
    core.report("T1").answer(&json!({ "address_state": "contested", "refresh_after": "PT10M" }));
    let revision = core.revision();
    core.pass(Duration::from_secs(599));
    assert_eq!(core.plan(), Plan::Done);
    core.pass(Duration::from_secs(1));
    assert_eq!((core.plan(), core.revision()), (Plan::Put(AskProof::No), revision));
}

/// Rule 10
#[test]
fn another_incarnation_is_put_again_once() {
    let mut core = Core::settled();
    core.report("T2").answer(&json!({ "incarnation": "second" }));
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(&json!({ "incarnation": "second", "user_state": "bound" }));
    assert_eq!(core.plan(), Plan::Done);
}

/// Rule 8
#[test]
fn a_hint_of_the_server_makes_a_put_due() {
    let mut core = Core::new();
    core.apply(Event::SyncHinted);
    assert_eq!(core.plan(), Plan::Done, "a core that told nothing has nothing to tell");
    let mut core = Core::settled();
    core.apply(Event::SyncHinted);
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

/// I10: thirty days of restarts and repeated reports.
#[test]
fn nothing_is_asked_until_refresh_after() {
    let mut core = Core::settled();
    for _ in 0..27 {
        core.pass(DAY).restart();
        assert_eq!(core.plan(), Plan::Done);
    }
    core.pass(DAY);
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

#[test]
fn a_new_core_version_and_new_attributes_are_told() {
    let mut core = Core::settled();
    let revision = core.revision();
    let same = attributes("1.0");
    core.apply(Event::Opened { core_version: "0.2".to_owned(), attributes: same });
    assert_eq!(core.revision(), revision + 1);
    core.apply(Event::PermissionSet(Permission::Granted)).apply(Event::PermissionSet(Permission::Granted));
    assert_eq!(core.revision(), revision + 2);
    let tags = Some(Tags::try_from(vec!["vip".to_owned()]).unwrap());
    core.apply(Event::AttributesSet { tags, locale: None, timezone: None });
    assert_eq!(core.revision(), revision + 3);
    core.apply(Event::Opened { core_version: "0.2".to_owned(), attributes: attributes("1.0") });
    assert_eq!(core.revision(), revision + 3, "permission and tags are the app's, not the wrapper's");
}

#[test]
fn attributes_alone_create_no_installation() {
    let mut core = Core::new();
    core.apply(Event::PermissionSet(Permission::Granted));
    assert_eq!(core.plan(), Plan::Done);
}

/// Failure modes 21, 22
#[test]
fn a_lost_or_restored_store_starts_anew_logged_out_with_a_fresh_address() {
    for (why, had_login, told) in [
        (Recovery::Restored, true, true),
        (Recovery::Restored, false, false),
        (Recovery::Damaged, false, true),
    ] {
        let mut core = if had_login { Core::settled() } else { Core::new() };
        core.apply(Event::Recovered { why, identity: identity(2) });
        assert_eq!((core.state.identity.clone(), core.user()), (identity(2), None));
        assert_eq!(core.plan(), Plan::AwaitReset);
        let reason = Effect::LoggedOut(LoggedOutReason::StoreLost);
        assert_eq!(core.effects.contains(&reason), told, "{why:?}, logged in: {had_login}");
    }
}

/// I11
#[test]
fn a_state_prints_no_address_user_secret_or_nonce() {
    let mut core = Core::new();
    core.report("TOKEN-TEXT").login("user-text");
    let mine = core.state.identity.installation;
    core.apply(Event::Challenged { installation: mine, nonce: "nonce-text".to_owned() });
    let printed = format!("{:?} {:?}", core.state, core.plan());
    let secret = core.state.identity.secret.expose().to_owned();
    for hidden in ["TOKEN-TEXT", "user-text", "nonce-text", secret.as_str()] {
        assert!(!printed.contains(hidden), "{hidden} in {printed}");
    }
}

/// An answer of a newer server with words that this core does not know still acknowledges.
#[test]
fn unknown_words_in_an_answer_are_an_acknowledgement() {
    let mut core = Core::new();
    core.report("T1").answer(&json!({ "outcome": "merged", "address_state": "asleep", "user_state": "odd" }));
    assert_eq!(core.plan(), Plan::Done);
    assert_eq!(Outcome::from("merged".to_owned()), Outcome::Other("merged".to_owned()));
}
