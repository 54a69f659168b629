//! A new identity: after a clone, a restored copy, or a lost store.
//!
//! In: why, and what to be known by from now on. Out: a new installation, logged out (F11), that makes no request
//! before it has an address that no copy of it has.

use super::{
    effect::Effect,
    progress::{Credentials, LoggedOutReason, Recovery},
    state::{Desired, Identity},
    step::Step,
};

impl Step {
    /// The store is not the one that the last process left.
    pub(super) fn recover(&mut self, why: Recovery, identity: Identity) {
        // A lost store does not say whether somebody was logged in, so the app has to be told in any case.
        let may_have_been_logged_in = why != Recovery::Restored || self.state.desired.login.is_some();
        let reason = may_have_been_logged_in.then_some(LoggedOutReason::StoreLost);
        self.renew_identity(identity, reason);
        self.state.session.recovered = Some(why);
    }

    /// Another phone uses this identity too. The copies cannot tell who was first, so each starts anew.
    pub(super) fn leave_clone(&mut self, identity: Identity) {
        let reason = self.state.desired.login.is_some().then_some(LoggedOutReason::Cloned);
        self.renew_identity(identity, reason);
    }

    fn renew_identity(&mut self, identity: Identity, reason: Option<LoggedOutReason>) {
        let attributes = self.state.desired.attributes.clone();
        self.state.identity = identity;
        self.state.desired =
            Desired { revision: None, address: None, address_since: None, login: None, attributes };
        self.state.acked = None;
        self.state.session.named = None;
        self.state.session.placed = false;
        let progress = &mut self.state.progress;
        progress.due = false;
        progress.credentials = Credentials::Fine;
        progress.challenge = None;
        progress.logout_pending |= reason.is_some();
        progress.wall_closed = None;
        if let Some(reason) = reason {
            progress.logged_out = Some(reason.clone());
            self.effects.push(Effect::LoggedOut(reason));
        }
        self.start_reset(true);
        self.bump();
    }
}
