//! User proofs and challenges.

use super::*;

/// F18, failure mode 11: one forced refresh, one retry, then silence.
#[test]
fn a_refused_proof_is_refreshed_once_and_then_waits_for_the_app() {
    let mut core = Core::new();
    core.report("T1").login("A");
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(&json!({ "user_state": "proof_invalid" }));
    assert!(core.state.is_acked(), "everything else is acknowledged");
    assert_eq!(core.plan(), Plan::Put(AskProof::Refreshed));
    let sent = core.sent(Request::Put, UserProofSent::Refreshed);
    let answer = response(sent.revision, &json!({ "user_state": "proof_invalid" }));
    core.answered(sent, Answer::Installation(answer));
    assert_eq!(core.plan(), Plan::NeedsCredentials { may_ask: false });
    core.apply(Event::CredentialsChanged);
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(&json!({ "user_state": "bound" }));
    assert_eq!(core.plan(), Plan::Done);
}

#[test]
fn without_a_refreshed_proof_the_provider_may_be_asked_again_later() {
    let mut core = Core::new();
    core.report("T1").login("A").answer(&json!({ "user_state": "proof_needed" }));
    core.apply(Event::NoCredentials);
    assert_eq!(core.plan(), Plan::NeedsCredentials { may_ask: true });
    core.logout();
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "a logout needs none");
}

#[test]
fn a_bound_login_needs_no_proof() {
    let mut core = Core::settled();
    core.report("T2");
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.logout().login("A");
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand), "it is another login");
}

fn challenge(core: &mut Core, installation: InstallationId) {
    core.apply(Event::Challenged { installation, nonce: "n".to_owned() });
}

/// Rule 4
#[test]
fn only_a_challenge_for_this_installation_and_a_wanted_address_is_echoed() {
    let mine = identity(1).installation;
    let mut core = Core::settled();
    challenge(&mut core, identity(2).installation);
    assert_eq!(core.plan(), Plan::Done);
    challenge(&mut core, mine);
    assert!(matches!(core.plan(), Plan::Prove { .. }));
    core.restart();
    assert!(matches!(core.plan(), Plan::Prove { .. }), "it survives the process");
    core.pass(Duration::from_secs(600));
    assert_eq!(core.plan(), Plan::Done, "but not its life");
    challenge(&mut core, mine);
    core.logout();
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "who left does not claim the address");
}

#[test]
fn the_answer_to_an_echo_counts_like_one_to_a_put() {
    let mut core = Core::new();
    core.report("T1").answer(&json!({ "address_state": "contested", "refresh_after": "PT10M" }));
    let mine = core.state.identity.installation;
    challenge(&mut core, mine);
    let sent = core.sent(Request::Prove, UserProofSent::No);
    let answer = Answer::Installation(response(sent.revision, &json!({ "outcome": "unchanged" })));
    core.answered(sent.clone(), answer);
    assert_eq!(core.plan(), Plan::Done);
    assert_eq!(core.state.acked.as_ref().unwrap().address_state, pushbridge_wire::AddressState::Live);
    challenge(&mut core, mine);
    core.answered(sent, Answer::Rejected { code: "invalid_field".to_owned() });
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "a nonce that is refused is not tried again");
}
