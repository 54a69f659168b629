//! The server's side of the device protocol, small enough to be read against the design: one app, rules 1 to 7.

use std::collections::{HashMap, HashSet};

use pushbridge_core::sync::{ApiAnswer, ApiMethod, ApiRequest};
use pushbridge_wire::{InstallationRequest, ProofRequest, ReceiptsRequest};
use serde_json::{Value, json};

pub(crate) const CHALLENGE_LIFE_MS: i64 = 600_000;

/// What the server does with an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    Nothing,
    Live(String),
    Contested { value: String, nonce: u64, since_ms: i64 },
    ResetAsked { value: String, told: bool },
    Moved(String),
}

#[derive(Clone, PartialEq, Eq)]
struct Reported {
    address: Option<String>,
    user: Option<String>,
    login: Option<String>,
}

pub(crate) struct Installation {
    secret: String,
    pub(crate) revision: u64,
    reported: Reported,
    pub(crate) held: Held,
    pub(crate) bound: Option<(String, String)>,
}

/// A push to an address: a challenge for an installation.
#[derive(Clone, Debug)]
pub(crate) struct Push {
    pub(crate) value: String,
    pub(crate) installation: String,
    pub(crate) nonce: u64,
}

pub(crate) struct Server {
    pub(crate) installations: HashMap<String, Installation>,
    last_holder: HashMap<String, String>,
    ended: HashSet<String>,
    nonce: u64,
    pub(crate) incarnation: String,
    pub(crate) pushes: Vec<Push>,
    /// The only proof that counts; none: mode `trusted`.
    pub(crate) proof: Option<String>,
    pub(crate) puts: u32,
    pub(crate) clone_answers: u32,
    pub(crate) receipts: Vec<String>,
    pub(crate) now_ms: i64,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            installations: HashMap::new(),
            last_holder: HashMap::new(),
            ended: HashSet::new(),
            nonce: 0,
            incarnation: "first".to_owned(),
            pushes: vec![],
            proof: None,
            puts: 0,
            clone_answers: 0,
            receipts: vec![],
            now_ms: 0,
        }
    }

    pub(crate) fn handle(&mut self, request: &ApiRequest) -> ApiAnswer {
        let parts: Vec<&str> = request.path.split('/').skip(1).collect();
        assert_eq!(parts[..4], ["v1", "apps", "shop", "installations"], "{}", request.path);
        let id = parts[4].to_owned();
        let secret = request.secret.expose();
        match (request.method, parts.get(5).copied()) {
            (ApiMethod::Put, None) => {
                let body: InstallationRequest = serde_json::from_str(&request.body).unwrap();
                self.put(&id, secret, &body, request.user_proof.as_deref())
            }
            (ApiMethod::Post, Some("proof")) => {
                let body: ProofRequest = serde_json::from_str(&request.body).unwrap();
                self.prove(&id, &body.nonce)
            }
            (ApiMethod::Post, Some("receipts")) => {
                let body: ReceiptsRequest = serde_json::from_str(&request.body).unwrap();
                self.receipts.extend(body.receipts.iter().map(|r| r.message_id.to_string()));
                ApiAnswer { status: 204, ..ApiAnswer::default() }
            }
            _ => problem(404, "not_found"),
        }
    }

    pub(crate) fn put(
        &mut self,
        id: &str,
        secret: &str,
        body: &InstallationRequest,
        proof: Option<&str>,
    ) -> ApiAnswer {
        self.puts += 1;
        self.expire_challenges();
        let reported = Reported {
            address: body.address.as_ref().map(|a| a.value.expose().to_owned()),
            user: body.user.as_ref().map(ToString::to_string),
            login: body.login_id.as_ref().map(ToString::to_string),
        };
        let revision = body.revision.get();
        let entry = self.installations.entry(id.to_owned()).or_insert_with(|| Installation {
            secret: secret.to_owned(),
            revision: 0,
            reported: reported.clone(),
            held: Held::Nothing,
            bound: None,
        });
        if entry.secret != secret {
            return problem(401, "secret_invalid");
        }
        if revision < entry.revision {
            return self.answer(id, revision, "stale", "none", None);
        }
        if revision == entry.revision && entry.reported != reported {
            self.clone_answers += 1;
            return problem(409, "installation_cloned");
        }
        let is_newer = revision > entry.revision;
        entry.revision = revision;
        entry.reported = reported.clone();
        self.put_address(id, reported.address.as_deref(), is_newer);
        let proof_counts = self.proof.is_none() || self.proof.as_deref() == proof;
        let user_state = self.put_user(id, &reported, proof_counts);
        let outcome = if is_newer { "applied" } else { "unchanged" };
        let reason = (user_state == "evicted").then_some("revoked");
        self.answer(id, revision, outcome, user_state, reason)
    }

    fn put_address(&mut self, id: &str, value: Option<&str>, is_newer: bool) {
        let held = self.installations[id].held.clone();
        let keeps = match (&held, value) {
            (_, None) => {
                self.set(id, Held::Nothing);
                true
            }
            (Held::Live(v), Some(value)) => v == value,
            (Held::Contested { value: v, .. }, Some(value)) => v == value && !is_newer,
            (Held::ResetAsked { value: v, told }, Some(value)) => v == value && (!is_newer || !told),
            (Held::Moved(v), Some(value)) if v == value && !is_newer => {
                self.set(id, Held::ResetAsked { value: v.clone(), told: false });
                true
            }
            _ => false,
        };
        if let (false, Some(value)) = (keeps, value) {
            self.claim(id, value);
        }
        if let Held::ResetAsked { value, .. } = self.installations[id].held.clone() {
            self.set(id, Held::ResetAsked { value, told: true });
        }
    }

    fn set(&mut self, id: &str, held: Held) {
        self.installations.get_mut(id).unwrap().held = held;
    }

    fn claim(&mut self, id: &str, value: &str) {
        let is_free = self.last_holder.get(value).is_none_or(|holder| holder == id);
        if is_free {
            return self.take(id, value);
        }
        self.nonce += 1;
        let (nonce, since_ms) = (self.nonce, self.now_ms);
        self.set(id, Held::Contested { value: value.to_owned(), nonce, since_ms });
        self.pushes.push(Push { value: value.to_owned(), installation: id.to_owned(), nonce });
    }

    fn take(&mut self, id: &str, value: &str) {
        for other in self.installations.values_mut() {
            if other.held == Held::Live(value.to_owned()) {
                other.held = Held::Moved(value.to_owned());
            }
        }
        self.set(id, Held::Live(value.to_owned()));
        self.last_holder.insert(value.to_owned(), id.to_owned());
    }

    fn put_user(&mut self, id: &str, reported: &Reported, proof_counts: bool) -> &'static str {
        let (Some(user), Some(login)) = (reported.user.clone(), reported.login.clone()) else {
            self.end(id);
            return "none";
        };
        let bound = self.installations[id].bound.clone();
        if bound == Some((user.clone(), login.clone())) {
            return "bound";
        }
        self.end(id);
        if self.ended.contains(&login) {
            return "evicted";
        }
        if !proof_counts {
            return "proof_needed";
        }
        self.installations.get_mut(id).unwrap().bound = Some((user, login));
        "bound"
    }

    fn end(&mut self, id: &str) {
        if let Some((_, login)) = self.installations.get_mut(id).unwrap().bound.take() {
            self.ended.insert(login);
        }
    }

    /// The backend ends whatever is bound.
    pub(crate) fn revoke_all(&mut self) {
        for id in self.installations.keys().cloned().collect::<Vec<_>>() {
            self.end(&id);
        }
    }

    pub(crate) fn prove(&mut self, id: &str, nonce: &str) -> ApiAnswer {
        self.expire_challenges();
        let Some(installation) = self.installations.get(id) else { return problem(404, "not_found") };
        let (revision, held) = (installation.revision, installation.held.clone());
        match held {
            Held::Contested { value, nonce: wanted, .. } if wanted.to_string() == nonce => {
                self.take(id, &value);
                let user_state = if self.installations[id].bound.is_some() { "bound" } else { "none" };
                self.answer(id, revision, "unchanged", user_state, None)
            }
            _ => problem(400, "invalid_field"),
        }
    }

    fn expire_challenges(&mut self) {
        for installation in self.installations.values_mut() {
            if let Held::Contested { value, since_ms, .. } = &installation.held
                && self.now_ms - since_ms >= CHALLENGE_LIFE_MS
            {
                installation.held = Held::ResetAsked { value: value.clone(), told: false };
            }
        }
    }

    fn answer(
        &self,
        id: &str,
        revision: u64,
        outcome: &str,
        user_state: &str,
        reason: Option<&str>,
    ) -> ApiAnswer {
        let installation = &self.installations[id];
        let (address_state, refresh_after) = match installation.held {
            Held::Nothing => ("none", "P28D"),
            Held::Live(_) => ("live", "P28D"),
            Held::Contested { .. } => ("contested", "PT10M"),
            Held::ResetAsked { .. } | Held::Moved(_) => ("reset_address", "P28D"),
        };
        json_answer(
            200,
            "application/json",
            &json!({
                "revision": revision, "outcome": outcome, "address_state": address_state,
                "user_state": user_state, "reason": reason, "wall": "closed",
                "incarnation": self.incarnation, "refresh_after": refresh_after, "confirm_after": "P1D",
                "server_time": "2026-11-24T00:00:00Z",
                "installation": { "revision": installation.revision, "platform": "android" },
            }),
        )
    }
}

pub(crate) fn json_answer(status: u16, content_type: &str, body: &Value) -> ApiAnswer {
    ApiAnswer {
        status,
        content_type: Some(content_type.to_owned()),
        body: body.to_string().into_bytes(),
        ..ApiAnswer::default()
    }
}

pub(crate) fn problem(status: u16, code: &str) -> ApiAnswer {
    let body = json!({ "code": code, "status": status, "title": code, "detail": code });
    json_answer(status, "application/problem+json", &body)
}
