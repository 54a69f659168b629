//! Login, logout and the reset of the address.
//!
//! In: what the person does. Out: a desired state that already says so, and the effect that asks the platform
//! for a fresh address. Both are durable before the network is touched, so a kill in between changes nothing.

use pushbridge_wire::{Address, LoginId, UserId};

use super::{
    effect::Effect,
    event::ReportNumber,
    progress::{LoggedOutReason, Reset, ResetId},
    state::Login,
    step::Step,
};

impl Step {
    /// The same user logging in again is no new login: its binding holds. Over another user it is a logout
    /// first, reset included (F25): else pushes that FCM still holds for the first would reach the second.
    pub(super) fn log_in(&mut self, user: UserId, login_id: LoginId) {
        match &self.state.desired.login {
            Some(login) if login.user == user => return,
            Some(_) => self.leave_address(),
            None => {}
        }
        self.state.progress.logged_out = None;
        self.state.desired.login = Some(Login { user, login_id });
        self.bump();
    }

    /// Also after an eviction: the address was the evicted user's, and the app says that this person is gone.
    pub(super) fn log_out(&mut self) {
        let was_logged_in = self.state.desired.login.take().is_some();
        let told = self.state.progress.logged_out.take();
        let was_evicted = matches!(told, Some(LoggedOutReason::Evicted { .. }));
        if was_logged_in || was_evicted {
            self.leave_address();
            self.bump();
        }
    }

    /// A person left: the address is given up, and the platform is to make another one.
    fn leave_address(&mut self) {
        self.clear_address();
        self.state.progress.challenge = None;
        self.state.progress.logout_pending = true;
        self.state.progress.wall_closed = None;
        self.start_reset(false);
    }

    /// Asks for a fresh address. A reset that is pending already serves this purpose too: its address has not
    /// been reported to anybody yet.
    pub(super) fn start_reset(&mut self, fresh_first: bool) {
        let progress = &mut self.state.progress;
        let id = match progress.reset {
            Some(pending) => pending.id,
            None => {
                progress.resets = progress.resets.saturating_add(1);
                ResetId(progress.resets)
            }
        };
        let fresh_first = fresh_first || progress.reset.is_some_and(|pending| pending.fresh_first);
        progress.reset = Some(Reset { id, fresh_first });
        self.effects.push(Effect::ResetAddress(id));
    }

    /// Ends the reset whatever the value is (F6): platforms that keep a value exist. An answer to no reset or to
    /// an older one is an ordinary report, and as such is ignored while another reset is pending.
    pub(super) fn answer_reset(&mut self, reset: ResetId, address: Address) {
        let is_its_answer = self.state.progress.reset.is_some_and(|pending| pending.id == reset);
        self.is_newest(ReportNumber::Now); // also drops the answers of pulls begun before the reset was done
        if is_its_answer {
            self.state.progress.reset = None;
            self.state.session.named = Some(address.clone());
            self.set_address(address);
        } else {
            self.take_report(address);
        }
    }
}
