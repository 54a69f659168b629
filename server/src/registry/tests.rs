//! The rules of design §3 as tables: the state before, a PUT, the state after.

use std::time::Duration;

use pushbridge_wire::{
    Address, AddressKind, AddressState, AddressValue, InstallationRequest, LoginId, Outcome, Platform,
    Reason, Revision, Tags, Timestamp, UserState,
};

use super::*;
use crate::{
    policy::{BoundInstallation, Policy},
    store::InstallationNo,
};

fn token(text: &str) -> Address {
    Address { kind: AddressKind::FcmToken, value: AddressValue::try_from(text.to_owned()).unwrap() }
}

fn fid(text: &str) -> Address {
    Address { kind: AddressKind::FcmFid, ..token(text) }
}

fn request(revision: u64, address: Option<Address>, login: Option<(&str, &str)>) -> InstallationRequest {
    InstallationRequest {
        revision: Revision::try_from(revision).unwrap(),
        platform: Platform::Android,
        address,
        user: login.map(|(user, _)| user.parse().unwrap()),
        login_id: login.map(|(_, login)| login.parse::<LoginId>().unwrap()),
        permission: None,
        app_version: None,
        os_version: None,
        locale: None,
        timezone: None,
        tags: Tags::default(),
    }
}

fn facts() -> PutFacts {
    PutFacts {
        now: Timestamp::from_ms(1_000_000),
        held_by_other: false,
        open_challenges: 0,
        login_ended: None,
        revoked_at: None,
        others: Vec::new(),
        policy: Policy::Multi { max_devices: 10 },
        next_epoch: 7,
        nonce: Nonce::from_random([1; 24]),
        challenge_life: Duration::from_secs(600),
    }
}

fn put(current: Option<&Installation>, request: &InstallationRequest) -> PutDecision {
    put_installation(current, request, &UserProof::Trusted, &facts()).unwrap()
}

fn valid(user: &str, issued_ms: i64) -> UserProof {
    UserProof::Valid { user: user.parse().unwrap(), issued_at: Timestamp::from_ms(issued_ms) }
}

/// One phone, logged in as A with address t1 at revision 1, epoch 7.
fn logged_in() -> Installation {
    put(None, &request(1, Some(token("t1")), Some(("A", "l1")))).installation
}

fn ended(decision: &PutDecision) -> Vec<(String, Reason)> {
    let end = |change: &Change| match change {
        Change::EndBinding { binding, reason, .. } => Some((binding.user.to_string(), reason.clone())),
        _ => None,
    };
    decision.changes.iter().filter_map(end).collect()
}

/// B1, B4: the first token makes a live address and a bound user.
#[test]
fn the_first_put_creates_binds_and_is_live() {
    let decision = put(None, &request(1, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(decision.outcome, Outcome::Applied);
    assert_eq!((decision.address_state, decision.user_state), (AddressState::Live, UserState::Bound));
    assert_eq!(decision.installation.binding.unwrap().epoch, 7);
    assert_eq!(decision.installation.generation, 1);
}

/// B8: a rotated token of a known device replaces that device's token, and the old one is told.
#[test]
fn a_new_value_supersedes_the_old_one_under_a_new_generation() {
    let decision = put(Some(&logged_in()), &request(2, Some(token("t2")), Some(("A", "l1"))));
    assert_eq!(decision.installation.slot, Slot::Live(token("t2")));
    assert_eq!(decision.installation.generation, 2);
    assert!(decision.changes.contains(&Change::Tell { owner: Owner::This, address: token("t1") }));
    assert_eq!(ended(&decision), [], "a rotation is no login");
}

#[test]
fn token_and_fid_replace_each_other_and_equal_texts_are_two_addresses() {
    let decision = put(Some(&logged_in()), &request(2, Some(fid("t1")), Some(("A", "l1"))));
    assert_eq!(decision.installation.slot, Slot::Live(fid("t1")));
    let back = put(Some(&decision.installation), &request(3, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(back.installation.slot, Slot::Live(token("t1")));
}

/// I3: an older revision changes nothing.
#[test]
fn a_lower_revision_is_stale_and_changes_nothing() {
    let newer = put(Some(&logged_in()), &request(5, Some(token("t2")), Some(("A", "l1")))).installation;
    let decision = put(Some(&newer), &request(4, Some(token("t1")), None));
    assert_eq!(decision.outcome, Outcome::Stale);
    assert_eq!(decision.installation, newer);
    assert!(decision.changes.is_empty());
}

#[test]
fn an_equal_revision_is_unchanged_and_takes_new_attributes() {
    let mut again = request(1, Some(token("t1")), Some(("A", "l1")));
    again.locale = Some("ru-RU".to_owned());
    let decision = put(Some(&logged_in()), &again);
    assert_eq!(decision.outcome, Outcome::Unchanged);
    assert_eq!(decision.installation.attributes.locale.as_deref(), Some("ru-RU"));
    assert_eq!(decision.installation.generation, 1);
}

#[test]
fn an_equal_revision_with_another_report_is_a_clone() {
    let state = logged_in();
    let differing = [
        request(1, Some(token("t2")), Some(("A", "l1"))),
        request(1, Some(token("t1")), Some(("B", "l1"))),
        request(1, Some(token("t1")), Some(("A", "l2"))),
        request(1, None, None),
    ];
    for other in differing {
        assert_eq!(
            put_installation(Some(&state), &other, &UserProof::Trusted, &facts()).unwrap_err(),
            Cloned
        );
    }
}

/// Compared is what was reported, not what the server made of it: a retired address is no clone.
#[test]
fn an_equal_put_after_a_correction_of_the_server_is_no_clone_and_revives() {
    let mut state = logged_in();
    state.slot = Slot::Retired(token("t1"));
    state.deaths = 1;
    let decision = put(Some(&state), &request(1, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(decision.outcome, Outcome::Unchanged);
    assert_eq!(decision.installation.slot, Slot::Live(token("t1")));
    assert_eq!(decision.installation.generation, 2, "a revival has a generation of its own");
    assert_eq!(decision.installation.deaths, 1, "only a success forgets a death");
}

#[test]
fn a_value_called_dead_again_after_a_revival_asks_for_a_fresh_one() {
    let mut state = logged_in();
    state.slot = Slot::Retired(token("t1"));
    state.deaths = 2;
    let decision = put(Some(&state), &request(2, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(decision.address_state, AddressState::ResetAddress);
    let fresh = put(Some(&decision.installation), &request(3, Some(token("t2")), Some(("A", "l1"))));
    assert_eq!(fresh.address_state, AddressState::Live);
    assert_eq!(fresh.installation.deaths, 0);
}

/// I1: a value that another installation holds, or held last, is contested; this one has no live address then.
#[test]
fn a_value_of_another_installation_is_contested_by_challenge() {
    let facts = PutFacts { held_by_other: true, ..facts() };
    let contested = request(2, Some(token("stolen")), Some(("A", "l1")));
    let decision = put_installation(Some(&logged_in()), &contested, &UserProof::Trusted, &facts).unwrap();
    assert_eq!(decision.address_state, AddressState::Contested);
    assert_eq!(decision.installation.slot.live(), None);
    let challenge = Change::Challenge { address: token("stolen"), nonce: facts.nonce.clone() };
    assert!(decision.changes.contains(&challenge));
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::Hold { .. })));
}

#[test]
fn the_echo_of_the_current_nonce_moves_a_contested_value_once() {
    let other = PutFacts { held_by_other: true, ..facts() };
    let claim = request(2, Some(token("mine")), Some(("A", "l1")));
    let state =
        put_installation(Some(&logged_in()), &claim, &UserProof::Trusted, &other).unwrap().installation;
    let nonce = Nonce::hash(other.nonce.expose());
    let (now, late) = (other.now, other.now.plus(Duration::from_secs(601)));
    assert!(prove_possession(&state, Nonce::hash("other"), None, now).is_none(), "another nonce");
    assert!(prove_possession(&state, nonce, None, late).is_none(), "after its end");
    let moved = prove_possession(&state, nonce, None, now).unwrap();
    assert_eq!(moved.installation.slot, Slot::Live(token("mine")));
    assert!(prove_possession(&moved.installation, nonce, None, now).is_none(), "a second time");
}

fn contested_at(revision: u64, current: &Installation, facts: &PutFacts) -> PutDecision {
    let claim = request(revision, Some(token("mine")), Some(("A", "l1")));
    put_installation(Some(current), &claim, &UserProof::Trusted, facts).unwrap()
}

fn sends_challenge(decision: &PutDecision) -> bool {
    decision.changes.iter().any(|change| matches!(change, Change::Challenge { .. }))
}

#[test]
fn a_challenge_that_nobody_echoed_ends_in_a_reset() {
    let other = PutFacts { held_by_other: true, ..facts() };
    let claimed = contested_at(2, &logged_in(), &other).installation;
    let early = PutFacts { now: other.now.plus(Duration::from_secs(599)), ..other.clone() };
    assert_eq!(contested_at(2, &claimed, &early).address_state, AddressState::Contested);
    let ended = PutFacts { now: other.now.plus(Duration::from_secs(600)), ..other };
    assert_eq!(contested_at(2, &claimed, &ended).address_state, AddressState::ResetAddress);
}

#[test]
fn a_claim_repeated_at_once_keeps_its_challenge() {
    let other = PutFacts { held_by_other: true, ..facts() };
    let first = contested_at(2, &logged_in(), &other);
    assert!(sends_challenge(&first));
    let again = contested_at(3, &first.installation, &other);
    assert!(!sends_challenge(&again));
    assert_eq!(again.installation.slot, first.installation.slot);
    let later = PutFacts { now: other.now.plus(Duration::from_secs(31)), ..other };
    assert!(sends_challenge(&contested_at(4, &again.installation, &later)));
}

#[test]
fn a_value_with_many_open_challenges_is_sent_no_more() {
    let crowded = PutFacts { held_by_other: true, open_challenges: 5, ..facts() };
    let decision = contested_at(2, &logged_in(), &crowded);
    assert_eq!(decision.address_state, AddressState::Contested);
    assert!(!sends_challenge(&decision));
}

#[test]
fn a_challenge_that_failed_asks_for_a_reset_until_it_was_said_once() {
    let mut state = logged_in();
    state.slot = Slot::ResetAsked(token("t1"));
    let first = put(Some(&state), &request(2, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(first.address_state, AddressState::ResetAddress);
    let again = put(Some(&first.installation), &request(2, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(again.address_state, AddressState::ResetAddress, "the answer may have been lost");
    let anew = put(Some(&first.installation), &request(3, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(anew.address_state, AddressState::Live, "a newer report is a new claim");
}

#[test]
fn a_moved_value_is_not_revived_by_an_equal_put() {
    let mut state = logged_in();
    state.slot = Slot::Moved(token("t1"));
    let decision = put(Some(&state), &request(1, Some(token("t1")), Some(("A", "l1"))));
    assert_eq!(decision.address_state, AddressState::ResetAddress);
}

/// B3, A8: logout unbinds, with no proof and with no address.
#[test]
fn logout_ends_the_binding_and_withdraws_the_address() {
    let out = request(2, None, None);
    let decision = put_installation(Some(&logged_in()), &out, &UserProof::Absent, &facts()).unwrap();
    assert_eq!(decision.installation.binding, None);
    assert_eq!(decision.installation.slot, Slot::None);
    assert_eq!(ended(&decision), [("A".to_owned(), Reason::Logout)]);
}

/// B3: the next account on the phone ends the binding of the one before.
#[test]
fn login_as_another_ends_the_first_binding_in_the_same_put() {
    let decision = put(Some(&logged_in()), &request(2, Some(token("t2")), Some(("B", "l2"))));
    assert_eq!(ended(&decision), [("A".to_owned(), Reason::Relogin)]);
    assert_eq!(decision.installation.binding.unwrap().user.as_str(), "B");
}

#[test]
fn an_ended_login_is_never_bound_again() {
    let facts = PutFacts { login_ended: Some(Reason::PolicySingle), ..facts() };
    let back = request(2, Some(token("t2")), Some(("A", "l1")));
    let mut evicted = logged_in();
    evicted.binding = None;
    let decision = put_installation(Some(&evicted), &back, &UserProof::Trusted, &facts).unwrap();
    assert_eq!(decision.user_state, UserState::Evicted);
    assert_eq!(decision.reason, Some(Reason::PolicySingle));
    assert_eq!(decision.installation.binding, None);
    assert_eq!(decision.address_state, AddressState::Live, "everything else is applied");
}

/// B7, I2: under `single` the bind evicts every other installation of the user.
#[test]
fn a_bind_under_single_evicts_the_others() {
    let other = BoundInstallation { installation: InstallationNo(9), seen: Timestamp::from_ms(5) };
    let facts = PutFacts { policy: Policy::Single, others: vec![other], ..facts() };
    let first = request(1, Some(token("t9")), Some(("A", "l9")));
    let decision = put_installation(None, &first, &UserProof::Trusted, &facts).unwrap();
    let evict = Change::Evict { installation: InstallationNo(9), reason: Reason::PolicySingle };
    assert!(decision.changes.contains(&evict));
}

/// A rotation binds nobody, so it evicts nobody: else two phones would evict each other for ever.
#[test]
fn a_rotation_under_single_evicts_nobody() {
    let other = BoundInstallation { installation: InstallationNo(9), seen: Timestamp::from_ms(5) };
    let facts = PutFacts { policy: Policy::Single, others: vec![other], ..facts() };
    let rotated = request(2, Some(token("t2")), Some(("A", "l1")));
    let decision = put_installation(Some(&logged_in()), &rotated, &UserProof::Absent, &facts).unwrap();
    assert_eq!(decision.user_state, UserState::Bound);
    assert!(!decision.changes.iter().any(|change| matches!(change, Change::Evict { .. })));
}

#[test]
fn without_a_proof_everything_but_the_user_is_applied() {
    let cases = [
        ("absent", UserProof::Absent, None, UserState::ProofNeeded),
        ("refused", UserProof::Refused, None, UserState::ProofInvalid),
        ("for another user", valid("C", 900), None, UserState::ProofInvalid),
        ("issued before the revoke", valid("B", 900), Some(1_000), UserState::ProofInvalid),
        ("issued after the revoke", valid("B", 1_000), Some(1_000), UserState::Bound),
    ];
    for (name, proof, revoked_ms, expected) in cases {
        let facts = PutFacts { revoked_at: revoked_ms.map(Timestamp::from_ms), ..facts() };
        let other = request(2, Some(token("t2")), Some(("B", "l2")));
        let decision = put_installation(Some(&logged_in()), &other, &proof, &facts).unwrap();
        assert_eq!(decision.user_state, expected, "{name}");
        assert_eq!(decision.address_state, AddressState::Live, "{name}");
        assert_eq!(ended(&decision).len(), 1, "{name}: the person before has left in any case");
    }
}

#[test]
fn another_login_of_the_same_user_without_proof_is_unbound() {
    let relogin = request(2, Some(token("t1")), Some(("A", "l2")));
    let decision = put_installation(Some(&logged_in()), &relogin, &UserProof::Absent, &facts()).unwrap();
    assert_eq!(decision.installation.binding, None);
    assert_eq!(ended(&decision), [("A".to_owned(), Reason::Unproven)]);
}

#[test]
fn a_put_confirms_a_restored_binding() {
    let mut state = logged_in();
    state.unconfirmed = true;
    let same = request(1, Some(token("t1")), Some(("A", "l1")));
    assert!(!put(Some(&state), &same).installation.unconfirmed);
}

#[test]
fn an_address_of_an_unknown_kind_is_kept_as_reported_and_not_sent_to() {
    let kind = AddressKind::from("carrier_pigeon".to_owned());
    let decision = put(None, &request(1, Some(Address { kind, ..token("coo") }), None));
    assert_eq!(decision.address_state, AddressState::None);
    assert!(decision.installation.reported.address.is_some());
}
