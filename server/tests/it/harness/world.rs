//! One app, its phones and the network between them and the server.

use pushbridge_core::{SyncOutcome, SyncTrigger, sync::TransportError};
use serde_json::Value;

use super::{MINUTE, Net, Parcel, Phone, Row, Shop, Town};

/// Rounds after which a world that still changes will never come to rest.
const ROUNDS: usize = 60;

/// What a test plays with.
pub(crate) struct World {
    pub(crate) town: Town,
    pub(crate) shop: Shop,
    pub(crate) phones: Vec<Phone>,
    pub(crate) net: Net,
    /// Messages sent so far, which numbers them.
    pub(crate) sent: usize,
}

impl World {
    /// A town with one app of `policy` and `phones` phones.
    pub(crate) async fn start(policy: Value, phones: usize) -> Self {
        Self::found(Town::start().await, &policy, phones).await
    }

    /// Another app in `town`.
    pub(crate) async fn found(mut town: Town, policy: &Value, phones: usize) -> Self {
        let shop = town.open_shop(policy).await;
        let net = Net::default();
        let install = |index| {
            let folder = town.folder(&format!("phone-{index}"));
            Phone::install(town.control(), &shop, &net, index, folder)
        };
        let phones = (0..phones).map(install).collect();
        Self { town, shop, phones, net, sent: 0 }
    }

    /// Closes the cores and gives the town back.
    pub(crate) async fn leave(mut self) -> Town {
        for phone in &mut self.phones {
            phone.close().await;
        }
        self.town.calm().await;
        self.town
    }

    pub(crate) async fn end(self) {
        self.leave().await.end().await;
    }

    /// `user` logs in on a phone that has reported, and it gets no proof that counts: the back end ends the sessions before
    /// the phone's first request.
    pub(crate) async fn log_in_unproven(&mut self, phone: usize, user: &str) {
        self.phones[phone].report_now();
        self.phones[phone].login(user).await;
        self.town.pass(super::DAY / 24);
        self.shop.revoke(user).await;
        self.phones[phone].session.login().as_mut().unwrap().alive = false;
        assert_eq!(self.sync(phone).await, Some(SyncOutcome::NeedsCredentials));
    }

    /// Time passes for everybody.
    pub(crate) async fn pass(&mut self, by: std::time::Duration) {
        self.town.pass(by);
        for phone in &self.phones {
            phone.pass(by);
        }
        self.town.quiet().await;
    }

    /// The core asks the network, if it has to. Afterwards its request lies in the net.
    pub(crate) async fn ask(&mut self, phone: usize) -> Option<SyncOutcome> {
        self.phones[phone].start_sync(SyncTrigger::NetworkBack).await
    }

    /// Carries the parcel at `at`: a request to the server, whose answer is a parcel then, or an answer to its phone.
    /// How the core's run ended, if that ended it.
    pub(crate) async fn deliver(&mut self, at: usize) -> Option<SyncOutcome> {
        self.carry(self.net.take(at)?).await
    }

    /// The same with a copy; the parcel stays where it is.
    pub(crate) async fn deliver_copy(&mut self, at: usize) {
        if let Some(parcel @ Parcel::Request { .. }) = self.net.copy(at) {
            self.carry(parcel).await;
        }
    }

    async fn carry(&mut self, parcel: Parcel) -> Option<SyncOutcome> {
        match parcel {
            Parcel::Request { from, request, reply } => {
                if let Ok(answer) = self.town.wire().carry(&request).await {
                    self.net.put(Parcel::Answer { to: from, answer, reply });
                }
                self.town.quiet().await;
                None
            }
            Parcel::Answer { to, answer, reply } => {
                self.phones[to].link.answer(&reply, Ok(answer));
                self.phones[to].until_idle().await
            }
        }
    }

    /// The parcel at `at` is lost. Its phone does not know.
    pub(crate) fn lose(&mut self, at: usize) {
        self.net.take(at);
    }

    /// The phone waits no longer for its answer, which may still come.
    pub(crate) async fn give_up(&mut self, phone: usize) {
        self.phones[phone].link.give_up(TransportError::Timeout);
        self.phones[phone].until_idle().await;
    }

    /// Syncs `phone` over a network that works, until its core is done. None where its request was lost before.
    pub(crate) async fn sync(&mut self, phone: usize) -> Option<SyncOutcome> {
        let mut outcome = self.ask(phone).await;
        while let (None, Some(at)) = (&outcome, self.net.first_of(phone)) {
            outcome = self.deliver(at).await;
        }
        outcome
    }

    /// Everything that is under way comes to its end, fairly, until nothing is left to do: pushes are heard, the
    /// platform does what it is asked, the network works. Says how many requests it took, or none where there is no end.
    pub(crate) async fn settle(&mut self) -> Option<usize> {
        let before = self.requests();
        for _ in 0..ROUNDS {
            let mut moved = false;
            while self.net.len() > 0 {
                self.deliver(0).await;
                moved = true;
            }
            self.town.quiet().await;
            for index in 0..self.phones.len() {
                moved |= self.settle_phone(index).await;
            }
            if !moved {
                return Some(self.requests() - before);
            }
        }
        None
    }

    async fn settle_phone(&mut self, index: usize) -> bool {
        let asked = self.requests();
        let phone = &mut self.phones[index];
        let mut moved = !phone.hear().is_empty();
        if let Some(answer) = phone.reset_platform(false) {
            phone.report(answer);
            moved = true;
        }
        if phone.link.is_waiting() && !self.net.holds_for(index) {
            phone.link.give_up(TransportError::Timeout);
            phone.until_idle().await;
            moved = true;
        }
        self.sync(index).await;
        moved || self.requests() > asked
    }

    /// Requests of all phones so far.
    pub(crate) fn requests(&self) -> usize {
        self.phones.iter().map(|phone| phone.link.requests().len()).sum()
    }

    /// Sends the next message to `user`. Says to how many installations.
    pub(crate) async fn send(&mut self, user: &str) -> u64 {
        self.sent += 1;
        let deliveries = self.shop.send(user, self.sent).await;
        self.town.quiet().await;
        deliveries
    }

    pub(crate) fn rows(&self) -> Vec<Row> {
        self.town.truth.rows(&self.shop.id)
    }

    /// The server's row of what `phone` is now.
    pub(crate) fn row(&self, phone: usize) -> Option<Row> {
        let id = self.phones[phone].status().installation_id;
        self.rows().into_iter().find(|row| row.id == id)
    }

    /// A person logs in on a phone that has its address, and everything is acknowledged.
    pub(crate) async fn log_in(&mut self, phone: usize, user: &str) {
        self.phones[phone].report_now();
        self.phones[phone].login(user).await;
        self.sync(phone).await;
        let row = self.row(phone).expect("the phone is known");
        assert_eq!((row.user.as_deref(), row.state.as_str()), (Some(user), "live"));
    }

    /// Challenges end.
    pub(crate) async fn ten_minutes(&mut self) {
        self.pass(MINUTE * 10).await;
    }
}
