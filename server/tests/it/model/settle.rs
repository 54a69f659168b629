//! The adversary has stopped: fair scheduling, and time passes. Then I9, I10, and a message to everybody.

use pushbridge_fcm_emulator::DeviceState;

use super::{
    Violation,
    game::{Game, USERS},
};
use crate::harness::DAY;

/// A platform that clings to a dead value is found out by the third.
const MONTHS: usize = 7;

impl Game {
    pub(super) async fn settle(&mut self) -> Result<(), Violation> {
        self.world.town.calm().await;
        for (ghost, phone) in self.ghosts.iter_mut().zip(&self.world.phones) {
            ghost.pulls.drain(..).for_each(|pull| phone.report(pull));
        }
        self.rest().await?;
        self.world.ten_minutes().await;
        self.rest().await?;
        let mut found = Ok(());
        for month in 0..MONTHS {
            let requests = self.month().await?;
            found = self.check_settled();
            if found.is_ok() && month > 0 {
                if requests > 2 * self.ghosts.len() {
                    return Err(format!("I10: {requests} requests on a day without events"));
                }
                break;
            }
        }
        found?;
        self.check_idle().await?;
        self.check_reach().await
    }

    async fn rest(&mut self) -> Result<usize, Violation> {
        let requests = self.world.settle().await.ok_or("I10: requests for ever")?;
        self.check()?;
        Ok(requests)
    }

    /// Processes start, the back end sends, `refresh_after` passes. Says how many requests it took.
    async fn month(&mut self) -> Result<usize, Violation> {
        self.world.pass(29 * DAY).await;
        for phone in 0..self.ghosts.len() {
            self.crash(phone).await;
            let pulls = std::mem::take(&mut self.ghosts[phone].pulls);
            pulls.into_iter().for_each(|pull| self.world.phones[phone].report(pull));
        }
        for user in USERS {
            self.world.send(user).await;
        }
        self.rest().await
    }

    /// I9 and liveness.
    fn check_settled(&self) -> Result<(), Violation> {
        let rows = self.world.rows();
        for (index, (ghost, phone)) in self.ghosts.iter().zip(&self.world.phones).enumerate() {
            let (status, device) = (phone.status(), phone.device());
            let shares =
                |other: &Self| other.ghosts.iter().filter(|o| o.identity == ghost.identity).count() > 1;
            if shares(self) {
                return Err(format!("I9: phone {index} goes on sharing its identity"));
            }
            if status.pending_reset.is_some() {
                return Err(format!("I9: phone {index} waits for its reset for ever"));
            }
            let Some(row) = rows.iter().find(|row| row.id == status.installation_id) else {
                return Err(format!("I9: the server does not know phone {index}: {status:?}"));
            };
            if Some(row.revision) != status.revision {
                return Err(format!("I9: phone {index} is at {:?}, the server at {row:?}", status.revision));
            }
            if row.user != ghost.human && !(row.user.is_none() && self.is_locked_out(index)) {
                return Err(format!(
                    "I9: {:?} is logged in on phone {index}, the server has {row:?}",
                    ghost.human
                ));
            }
            let value = phone.address();
            let is_alive = device.state == DeviceState::Active;
            if !is_alive && row.user.is_none() {
                continue; // nobody sends, so nobody can know
            }
            if !is_alive || row.state != "live" || row.value.as_ref() != Some(&value) {
                return Err(format!("I9: phone {index} ({:?}) cannot be reached: {row:?}", device.state));
            }
            let foreign = rows.iter().find(|row| {
                row.state == "live"
                    && row.value.as_ref() == Some(&value)
                    && row.user.is_some()
                    && row.user != ghost.human
            });
            if let Some(foreign) = foreign {
                return Err(format!("I9: phone {index} of {:?} gets pushes of {foreign:?}", ghost.human));
            }
        }
        Ok(())
    }

    /// The back end ended the session before the server heard of the login: only a new login helps.
    fn is_locked_out(&self, phone: usize) -> bool {
        let ghost = &self.ghosts[phone];
        ghost.human.as_ref().is_some_and(|user| ghost.session < self.revokes_of(user))
    }

    /// I10: with nothing changed there is nothing to ask.
    async fn check_idle(&mut self) -> Result<(), Violation> {
        let before = self.world.requests();
        self.world.pass(DAY / 24).await;
        for phone in 0..self.ghosts.len() {
            self.world.phones[phone].report_now();
            self.world.sync(phone).await;
        }
        match self.world.requests() - before {
            0 => Ok(()),
            requests => Err(format!("I10: {requests} requests without a reason")),
        }
    }

    /// I9: a message for a user is handed over once on each phone where he is logged in, and rings no other.
    async fn check_reach(&mut self) -> Result<(), Violation> {
        for user in USERS {
            self.world.phones.iter_mut().for_each(|phone| drop(phone.hear()));
            self.world.send(user).await;
            for phone in 0..self.ghosts.len() {
                // Who is locked out may be bound all the same where a restore made the server forget the revoke.
                let is_bound = self.world.row(phone).is_some_and(|row| row.user.as_deref() == Some(user));
                let is_his = self.ghosts[phone].human.as_deref() == Some(user) && is_bound;
                let ghost = &self.ghosts[phone];
                // What is sent to its forgotten self rings it too, and only the shield can help.
                let left_behind = ghost.forgot && ghost.changed_dialect;
                let heard = self.world.phones[phone].hear();
                let got = heard.iter().map(|one| one.to_the_app);
                let got: Vec<_> = got.filter(|to_the_app| *to_the_app || !left_behind).collect();
                let wanted: &[bool] = if is_his { &[true] } else { &[] };
                if got != wanted {
                    return Err(format!(
                        "I9: phone {phone} got {got:?} of one message for {user}, not {wanted:?}"
                    ));
                }
            }
        }
        self.check()
    }
}
