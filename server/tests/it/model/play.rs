//! Makes a step happen.

use std::time::Duration;

use pushbridge_fcm_emulator::DeviceChange;

use super::{
    Violation,
    game::{Backup, Game, USERS, policy},
    op::Op,
};
use crate::harness::{DAY, MINUTE, Phone};

/// Between two steps.
const TICK: Duration = Duration::from_secs(1);
const SPANS: [Duration; 4] =
    [MINUTE, Duration::from_secs(45 * 60), Duration::from_secs(30 * 3_600), Duration::from_secs(29 * 86_400)];

impl Game {
    /// Plays `op`, and checks what must hold after it.
    pub(super) async fn play(&mut self, op: Op) -> Result<(), Violation> {
        self.world.pass(TICK).await;
        match op {
            Op::Login(phone, user) => {
                self.log_in(self.phone(phone), USERS[usize::from(user) % USERS.len()]).await
            }
            Op::Logout(phone) => self.log_out(self.phone(phone)),
            Op::Rotate(phone, heard) => self.world.phones[self.phone(phone)].rotate(heard),
            Op::Expire(phone) => self.world.phones[self.phone(phone)].change(DeviceChange::Expire),
            Op::Dialect(phone) => {
                let phone = self.phone(phone);
                self.world.phones[phone].change_dialect().await;
                self.ghosts[phone].changed_dialect = true;
                self.start(phone);
            }
            Op::Pull(phone) => {
                let phone = self.phone(phone);
                self.ghosts[phone].pulls.push(self.world.phones[phone].pull());
            }
            Op::Report(phone, which) => self.report(self.phone(phone), which),
            Op::ResetPlatform(phone, keeps) => {
                let phone = self.phone(phone);
                self.ghosts[phone].pulls.extend(self.world.phones[phone].reset_platform(keeps));
            }
            Op::Crash(phone) => self.crash(self.phone(phone)).await,
            Op::BackUp(phone) => self.back_up(self.phone(phone)),
            Op::Restore(from, to, whole) => self.restore(self.phone(from), self.phone(to), whole).await,
            Op::LoseStore(phone, fresh) => self.lose_store(self.phone(phone), fresh).await,
            Op::PhoneClock(phone, choice) => set_clock(&self.world.phones[self.phone(phone)], choice),
            Op::LoseProof(phone) => self.world.phones[self.phone(phone)].session.lose_proof(),
            Op::Hear(phone) => self.hear(self.phone(phone))?,
            Op::Send(user) => {
                let everybody = USERS.len() + 1; // the attacker's account too
                let user = usize::from(user) % everybody;
                let user = USERS.get(user).copied().unwrap_or(crate::harness::Attacker::USER);
                self.world.send(user).await;
            }
            Op::Revoke(user) => self.revoke(USERS[usize::from(user) % USERS.len()]).await,
            Op::Policy(choice, now) => {
                self.policy = policy(choice);
                self.world.shop.set_policy(&self.policy, now).await;
                self.world.town.quiet().await;
                if now {
                    self.check_policy()?;
                }
            }
            Op::Snapshot => self.take_snapshot(),
            Op::RestoreServer => self.restore_server().await,
            Op::FallSilent => self.fall_silent().await?,
            Op::Attack(choice) => self.attack(choice).await,
            Op::Pry(user) => self.pry(USERS[usize::from(user) % USERS.len()]).await?,
            Op::Pass(choice) => {
                // A lease that ended would make a second attempt beside the held one.
                self.world.town.calm().await;
                self.world.pass(SPANS[usize::from(choice) % SPANS.len()]).await;
            }
            other => self.play_network(other).await,
        }
        self.check()
    }

    async fn play_network(&mut self, op: Op) {
        let parcel = |choice: u8| usize::from(choice) % self.world.net.len().max(1);
        match op {
            Op::Ask(phone) => {
                self.world.ask(self.phone(phone)).await;
            }
            Op::Deliver(choice) => {
                self.world.deliver(parcel(choice)).await;
            }
            Op::DeliverCopy(choice) => self.world.deliver_copy(parcel(choice)).await,
            Op::Lose(choice) => self.world.lose(parcel(choice)),
            Op::GiveUp(phone) => self.world.give_up(self.phone(phone)).await,
            Op::RestartServer => self.world.town.restart_server().await,
            Op::Hold => self.world.town.hold_next(None),
            Op::HoldDeath(phone, turns) => {
                let device = self.world.phones[self.phone(phone)].device.clone();
                self.world.town.hold_death(&device, 1 + u32::from(turns) % 3);
            }
            Op::LetGo => self.world.town.let_go().await,
            Op::Fail => self.world.town.fail_next(),
            _ => unreachable!("every other step is played above"),
        }
    }

    fn phone(&self, choice: u8) -> usize {
        usize::from(choice) % self.world.phones.len()
    }

    async fn log_in(&mut self, phone: usize, user: &str) {
        let session = self.revokes_of(user);
        let ghost = &mut self.ghosts[phone];
        if ghost.human.as_deref() == Some(user) {
            return;
        }
        ghost.leaving.extend(ghost.human.replace(user.to_owned()));
        ghost.leaving.remove(user);
        ghost.out.remove(user);
        ghost.session = session;
        self.world.phones[phone].login(user).await;
    }

    fn log_out(&mut self, phone: usize) {
        let Some(user) = self.ghosts[phone].human.take() else { return };
        self.ghosts[phone].leaving.insert(user);
        self.world.phones[phone].logout();
    }

    fn report(&mut self, phone: usize, which: u8) {
        let pulls = &mut self.ghosts[phone].pulls;
        if !pulls.is_empty() {
            let pull = pulls.remove(usize::from(which) % pulls.len());
            self.world.phones[phone].report(pull);
        }
    }

    /// Whatever the platform has answered is gone with the process; the next one asks again.
    pub(super) async fn crash(&mut self, phone: usize) {
        self.world.phones[phone].crash().await;
        self.start(phone);
    }

    fn start(&mut self, phone: usize) {
        self.ghosts[phone].pulls = vec![self.world.phones[phone].pull()];
    }

    fn back_up(&mut self, phone: usize) {
        let folder = self.world.town.folder(&format!("backup-{phone}"));
        self.world.phones[phone].back_up(&folder);
        let ghost = &mut self.ghosts[phone];
        ghost.backup = Some(Backup { folder, human: ghost.human.clone(), session: ghost.session });
    }

    async fn restore(&mut self, from: usize, to: usize, whole: bool) {
        let Some(backup) = self.ghosts[from].backup.take() else { return };
        self.copies = true;
        self.world.phones[to].restore(&backup.folder, whole).await;
        self.start(to);
        let ghost = &mut self.ghosts[to];
        ghost.forgot = true;
        ghost.leaving.clear();
        // A core whose marker is another one knows that it is a copy, and has logged out.
        let knows = self.world.phones[to].status().recovered.is_some();
        ghost.human = backup.human.clone().filter(|_| !knows);
        ghost.session = backup.session;
        if let Some(user) = &ghost.human {
            ghost.out.remove(user);
        }
        let alive = ghost
            .human
            .as_ref()
            .is_some_and(|user| self.revokes.get(user).copied().unwrap_or_default() == backup.session);
        let login = ghost.human.clone().map(|user| crate::harness::Login { user, proof: None, alive });
        *self.world.phones[to].session.login() = login;
        self.ghosts[from].backup = Some(backup);
    }

    async fn lose_store(&mut self, phone: usize, fresh: bool) {
        self.world.phones[phone].lose_store().await;
        if fresh {
            self.world.phones[phone].change(DeviceChange::Reinstall);
        }
        self.start(phone);
        let ghost = &mut self.ghosts[phone];
        ghost.human = None;
        ghost.forgot = true;
        ghost.leaving.clear();
        ghost.identity = self.world.phones[phone].status().installation_id;
    }

    /// F12: only what is for the person at the phone is handed over.
    fn hear(&mut self, phone: usize) -> Result<(), Violation> {
        for handed in self.world.phones[phone].hear() {
            let human = self.ghosts[phone].human.as_deref();
            if handed.to_the_app && human != Some(&handed.user) {
                return Err(format!("shield: phone {phone} handed {handed:?} to {human:?}"));
            }
        }
        Ok(())
    }

    async fn revoke(&mut self, user: &str) {
        let revoke = self.revokes.entry(user.to_owned()).or_default();
        *revoke += 1;
        self.known_revokes.entry(user.to_owned()).or_default().push(*revoke);
        self.world.shop.revoke(user).await;
        for phone in &self.world.phones {
            if let Some(login) = phone.session.login().as_mut().filter(|login| login.user == user) {
                login.alive = false;
            }
        }
        self.world.town.quiet().await;
    }

    async fn attack(&mut self, choice: u8) {
        let mut values: Vec<_> = self.ever_live.iter().cloned().collect();
        values.sort_unstable();
        if !values.is_empty() {
            self.attacker.claim(&values[usize::from(choice) % values.len()]).await;
            self.world.town.quiet().await;
        }
    }
}

fn set_clock(phone: &Phone, choice: u8) {
    match choice % 4 {
        0 => phone.set_back(3 * DAY),
        1 => phone.set_back(400 * DAY),
        2 => phone.pass(2 * DAY),
        _ => phone.pass(400 * DAY),
    }
}
