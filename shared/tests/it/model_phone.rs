//! A phone at the machine's level: platform, wrapper, the state as the "disk", and a network that does as told.

use std::time::Duration;

use pushbridge_core::machine::{
    Answer, AskProof, Attributes, DeferCause, Event, Identity, Jitter, Plan, Recovery, ReportNumber, Request,
    ResetId, Sent, Session, State, UserProofSent, plan, step,
};
use pushbridge_wire::{
    Address, AddressKind, AddressValue, InstallationId, InstallationRequest, InstallationSecret, LoginId,
    Platform, Problem, Revision, Tags, Timestamp,
};

use crate::model_server::{Held, Server};

/// What the network does with one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Arrives,
    RequestLost,
    AnswerLost,
    Twice,
    /// The phone gives up, and the request arrives some time later, perhaps after newer ones.
    Late,
    Portal,
    Busy,
}

/// A report that the platform has given and the core has not got yet.
#[derive(Clone)]
enum Callback {
    Pulled(ReportNumber, String),
    Reset(ResetId, String),
}

#[derive(Clone)]
struct LatePut {
    id: String,
    secret: String,
    body: InstallationRequest,
}

pub(crate) struct Phone {
    pub(crate) state: State,
    pub(crate) now: Timestamp,
    /// What the platform has now.
    pub(crate) token: String,
    tokens: u32,
    drawn: u32,
    logins: u32,
    callbacks: Vec<Callback>,
    late: Vec<LatePut>,
    /// The one request under way, with the answer that is coming.
    under_way: Option<(Sent, Answer)>,
}

impl Phone {
    pub(crate) fn new() -> Self {
        let identity = identity(1);
        let mut phone = Self {
            state: State::new(identity, attributes()),
            now: Timestamp::from_ms(1_795_000_000_000),
            token: "T0".to_owned(),
            tokens: 0,
            drawn: 1,
            logins: 0,
            callbacks: vec![],
            late: vec![],
            under_way: None,
        };
        phone.restart();
        phone
    }

    fn apply(&mut self, event: Event) {
        self.state = step(self.state.clone(), event, self.now).0;
    }

    fn draw(&mut self) -> Identity {
        self.drawn += 1;
        identity(self.drawn)
    }

    /// A process dies and another one starts: it pulls, as every wrapper does.
    pub(crate) fn restart(&mut self) {
        self.callbacks.clear();
        self.under_way = None;
        self.state.session = Session::default();
        self.apply(Event::Opened { core_version: "1".to_owned(), attributes: attributes() });
        self.pull();
    }

    pub(crate) fn lose_store(&mut self) {
        let fresh = self.draw();
        self.state = State::new(fresh.clone(), attributes());
        self.apply(Event::Recovered { why: Recovery::Damaged, identity: fresh });
        self.restart();
    }

    pub(crate) fn login(&mut self, user: u8) {
        self.logins += 1;
        let login_id = LoginId::try_from(format!("login{}", self.logins)).unwrap();
        self.apply(Event::LoggedIn { user: format!("user{user}").try_into().unwrap(), login_id });
    }

    pub(crate) fn logout(&mut self) {
        self.apply(Event::LoggedOut);
    }

    fn fresh_token(&mut self) {
        self.tokens += 1;
        self.token = format!("T{}", self.tokens);
    }

    /// The platform rotates; whether its call reaches the core is another matter.
    pub(crate) fn rotate(&mut self, is_heard: bool) {
        self.fresh_token();
        if is_heard {
            self.apply(Event::Reported { address: address(&self.token), number: ReportNumber::Now });
        }
    }

    pub(crate) fn pull(&mut self) {
        self.state.session.numbered += 1;
        let number = ReportNumber::Pull(self.state.session.numbered);
        self.callbacks.push(Callback::Pulled(number, self.token.clone()));
    }

    /// The wrapper does what `ResetAddress` asks; its answer is on the way.
    pub(crate) fn run_reset(&mut self, keeps_value: bool) {
        let Some(reset) = self.state.progress.reset else { return };
        if !keeps_value {
            self.fresh_token();
        }
        self.callbacks.push(Callback::Reset(reset.id, self.token.clone()));
    }

    pub(crate) fn deliver_callback(&mut self, which: usize) {
        if self.callbacks.is_empty() {
            return;
        }
        let index = which % self.callbacks.len();
        match self.callbacks.remove(index) {
            Callback::Pulled(number, value) => {
                self.apply(Event::Reported { address: address(&value), number });
            }
            Callback::Reset(reset, value) => {
                self.apply(Event::ResetAnswered { reset, address: address(&value) });
            }
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now = self.now.plus(time);
    }

    pub(crate) fn plan(&self) -> Plan {
        plan(&self.state, self.now)
    }

    /// One request with its answer, if the core wants one.
    pub(crate) fn sync(&mut self, server: &mut Server, fate: Fate) {
        self.send(server, fate);
        self.deliver_answer();
    }

    /// One request, if the core wants one and none is under way; anything may happen before its answer comes.
    pub(crate) fn send(&mut self, server: &mut Server, fate: Fate) {
        if self.under_way.is_some() {
            return;
        }
        server.now_ms = self.now.as_ms();
        self.apply(Event::Woken { try_now: false });
        let (request, proof) = match self.plan() {
            Plan::Put(AskProof::No) => (Request::Put, UserProofSent::No),
            Plan::Put(_) => (Request::Put, UserProofSent::AtHand),
            Plan::Prove { .. } => (Request::Prove, UserProofSent::No),
            _ => return,
        };
        let revision = self.state.desired.revision.unwrap();
        let sent = Sent { installation: self.state.identity.installation, revision, request, proof };
        let answer = self.exchange(server, &sent, fate);
        self.under_way = Some((sent, answer));
    }

    pub(crate) fn deliver_answer(&mut self) {
        if let Some((sent, answer)) = self.under_way.take() {
            let fresh = self.draw();
            self.apply(Event::Answered { sent, answer, fresh, jitter: Jitter(0) });
        }
    }

    fn exchange(&mut self, server: &mut Server, sent: &Sent, fate: Fate) -> Answer {
        let timeout = Answer::Unusable(DeferCause::Timeout);
        match fate {
            Fate::Arrives => self.ask(server, sent),
            Fate::Twice => {
                let _first = self.ask(server, sent);
                self.ask(server, sent)
            }
            Fate::AnswerLost => {
                let _lost = self.ask(server, sent);
                timeout
            }
            Fate::Late if sent.request == Request::Put => {
                self.late.push(self.put(sent.revision));
                timeout
            }
            Fate::Late | Fate::RequestLost => Answer::Unusable(DeferCause::Offline),
            Fate::Portal => Answer::Unusable(DeferCause::NotTheServer),
            Fate::Busy => Answer::Busy { retry_after: Some(Duration::from_secs(60)) },
        }
    }

    fn ask(&self, server: &mut Server, sent: &Sent) -> Answer {
        let put = self.put(sent.revision);
        let answer = match sent.request {
            Request::Prove => {
                let challenge = self.state.progress.challenge.as_ref().unwrap();
                server.prove(&put.id, &challenge.nonce)
            }
            _ => server.put(&put.id, &put.secret, &put.body, None),
        };
        if answer.status == 200 {
            return Answer::Installation(Box::new(serde_json::from_slice(&answer.body).unwrap()));
        }
        let problem: Problem = serde_json::from_slice(&answer.body).unwrap();
        match answer.status {
            401 => Answer::SecretInvalid,
            409 => Answer::Cloned,
            _ => Answer::Rejected { code: problem.code.to_string() },
        }
    }

    fn put(&self, revision: Revision) -> LatePut {
        let (desired, attributes) = (&self.state.desired, self.state.desired.attributes.clone());
        LatePut {
            id: self.state.identity.installation.to_string(),
            secret: self.state.identity.secret.expose().to_owned(),
            body: InstallationRequest {
                revision,
                platform: attributes.platform,
                address: desired.address.clone(),
                user: desired.login.as_ref().map(|login| login.user.clone()),
                login_id: desired.login.as_ref().map(|login| login.login_id.clone()),
                permission: None,
                app_version: None,
                os_version: None,
                locale: None,
                timezone: None,
                tags: attributes.tags,
            },
        }
    }

    /// A request that the phone gave up on arrives after all.
    pub(crate) fn deliver_late(&mut self, server: &mut Server, which: usize) {
        if !self.late.is_empty() {
            let put = self.late.remove(which % self.late.len());
            server.put(&put.id, &put.secret, &put.body, None);
        }
    }

    /// Pushes reach the phone if they are for the address that the platform has now.
    pub(crate) fn deliver_pushes(&mut self, server: &mut Server, are_lost: bool) {
        for push in std::mem::take(&mut server.pushes) {
            if !are_lost && push.value == self.token {
                let installation = push.installation.parse().unwrap();
                self.apply(Event::Challenged { installation, nonce: push.nonce.to_string() });
            }
        }
    }

    /// Network and platform work again. Runs until nothing is left to do.
    pub(crate) fn settle(&mut self, server: &mut Server) {
        self.deliver_answer();
        while !self.late.is_empty() {
            self.deliver_late(server, 0);
        }
        for _ in 0..40 {
            self.run_reset(false);
            self.pull();
            while !self.callbacks.is_empty() {
                self.deliver_callback(0);
            }
            for _ in 0..4 {
                self.sync(server, Fate::Arrives);
                self.deliver_pushes(server, false);
            }
            if self.state.progress.reset.is_none() && self.plan() == Plan::Done {
                return;
            }
            self.pass(Duration::from_secs(600)); // a wait, or a challenge's life
        }
        panic!("never settles: {:?} {:?}", self.plan(), self.state);
    }

    /// I9
    pub(crate) fn assert_server_equals_desired(&self, server: &Server) {
        let desired = &self.state.desired;
        let Some(revision) = desired.revision else { return };
        let installation = &server.installations[&self.state.identity.installation.to_string()];
        assert_eq!(installation.revision, revision.get());
        let login = desired.login.as_ref();
        let wanted = login.map(|login| (login.user.to_string(), login.login_id.to_string()));
        assert_eq!(installation.bound, wanted, "whoever is logged in is bound, and nobody else");
        assert_eq!(desired.address, Some(address(&self.token)), "what the platform has is desired");
        assert_eq!(installation.held, Held::Live(self.token.clone()), "and live");
        for (id, other) in &server.installations {
            let is_mine = *id == self.state.identity.installation.to_string();
            assert!(is_mine || other.held != Held::Live(self.token.clone()), "I1: {id} holds it too");
        }
    }
}

fn identity(n: u32) -> Identity {
    let (mut id, mut secret) = ([0; 16], [0; 32]);
    id[..4].copy_from_slice(&n.to_le_bytes());
    secret[..4].copy_from_slice(&n.to_le_bytes());
    Identity {
        installation: InstallationId::from_random(id),
        secret: InstallationSecret::from_random(secret),
    }
}

fn attributes() -> Attributes {
    Attributes {
        platform: Platform::Android,
        permission: None,
        app_version: None,
        os_version: None,
        locale: None,
        timezone: None,
        tags: Tags::default(),
    }
}

fn address(value: &str) -> Address {
    Address { kind: AddressKind::FcmToken, value: AddressValue::try_from(value.to_owned()).unwrap() }
}
