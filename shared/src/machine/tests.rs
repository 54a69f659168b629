//! The rules of the core, one by one. Interleavings are in `tests/it/convergence.rs`.

use std::time::Duration;

use pushbridge_wire::{
    Address, AddressKind, AddressValue, InstallationId, InstallationResponse, InstallationSecret, LoginId,
    Outcome, Permission, Platform, Revision, Tags, Timestamp,
};
use serde_json::json;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);
const NOON: i64 = 1_795_000_000_000;

/// A core at the machine's level: a state, a clock, and the effects of the last step.
struct Core {
    state: State,
    now: Timestamp,
    effects: Vec<Effect>,
    logins: u32,
}

impl Core {
    fn new() -> Self {
        let mut core = Self {
            state: State::new(identity(1), attributes("1.0")),
            now: Timestamp::from_ms(NOON),
            effects: vec![],
            logins: 0,
        };
        core.open("1.0");
        core
    }

    /// Somebody is logged in and the server has everything.
    fn settled() -> Self {
        let mut core = Self::new();
        core.report("T1").login("A");
        core.answer(json!({ "user_state": "bound" }));
        core
    }

    fn apply(&mut self, event: Event) -> &mut Self {
        let (state, effects) = step(self.state.clone(), event, self.now);
        (self.state, self.effects) = (state, effects);
        self
    }
    fn open(&mut self, app_version: &str) -> &mut Self {
        self.apply(Event::Opened { core_version: "0.1".to_owned(), attributes: attributes(app_version) })
    }
    fn restart(&mut self) -> &mut Self {
        self.state.session = Session::default();
        self.open("1.0")
    }
    fn report(&mut self, value: &str) -> &mut Self {
        self.apply(Event::Reported { address: address(value), number: ReportNumber::Now })
    }
    fn begin_pull(&mut self) -> ReportNumber {
        self.state.session.numbered += 1;
        ReportNumber::Pull(self.state.session.numbered)
    }
    fn report_pulled(&mut self, value: &str, number: ReportNumber) -> &mut Self {
        self.apply(Event::Reported { address: address(value), number })
    }
    fn login(&mut self, user: &str) -> &mut Self {
        self.logins += 1;
        let login_id = LoginId::try_from(format!("login{}", self.logins)).unwrap();
        self.apply(Event::LoggedIn { user: user.to_owned().try_into().unwrap(), login_id })
    }
    fn logout(&mut self) -> &mut Self {
        self.apply(Event::LoggedOut)
    }
    fn reset_done(&mut self, value: &str) -> &mut Self {
        let reset = self.state.progress.reset.expect("a reset is pending").id;
        self.apply(Event::ResetAnswered { reset, address: address(value) })
    }
    fn sent(&self, request: Request, proof: UserProofSent) -> Sent {
        let revision = self.state.desired.revision.expect("something to tell");
        Sent { installation: self.state.identity.installation, revision, request, proof }
    }
    fn answered(&mut self, sent: Sent, answer: Answer) -> &mut Self {
        let answer = Box::new(answer);
        self.apply(Event::Answered { sent, answer, fresh: identity(2), jitter: Jitter(1 << 31) })
    }
    /// The server answers a PUT of what is desired now; `fields` differ from a plain success.
    fn answer(&mut self, fields: serde_json::Value) -> &mut Self {
        let sent = self.sent(Request::Put, UserProofSent::AtHand);
        let answer = Answer::Installation(response(sent.revision, fields));
        self.answered(sent, answer)
    }
    fn refuse(&mut self, answer: Answer) -> &mut Self {
        let sent = self.sent(Request::Put, UserProofSent::No);
        self.answered(sent, answer)
    }
    fn pass(&mut self, time: Duration) -> &mut Self {
        self.now = self.now.plus(time);
        self
    }
    fn plan(&self) -> Plan {
        plan(&self.state, self.now)
    }
    fn revision(&self) -> u64 {
        self.state.desired.revision.map_or(0, Revision::get)
    }
    fn value(&self) -> Option<&str> {
        self.state.desired.address.as_ref().map(|address| address.value.expose())
    }
    fn user(&self) -> Option<&str> {
        self.state.desired.login.as_ref().map(|login| login.user.as_str())
    }
    fn login_id(&self) -> Option<&str> {
        self.state.login_id().map(LoginId::as_str)
    }
    fn has_pending_reset(&self) -> bool {
        self.state.progress.reset.is_some()
    }
}

fn identity(n: u8) -> Identity {
    Identity {
        installation: InstallationId::from_random([n; 16]),
        secret: InstallationSecret::from_random([n; 32]),
    }
}

fn attributes(app_version: &str) -> Attributes {
    Attributes {
        platform: Platform::Android,
        permission: None,
        app_version: Some(app_version.to_owned()),
        os_version: None,
        locale: None,
        timezone: None,
        tags: Tags::default(),
    }
}

fn address(value: &str) -> Address {
    Address { kind: AddressKind::FcmToken, value: AddressValue::try_from(value.to_owned()).unwrap() }
}

fn response(revision: Revision, fields: serde_json::Value) -> InstallationResponse {
    let mut body = json!({
        "revision": revision, "outcome": "applied", "address_state": "live", "user_state": "none",
        "wall": "closed", "incarnation": "first", "refresh_after": "P28D", "confirm_after": "P1D",
        "server_time": "2026-11-24T00:00:00Z", "installation": { "revision": revision, "platform": "android" },
    });
    for (name, value) in fields.as_object().unwrap() {
        body[name] = value.clone();
    }
    serde_json::from_value(body).unwrap()
}

// ------------------------------------------------------------------------------------------ reports

/// B4: the first address and every later one are told to the server.
#[test]
fn the_first_address_and_a_rotated_one_are_changes() {
    let mut core = Core::new();
    assert_eq!(core.plan(), Plan::Done);
    core.report("T1");
    assert_eq!((core.revision(), core.plan()), (1, Plan::Put(AskProof::No)));
    core.answer(json!({}));
    assert_eq!(core.plan(), Plan::Done);
    core.report("T2");
    assert_eq!((core.revision(), core.value(), core.plan()), (2, Some("T2"), Plan::Put(AskProof::No)));
}

/// I10
#[test]
fn the_same_address_is_a_change_only_when_the_acknowledgement_is_old() {
    let mut core = Core::settled();
    let revision = core.revision();
    for _ in 0..100 {
        core.report("T1");
    }
    assert_eq!((core.revision(), core.plan()), (revision, Plan::Done));
    core.pass(DAY + Duration::from_secs(1)).report("T1").report("T1");
    assert_eq!(core.revision(), revision + 1, "one confirmation, however often it is reported meanwhile");
}

/// F14
#[test]
fn an_older_pull_never_replaces_a_newer_report() {
    let mut core = Core::new();
    let older = core.begin_pull();
    core.report("T2").report_pulled("T1", older);
    assert_eq!(core.value(), Some("T2"));
    let newer = core.begin_pull();
    core.report_pulled("T3", newer);
    assert_eq!(core.value(), Some("T3"));
}

#[test]
fn a_pull_of_another_core_object_does_not_silence_later_reports() {
    let mut core = Core::new();
    core.report_pulled("T1", ReportNumber::Pull(1_000)).report("T2");
    assert_eq!(core.value(), Some("T2"));
    core.report_pulled("T1", ReportNumber::Pull(1_000));
    assert_eq!(core.value(), Some("T2"));
}

#[test]
fn a_lost_address_is_withdrawn_only_if_it_is_of_the_kind_in_use() {
    let mut core = Core::settled();
    core.apply(Event::AddressLost { kind: AddressKind::FcmFid });
    assert_eq!(core.value(), Some("T1"));
    core.apply(Event::AddressLost { kind: AddressKind::FcmToken });
    assert_eq!((core.value(), core.user()), (None, Some("A")));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

/// B4: an app that switches from tokens to Firebase Installation IDs stays one installation.
#[test]
fn another_kind_with_the_same_text_is_another_address() {
    let mut core = Core::settled();
    let fid = Address { kind: AddressKind::FcmFid, ..address("T1") };
    core.apply(Event::Reported { address: fid.clone(), number: ReportNumber::Now });
    assert_eq!(core.state.desired.address, Some(fid));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
}

// ------------------------------------------------------------------------------------------ login and logout

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
    core.report("T1").answer(json!({})).logout();
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
    core.answer(json!({ "address_state": "none" }));
    assert!(core.state.progress.logout_pending);
    core.reset_done("T2").answer(json!({ "address_state": "contested", "refresh_after": "PT10M" }));
    assert!(core.state.progress.logout_pending);
    core.pass(Duration::from_secs(600)).answer(json!({ "wall": "open" }));
    assert!(!core.state.progress.logout_pending);
    assert_eq!(core.state.progress.wall_closed, Some(false));
}

#[test]
fn a_logout_is_done_at_once_if_this_process_placed_the_address() {
    let mut core = Core::settled();
    core.logout().answer(json!({ "address_state": "none" }));
    assert!(!core.state.progress.logout_pending);
    assert_eq!(core.state.progress.wall_closed, Some(true));
}

// ------------------------------------------------------------------------------------------ answers

/// F20, failure mode 7: a rotation while a PUT is on its way.
#[test]
fn an_answer_to_an_older_revision_acknowledges_nothing() {
    let mut core = Core::settled();
    core.report("T2");
    let sent = core.sent(Request::Put, UserProofSent::No);
    core.report("T3").answered(sent.clone(), Answer::Installation(response(sent.revision, json!({}))));
    assert_eq!(core.plan(), Plan::Put(AskProof::No));
    core.answered(
        sent.clone(),
        Answer::Installation(response(sent.revision, json!({"user_state":"evicted"}))),
    );
    assert_eq!(core.user(), Some("A"), "nor does it evict");
    core.answered(sent, Answer::Cloned);
    assert_eq!(core.state.identity, identity(1), "nor does it take the identity");
}

/// Rule 7: an ended login is final; the app is told, at every start until it does something.
#[test]
fn an_eviction_logs_out_and_keeps_the_address() {
    let mut core = Core::settled();
    core.report("T2").answer(json!({ "user_state": "evicted", "reason": "policy_single" }));
    let told = Effect::LoggedOut(LoggedOutReason::Evicted { reason: Some("policy_single".to_owned()) });
    assert_eq!(core.effects, [told.clone()]);
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
    core.report("T2").answer(json!({ "user_state": "evicted" })).logout();
    assert_eq!((core.value(), core.has_pending_reset()), (None, true));
}

/// F23, F11, F2: whatever says that a copy exists ends this identity.
#[test]
fn stale_for_the_current_revision_409_and_401_make_a_new_identity() {
    let answers: [fn(Revision) -> Answer; 3] = [
        |revision| Answer::Installation(response(revision, json!({ "outcome": "stale" }))),
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
    core.report("T1").answer(json!({ "address_state": "reset_address" }));
    assert_eq!(core.effects, [Effect::ResetAddress(ResetId(1))]);
    assert_eq!(core.plan(), Plan::Done);
    core.login("A");
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
}

/// F16, F17: a contested address is asked for again when the challenge's life is over, with the same revision.
#[test]
fn a_contested_address_is_asked_for_again_with_the_same_revision() {
    let mut core = Core::new();
    core.report("T1").answer(json!({ "address_state": "contested", "refresh_after": "PT10M" }));
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
    core.report("T2").answer(json!({ "incarnation": "second" }));
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(json!({ "incarnation": "second", "user_state": "bound" }));
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

// ------------------------------------------------------------------------------------------ credentials

/// F18, failure mode 11: one forced refresh, one retry, then silence.
#[test]
fn a_refused_proof_is_refreshed_once_and_then_waits_for_the_app() {
    let mut core = Core::new();
    core.report("T1").login("A");
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(json!({ "user_state": "proof_invalid" }));
    assert!(core.state.is_acked(), "everything else is acknowledged");
    assert_eq!(core.plan(), Plan::Put(AskProof::Refreshed));
    let sent = core.sent(Request::Put, UserProofSent::Refreshed);
    let answer = response(sent.revision, json!({ "user_state": "proof_invalid" }));
    core.answered(sent, Answer::Installation(answer));
    assert_eq!(core.plan(), Plan::NeedsCredentials { may_ask: false });
    core.apply(Event::CredentialsChanged);
    assert_eq!(core.plan(), Plan::Put(AskProof::AtHand));
    core.answer(json!({ "user_state": "bound" }));
    assert_eq!(core.plan(), Plan::Done);
}

#[test]
fn without_a_refreshed_proof_the_provider_may_be_asked_again_later() {
    let mut core = Core::new();
    core.report("T1").login("A").answer(json!({ "user_state": "proof_needed" }));
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

// ------------------------------------------------------------------------------------------ challenges

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
    core.report("T1").answer(json!({ "address_state": "contested", "refresh_after": "PT10M" }));
    let mine = core.state.identity.installation;
    challenge(&mut core, mine);
    let sent = core.sent(Request::Prove, UserProofSent::No);
    let answer = Answer::Installation(response(sent.revision, json!({ "outcome": "unchanged" })));
    core.answered(sent.clone(), answer);
    assert_eq!(core.plan(), Plan::Done);
    assert_eq!(core.state.acked.as_ref().unwrap().address_state, pushbridge_wire::AddressState::Live);
    challenge(&mut core, mine);
    core.answered(sent, Answer::Rejected { code: "invalid_field".to_owned() });
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "a nonce that is refused is not tried again");
}

// ------------------------------------------------------------------------------------------ failures

fn busy(seconds: u64) -> Answer {
    Answer::Busy { retry_after: Some(Duration::from_secs(seconds)) }
}

/// Failure mode 13
#[test]
fn retry_after_holds_against_everything_and_is_capped_at_a_day() {
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
    core.answer(json!({}));
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
    core.answer(json!({}));
    core.now = core.now.minus(DAY * 365);
    core.apply(Event::Woken { try_now: false }).pass(DAY * 28);
    assert_eq!(core.plan(), Plan::Put(AskProof::No), "the refresh comes 28 days after the jump was seen");
}

/// Failure mode 14
#[test]
fn a_refusal_is_not_repeated_until_something_changes_or_a_day_has_passed() {
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

// ------------------------------------------------------------------------------------------ recovery and secrets

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
    core.report("T1").answer(json!({ "outcome": "merged", "address_state": "asleep", "user_state": "odd" }));
    assert_eq!(core.plan(), Plan::Done);
    assert_eq!(Outcome::from("merged".to_owned()), Outcome::Other("merged".to_owned()));
}
