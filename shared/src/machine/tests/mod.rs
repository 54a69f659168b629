//! The rules of the core, one by one. Interleavings are in `tests/it/convergence.rs`.

mod answers;
mod logins;
mod proofs;
mod reports;
mod waits;

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
        core.answer(&json!({ "user_state": "bound" }));
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
        self.apply(Event::Answered { sent, answer, fresh: identity(2), jitter: Jitter(1 << 31) })
    }
    /// The server answers a PUT of what is desired now; `fields` differ from a plain success.
    fn answer(&mut self, fields: &serde_json::Value) -> &mut Self {
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

fn response(revision: Revision, fields: &serde_json::Value) -> Box<InstallationResponse> {
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
