//! What an answer of the server does.
//!
//! In: what was sent and what came back. Out: an acknowledgement, a wait, a new identity or nothing.
//! An answer to another installation or to an older revision acknowledges nothing (F20).

use std::time::Duration;

use pushbridge_wire::{AddressState, InstallationResponse, IsoDuration, Outcome, Reason, UserState, Wall};

use super::{
    backoff::{Backoff, DeferCause, Jitter},
    effect::Effect,
    event::{Answer, Request, Sent, UserProofSent},
    progress::{Credentials, LoggedOutReason, Rejected},
    state::{Acked, Identity},
    step::Step,
};

/// Whatever a server says, the core does not ask more often than that without a reason of its own.
const SHORTEST_REFRESH: Duration = Duration::from_secs(60);

impl Step {
    pub(super) fn take_answer(&mut self, sent: &Sent, answer: Answer, fresh: Identity, jitter: Jitter) {
        if sent.installation != self.state.identity.installation {
            return;
        }
        if let Some((cause, retry_after)) = failure(&answer) {
            let before = self.state.progress.backoff.as_ref();
            let backoff = Backoff::after(before, cause, retry_after, self.now, jitter);
            self.state.progress.backoff = Some(backoff);
            return;
        }
        self.state.progress.backoff = None;
        self.state.progress.last_answer_at = Some(self.now);
        match sent.request {
            Request::Put => self.take_put_answer(sent, answer, fresh),
            Request::Prove => self.take_prove_answer(sent, answer),
            // A refused batch is gone either way; who is refused for the secret has to hear it as a PUT.
            Request::Receipts => self.state.progress.due |= matches!(answer, Answer::SecretInvalid),
        }
    }

    fn take_put_answer(&mut self, sent: &Sent, answer: Answer, fresh: Identity) {
        if self.state.desired.revision != Some(sent.revision) {
            return;
        }
        match answer {
            // `stale` for the current revision means that a copy is ahead (F23).
            Answer::Installation(response) if response.outcome == Outcome::Stale => self.leave_clone(fresh),
            Answer::Installation(response) => self.acknowledge(sent, &response),
            Answer::Cloned => self.leave_clone(fresh),
            Answer::SecretInvalid if self.state.acked.is_some() || self.was_refused_before() => {
                self.leave_clone(fresh);
            }
            // An identity that no server has acknowledged yet cannot have been taken over. Whatever refuses it
            // refuses the next one too: wait a day instead of asking the platform for address after address.
            Answer::SecretInvalid => self.reject(sent, "secret_invalid".to_owned()),
            Answer::Rejected { code } => self.reject(sent, code),
            Answer::ReceiptsTaken | Answer::Busy { .. } | Answer::Unusable(_) => {}
        }
    }

    fn was_refused_before(&self) -> bool {
        self.state.progress.rejected.as_ref().is_some_and(|rejected| rejected.code == "secret_invalid")
    }

    fn reject(&mut self, sent: &Sent, code: String) {
        self.state.progress.rejected = Some(Rejected { code, revision: sent.revision, at: self.now });
    }

    /// The nonce is used up whatever was said. Trouble with the identity is left to the PUT to find.
    fn take_prove_answer(&mut self, sent: &Sent, answer: Answer) {
        self.state.progress.challenge = None;
        match answer {
            Answer::Installation(response)
                if self.state.desired.revision == Some(sent.revision)
                    && response.revision == sent.revision
                    && response.outcome != Outcome::Stale =>
            {
                self.acknowledge(sent, &response);
            }
            _ => self.state.progress.due |= self.state.acked.is_some(),
        }
    }

    fn acknowledge(&mut self, sent: &Sent, response: &InstallationResponse) {
        let before = self.state.acked.take();
        // Another life of the server's store may lack more than this PUT told it (rule 10): once more.
        self.state.progress.due = before.is_some_and(|acked| acked.incarnation != response.incarnation);
        self.state.progress.rejected = None;
        let offset_ms = response.server_time.as_ms().saturating_sub(self.now.as_ms());
        self.state.progress.clock_offset_ms = Some(offset_ms);
        let is_bound = response.user_state == UserState::Bound;
        self.state.acked = Some(Acked {
            revision: sent.revision,
            at: self.now,
            refresh_after: IsoDuration(response.refresh_after.0.max(SHORTEST_REFRESH)),
            confirm_after: response.confirm_after,
            incarnation: response.incarnation.clone(),
            address_state: response.address_state.clone(),
            user_state: response.user_state.clone(),
            bound: self.state.login_id().filter(|_| is_bound).cloned(),
        });
        if response.address_state == AddressState::ResetAddress && self.state.progress.reset.is_none() {
            self.start_reset(false);
        }
        self.note_proof(sent, &response.user_state);
        if response.user_state == UserState::Evicted {
            self.evict(response.reason.as_ref());
        }
        self.settle_logout(response);
    }

    /// Everything else is acknowledged, and refreshes and confirmations go on (F18); only the user is missing.
    fn note_proof(&mut self, sent: &Sent, user_state: &UserState) {
        let credentials = &mut self.state.progress.credentials;
        let is_refused = matches!(user_state, UserState::ProofNeeded | UserState::ProofInvalid)
            && self.state.desired.login.is_some();
        *credentials = match (is_refused, sent.proof, *credentials) {
            (false, ..) => Credentials::Fine,
            (true, UserProofSent::Refreshed, _) => Credentials::Exhausted { proof_was_sent: true },
            // The echo of a challenge carries no proof, so its answer says nothing new about one.
            (true, _, known @ Credentials::Exhausted { .. }) if sent.request == Request::Prove => known,
            (true, ..) => Credentials::RefreshOnce,
        };
    }

    /// The answer is to the current revision, hence about the current login id (F20). Not a logout: the person
    /// did not leave, so the address stays.
    fn evict(&mut self, reason: Option<&Reason>) {
        if self.state.desired.login.take().is_none() {
            return;
        }
        let reason = LoggedOutReason::Evicted { reason: reason.map(|reason| reason.as_str().to_owned()) };
        self.state.progress.logged_out = Some(reason.clone());
        self.effects.push(Effect::LoggedOut(reason));
        self.bump();
    }

    /// A logout is done once the server holds, live, the address that this process heard the platform name (F24).
    fn settle_logout(&mut self, response: &InstallationResponse) {
        let session = &mut self.state.session;
        session.placed |= response.address_state == AddressState::Live
            && session.named.is_some()
            && session.named == self.state.desired.address;
        if self.state.progress.logout_pending && session.placed {
            self.state.progress.logout_pending = false;
            self.state.progress.wall_closed = Some(response.wall == Wall::Closed);
        }
    }
}

/// Nothing was said about the request itself: why, and how long the server asks to wait.
fn failure(answer: &Answer) -> Option<(DeferCause, Option<Duration>)> {
    match answer {
        Answer::Busy { retry_after } => Some((DeferCause::Server, *retry_after)),
        Answer::Unusable(cause) => Some((*cause, None)),
        _ => None,
    }
}
