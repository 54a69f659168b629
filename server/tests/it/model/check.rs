//! What must hold after every step.

use std::collections::{HashMap, HashSet};

use pushbridge_core::{LoggedOutReason, LoginState, LogoutState};
use serde_json::Value;

use super::{
    Violation,
    game::{Game, Out, USERS},
};
use crate::harness::{Attacker, Row};

impl Game {
    pub(super) fn check(&mut self) -> Result<(), Violation> {
        let rows = self.world.rows();
        self.read_requests();
        self.check_rows(&rows)?;
        self.check_restored()?;
        for phone in 0..self.ghosts.len() {
            self.check_arrivals(phone)?;
            self.look_at(phone)?;
        }
        let live = rows.iter().filter(|row| row.state == "live").filter_map(|row| row.value.clone());
        self.ever_live.extend(live);
        self.before = rows;
        Ok(())
    }

    /// Notes which logins left a phone, and how many revokes of their user there had been.
    fn read_requests(&mut self) {
        for (ghost, phone) in self.ghosts.iter_mut().zip(&self.world.phones) {
            let requests = phone.link.requests();
            for request in &requests[ghost.read..] {
                let body: Value = serde_json::from_str(&request.body).unwrap();
                if let Some(login) = body["login_id"].as_str() {
                    self.logins.entry(login.to_owned()).or_insert(ghost.session);
                }
            }
            ghost.read = requests.len();
        }
    }

    fn check_rows(&mut self, rows: &[Row]) -> Result<(), Violation> {
        let mut live = HashSet::new();
        for row in rows {
            if row.state == "live" && !live.insert(&row.value) {
                return Err(format!("I1: a value is live twice: {row:?}"));
            }
            let before = self.before.iter().find(|before| before.no == row.no);
            if before.is_some_and(|before| before.revision > row.revision) {
                return Err(format!("I3: back from {before:?} to {row:?}"));
            }
            let was_retired =
                before.is_some_and(|b| (b.state.as_str(), b.generation) == ("retired", row.generation));
            let truth = &self.world.town.truth;
            if row.state == "retired" && !was_retired && !truth.was_called_dead(row) && !truth.was_silent(row)
            {
                return Err(format!("I7: retired without a verdict about this generation: {row:?}"));
            }
        }
        self.check_bindings(rows)
    }

    fn check_bindings(&mut self, rows: &[Row]) -> Result<(), Violation> {
        let mut bound: HashMap<&str, usize> = HashMap::new();
        for user in rows.iter().filter_map(|row| row.user.as_deref()) {
            *bound.entry(user).or_default() += 1;
        }
        for row in rows {
            let (Some(user), Some(login), Some(epoch)) = (&row.user, &row.login, row.epoch) else { continue };
            match self.epochs.insert(login.clone(), epoch) {
                Some(known) if known == epoch => continue,
                Some(known) => {
                    return Err(format!("rule 7: a login that ended in epoch {known} is bound: {row:?}"));
                }
                None => {}
            }
            if bound[user.as_str()] > self.limit() {
                return Err(format!("I2: {} bindings of {user} under {}", bound[user.as_str()], self.policy));
            }
            let at_login = self.logins.get(login).copied();
            let is_revoked = at_login.is_none_or(|session| self.is_revoked(user, session));
            if user != Attacker::USER && is_revoked {
                return Err(format!("F8: a login from before a revoke of its user is bound: {row:?}"));
            }
        }
        Ok(())
    }

    /// Rule 6: a policy that is applied at once leaves nobody with more phones than it allows.
    pub(super) fn check_policy(&self) -> Result<(), Violation> {
        let (rows, limit) = (self.world.rows(), self.limit());
        for user in USERS {
            let bound = rows.iter().filter(|row| row.user.as_deref() == Some(user)).count();
            if bound > limit {
                return Err(format!("I2: {bound} bindings of {user} after {} was applied", self.policy));
            }
        }
        Ok(())
    }

    /// Rule 10: a restored server has forgotten logouts, so it sends nothing to a binding before its phone has PUT.
    fn check_restored(&self) -> Result<(), Violation> {
        let (town, app) = (&self.world.town, &self.world.shop.id);
        match self.restored_ms {
            Some(since_ms) if town.truth.was_sent_before_its_put(app, since_ms) => {
                Err("F13: a restored server sends to a binding whose phone has not reported since".to_owned())
            }
            _ => Ok(()),
        }
    }

    /// I4, and what an attacker may not do: which pushes reach a phone.
    fn check_arrivals(&mut self, phone: usize) -> Result<(), Violation> {
        let ghost = &mut self.ghosts[phone];
        for (seq, message) in self.world.phones[phone].arrived(ghost.checked) {
            ghost.checked = seq;
            let Some((user, number)) = message else { continue };
            if user == Attacker::USER {
                return Err(format!("attack: message {number} of the attacker's rings phone {phone}"));
            }
            let Some(out) = ghost.out.get(&user) else { continue };
            // The copy of a phone that logged out confirms for it what the restored server has forgotten.
            if self.copies && self.restored_ms.is_some() {
                continue;
            }
            if out.closed_at.is_some_and(|at| seq > at) {
                return Err(format!("I4: message {number} for {user} rings phone {phone} after `closed`"));
            }
            if number > out.sent {
                return Err(format!("I4: message {number}, sent after {user}'s logout, rings phone {phone}"));
            }
        }
        Ok(())
    }

    /// Compares what the core says of its person with what is so.
    fn look_at(&mut self, phone: usize) -> Result<(), Violation> {
        let status = self.world.phones[phone].status();
        let (copies, sent) = (self.copies, self.world.sent);
        let ghost = &mut self.ghosts[phone];
        if status.installation_id != ghost.identity {
            if !copies {
                return Err(format!("an identity without a copy was thrown away by phone {phone}"));
            }
            ghost.identity.clone_from(&status.installation_id);
        }
        match (&status.login, &ghost.human) {
            (LoginState::LoggedIn { .. }, Some(_)) | (LoginState::LoggedOut { .. }, None) => {}
            (LoginState::LoggedOut { reason: Some(reason) }, Some(_)) => {
                let user = ghost.human.take();
                // The app shows it. Only a copy gives its address up, so only there somebody left.
                if *reason == LoggedOutReason::Cloned {
                    ghost.leaving.extend(user);
                }
            }
            (said, human) => {
                return Err(format!("I9: phone {phone} says {said:?}, and {human:?} is logged in"));
            }
        }
        if let LogoutState::Done { wall_closed } = status.logout {
            for user in std::mem::take(&mut ghost.leaving) {
                let closed_at = wall_closed.then_some(ghost.checked);
                ghost.out.insert(user, Out { closed_at, sent });
            }
        }
        Ok(())
    }

    /// I12: neither another app's key nor nobody's learns whether something is there.
    pub(super) async fn pry(&mut self, user: &str) -> Result<(), Violation> {
        let app = self.world.shop.id.clone();
        let known = self.ghosts[0].identity.clone();
        let unknown = "00000000-0000-4000-8000-000000000000";
        let stranger = self.world.town.stranger().clone();
        let pairs = [
            (format!("/users/{user}/installations"), "/users/nobody/installations".to_owned()),
            (format!("/users/{user}/explain"), "/users/nobody/explain".to_owned()),
            (format!("/installations/{known}/events"), format!("/installations/{unknown}/events")),
        ];
        for (there, not_there) in pairs {
            for (key, status) in [(Some(stranger.key.as_str()), 404), (None, 401)] {
                let path = |rest: &str| format!("/v1/apps/{app}{rest}");
                let one = self.world.town.wire().call("GET", &path(&there), key, None).await;
                let other = self.world.town.wire().call("GET", &path(&not_there), key, None).await;
                if one != other || one.0 != status {
                    return Err(format!("I12: {there} is answered {one:?}, and what is not there {other:?}"));
                }
            }
        }
        Ok(())
    }
}
