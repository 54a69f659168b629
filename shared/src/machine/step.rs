//! The table of events, and what reports and attributes do.
//!
//! In: state, event, time. Out: state and effects. Next: logins and resets are in `login`, answers in `answer`,
//! a new identity in `identity`.

use pushbridge_wire::{Address, AddressKind, Permission, Revision, Tags, Timestamp};

use super::{
    effect::Effect,
    event::{Event, ReportNumber},
    progress::{Challenge, Credentials},
    state::{Attributes, State},
};

/// Applies `event` to `state` at `now`.
///
/// Total: every event is allowed in every state. The caller stores the new state before it acts on the effects.
#[must_use]
pub fn step(state: State, event: Event, now: Timestamp) -> (State, Vec<Effect>) {
    let mut step = Step { state, now, effects: Vec::new() };
    step.heal_clock();
    match event {
        Event::Opened { core_version, attributes } => step.open(core_version, attributes),
        Event::Recovered { why, identity } => step.recover(why, identity),
        Event::Reported { address, number } => step.report(address, number),
        Event::AddressLost { kind } => step.lose_address(&kind),
        Event::ResetAnswered { reset, address } => step.answer_reset(reset, address),
        Event::LoggedIn { user, login_id } => step.log_in(user, login_id),
        Event::LoggedOut => step.log_out(),
        Event::PermissionSet(permission) => step.set_permission(permission),
        Event::AttributesSet { tags, locale, timezone } => step.set_attributes(tags, locale, timezone),
        Event::CredentialsChanged => step.retry_credentials(),
        Event::NoCredentials => {
            step.state.progress.credentials = Credentials::Exhausted { proof_was_sent: false };
        }
        Event::SyncHinted => step.state.progress.due |= step.state.acked.is_some(),
        Event::Challenged { installation, nonce } => step.accept_challenge(installation, nonce),
        Event::Woken { try_now } => step.wake(try_now),
        Event::Answered { sent, answer, fresh, jitter } => step.take_answer(&sent, answer, fresh, jitter),
    }
    (step.state, step.effects)
}

/// A state on its way to the next one.
pub(super) struct Step {
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) effects: Vec<Effect>,
}

impl Step {
    /// Moments that lie in the future were written before the clock was set back: count from now, so that no
    /// wait grows by the jump.
    fn heal_clock(&mut self) {
        let now = self.now;
        if let Some(acked) = &mut self.state.acked {
            acked.at = acked.at.min(now);
        }
        let progress = &mut self.state.progress;
        if let Some(backoff) = &mut progress.backoff {
            backoff.from = backoff.from.min(now);
        }
        if let Some(rejected) = &mut progress.rejected {
            rejected.at = rejected.at.min(now);
        }
        if let Some(challenge) = &mut progress.challenge {
            challenge.at = challenge.at.min(now);
        }
    }

    /// The desired state is another one: a new revision, and whatever was held against the old one is void.
    pub(super) fn bump(&mut self) {
        let desired = &mut self.state.desired;
        desired.revision = Some(desired.revision.map_or(Revision::FIRST, Revision::next));
        let progress = &mut self.state.progress;
        progress.credentials = Credentials::Fine;
        progress.rejected = None;
        if let Some(backoff) = &mut progress.backoff {
            backoff.end_if_not_imposed();
        }
    }

    /// Attributes alone are nothing to create an installation for: they wait for an address or a login.
    fn bump_if_begun(&mut self) {
        if self.state.desired.revision.is_some() {
            self.bump();
        }
    }

    fn open(&mut self, core_version: String, from_wrapper: Attributes) {
        let old = &self.state.desired.attributes;
        let attributes =
            Attributes { permission: old.permission.clone(), tags: old.tags.clone(), ..from_wrapper };
        let is_new_core = self.state.progress.core_version != core_version;
        if is_new_core || *old != attributes {
            self.state.progress.core_version = core_version;
            self.state.desired.attributes = attributes;
            self.bump_if_begun();
        }
        if let Some(reset) = self.state.progress.reset {
            self.effects.push(Effect::ResetAddress(reset.id));
        }
        if let Some(reason) = self.state.progress.logged_out.clone() {
            self.effects.push(Effect::LoggedOut(reason));
        }
    }

    /// Numbers a report; false if something newer was applied already (F14).
    pub(super) fn is_newest(&mut self, number: ReportNumber) -> bool {
        let session = &mut self.state.session;
        let number = match number {
            ReportNumber::Now => {
                session.numbered = session.numbered.saturating_add(1);
                session.numbered
            }
            // A number that was never given out belongs to a core of before: older than all of this one's.
            ReportNumber::Pull(number) if number > session.numbered => 0,
            ReportNumber::Pull(number) => number,
        };
        if number < session.applied {
            return false;
        }
        session.applied = number;
        true
    }

    fn report(&mut self, address: Address, number: ReportNumber) {
        if self.is_newest(number) {
            self.take_report(address);
        }
    }

    /// While a reset is pending only its own answer counts: the old value may still be on its way here (F6).
    pub(super) fn take_report(&mut self, address: Address) {
        if self.state.progress.reset.is_some() {
            return;
        }
        self.state.session.named = Some(address.clone());
        if self.state.desired.address.as_ref() != Some(&address) {
            self.set_address(address);
        } else if self.wants_confirmation() {
            self.bump();
        }
    }

    pub(super) fn set_address(&mut self, address: Address) {
        self.state.desired.address = Some(address);
        self.state.desired.address_since = Some(self.now);
        self.bump();
    }

    /// A repeated report is a change once the last acknowledgement is old; one that is on its way already is enough.
    fn wants_confirmation(&self) -> bool {
        self.state.is_acked()
            && self.state.acked.as_ref().is_some_and(|a| self.now.since(a.at) > a.confirm_after.0)
    }

    fn lose_address(&mut self, kind: &AddressKind) {
        let number = ReportNumber::Now;
        if !self.is_newest(number) || self.state.progress.reset.is_some() {
            return;
        }
        if self.state.desired.address.as_ref().is_some_and(|address| address.kind == *kind) {
            self.clear_address();
            self.state.session.named = None;
            self.bump();
        }
    }

    pub(super) fn clear_address(&mut self) {
        self.state.desired.address = None;
        self.state.desired.address_since = None;
    }

    fn set_permission(&mut self, permission: Permission) {
        if self.state.desired.attributes.permission.as_ref() != Some(&permission) {
            self.state.desired.attributes.permission = Some(permission);
            self.bump_if_begun();
        }
    }

    fn set_attributes(&mut self, tags: Option<Tags>, locale: Option<String>, timezone: Option<String>) {
        let attributes = &mut self.state.desired.attributes;
        let before = attributes.clone();
        attributes.tags = tags.unwrap_or_else(|| before.tags.clone());
        attributes.locale = locale.or_else(|| before.locale.clone());
        attributes.timezone = timezone.or_else(|| before.timezone.clone());
        if *attributes != before {
            self.bump_if_begun();
        }
    }

    /// Without a change of revision: nothing that the server acknowledged is in doubt, only the proof is missing.
    fn retry_credentials(&mut self) {
        if self.state.progress.credentials != Credentials::Fine {
            self.state.progress.credentials = Credentials::Fine;
            self.state.progress.due = true;
        }
    }

    /// Only a challenge for this installation, and only for an address that is still wanted: whoever echoes says
    /// "pushes to this value reach me, and I want them".
    fn accept_challenge(&mut self, installation: pushbridge_wire::InstallationId, nonce: String) {
        let is_mine = installation == self.state.identity.installation;
        let is_wanted = self.state.desired.address.is_some() && self.state.progress.reset.is_none();
        if is_mine && is_wanted {
            self.state.progress.challenge = Some(Challenge { installation, nonce, at: self.now });
        }
    }

    fn wake(&mut self, try_now: bool) {
        if let (true, Some(backoff)) = (try_now, &mut self.state.progress.backoff) {
            backoff.end_if_not_imposed();
        }
    }
}
