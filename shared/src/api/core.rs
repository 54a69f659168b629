//! [`PushCore`]: the object that an app holds, one per process and store.

use std::{collections::HashMap, sync::Arc, time::Duration};

use pushbridge_wire::{Address, AddressValue, MessageId, Receipt, Tags, UserId};

use super::{
    Accepted, AttributesUpdate, CredentialsProvider, Diagnosis, MessageDisposition, Permission, PullId,
    PushConfig, PushError, PushListener, PushStatus, ReceiptEvent, RegistrationKind, Settings, SyncOutcome,
    SyncTrigger,
    config::clip,
    messages::{Message, judge},
};
use crate::{
    clock::{Clock, SystemClock},
    driver::Driver,
    entropy::{Entropy, SystemEntropy, draw_login_id},
    machine::{Event, ReportNumber, ResetId},
    sync::{HttpTransport, Transport},
};

/// The boundaries of a core, for tests: time, randomness, network.
#[derive(Clone)]
pub struct Ports {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Network.
    pub transport: Arc<dyn Transport>,
}

/// The phone core.
///
/// Every mutator is durable when it returns and touches no network; [`Accepted::work_needed`] says whether to
/// schedule [`sync_now`](Self::sync_now). A failed call has changed nothing and may be repeated. All methods may be
/// called from any thread, callbacks included.
pub struct PushCore {
    driver: Arc<Driver>,
}

impl PushCore {
    /// Opens the store, or makes one. No network.
    ///
    /// # Errors
    /// [`PushError::Config`] for a wrong configuration, [`PushError::Busy`] if the store has an owner,
    /// [`PushError::Storage`] if it cannot be reached now. A damaged store is no error: see
    /// [`PushStatus::recovered`].
    pub fn open(
        config: PushConfig,
        credentials: Arc<dyn CredentialsProvider>,
        listener: Arc<dyn PushListener>,
    ) -> Result<Arc<Self>, PushError> {
        let settings = Settings::try_from(config)?;
        let transport = Arc::new(HttpTransport::new(&settings.http)?);
        let ports = Ports { clock: Arc::new(SystemClock), entropy: Arc::new(SystemEntropy), transport };
        Ok(Arc::new(Self { driver: Driver::open(settings, ports, credentials, listener)? }))
    }

    /// [`open`](Self::open) with time, randomness and network of the caller's.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub fn open_with(
        config: PushConfig,
        ports: Ports,
        credentials: Arc<dyn CredentialsProvider>,
        listener: Arc<dyn PushListener>,
    ) -> Result<Arc<Self>, PushError> {
        let settings = Settings::try_from(config)?;
        Ok(Arc::new(Self { driver: Driver::open(settings, ports, credentials, listener)? }))
    }

    /// Numbers a question to the platform. Call it before `getToken` or `register`, and hand the number in with the
    /// answer: an answer that something newer has overtaken is then dropped.
    ///
    /// # Errors
    /// [`PushError::Closed`].
    pub fn begin_pull(&self) -> Result<PullId, PushError> {
        Ok(PullId { number: self.driver.engine.begin_pull()? })
    }

    /// The platform named its address: `onNewToken`, `onRegistered`, or the answer to a pull.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be an address; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn on_registration(
        &self,
        kind: RegistrationKind,
        value: String,
        pull: Option<PullId>,
    ) -> Result<Accepted, PushError> {
        let number = pull.map_or(ReportNumber::Now, |pull| ReportNumber::Pull(pull.number));
        self.apply(Event::Reported { address: parse_address(kind, value)?, number })
    }

    /// The platform has no address of this kind any more: `onUnregistered`, or no token on iOS.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn on_registration_lost(&self, kind: RegistrationKind) -> Result<Accepted, PushError> {
        self.apply(Event::AddressLost { kind: kind.into() })
    }

    /// The platform was reset as [`PlatformEffect::ResetAddress`](super::PlatformEffect) asked, and named its address.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be an address; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn reset_done(
        &self,
        reset_id: u64,
        kind: RegistrationKind,
        value: String,
    ) -> Result<Accepted, PushError> {
        self.apply(Event::ResetAnswered { reset: ResetId(reset_id), address: parse_address(kind, value)? })
    }

    /// A person logged in. The same one again changes nothing; another one is a logout of the first, reset included.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be a user id; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn login(&self, user_id: String) -> Result<Accepted, PushError> {
        let user = UserId::try_from(user_id)?;
        let login_id = draw_login_id(self.driver.engine.entropy())?;
        self.apply(Event::LoggedIn { user, login_id })
    }

    /// The person logged out. Needs neither network nor session; when it is done stands in
    /// [`PushStatus::logout`].
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn logout(&self) -> Result<Accepted, PushError> {
        self.apply(Event::LoggedOut)
    }

    /// The person answered the question for notifications, or changed the answer in the settings.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn set_permission(&self, permission: Permission) -> Result<Accepted, PushError> {
        self.apply(Event::PermissionSet(permission))
    }

    /// Something describing the phone changed.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for tags that are too many or too long; [`PushError::Storage`];
    /// [`PushError::Closed`].
    pub fn set_attributes(&self, update: AttributesUpdate) -> Result<Accepted, PushError> {
        let tags = update.tags.map(Tags::try_from).transpose()?;
        let (locale, timezone) = (update.locale.as_deref(), update.timezone.as_deref());
        self.apply(Event::AttributesSet {
            tags,
            locale: locale.and_then(clip),
            timezone: timezone.and_then(clip),
        })
    }

    /// The app can prove again who is logged in. Wakes a core that said `NeedsCredentials`.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn credentials_changed(&self) -> Result<Accepted, PushError> {
        self.apply(Event::CredentialsChanged)
    }

    /// A data message arrived; says what to do with it.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn on_message(&self, data: HashMap<String, String>) -> Result<MessageDisposition, PushError> {
        let engine = &self.driver.engine;
        match Message::read(&self.driver.app, data) {
            Message::NotForUs | Message::Challenge { installation: None, .. } => {
                Ok(MessageDisposition::Ignore)
            }
            Message::Challenge { installation: Some(installation), nonce } => {
                let accepted = self.apply(Event::Challenged { installation, nonce })?;
                let is_mine = accepted.changed;
                Ok(if is_mine { MessageDisposition::Challenge } else { MessageDisposition::Ignore })
            }
            Message::Sync => self.apply(Event::SyncHinted).map(|_| MessageDisposition::Sync),
            Message::ForApp { login, message_id } => {
                engine.read(|state| judge(login, message_id, state.login_id()))
            }
        }
    }

    /// Remembers what became of a message; sent in batches with a sync.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be a message id; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn receipt(&self, message_id: String, event: ReceiptEvent) -> Result<Accepted, PushError> {
        let message_id = MessageId::try_from(message_id)?;
        let at = self.driver.engine.now();
        self.driver.engine.add_receipt(&Receipt { message_id, event, at })
    }

    /// Tells the server what it does not know yet. Ends when it is up to date, when it must wait, or at `deadline`,
    /// whichever is first; a request under way at the deadline goes on and is joined by the next call. Calls at the
    /// same time share one run. May be polled by any executor; dropping it tears nothing.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`]. Offline or refused is a [`SyncOutcome`].
    pub async fn sync_now(&self, deadline: Duration, trigger: SyncTrigger) -> Result<SyncOutcome, PushError> {
        let outcome = self.driver.start_sync(deadline, trigger)?;
        outcome.await.unwrap_or_else(|_| Err(PushError::internal("a sync ended without an outcome")))
    }

    /// Where the core stands.
    ///
    /// # Errors
    /// [`PushError::Closed`].
    pub fn snapshot(&self) -> Result<PushStatus, PushError> {
        self.driver.engine.status()
    }

    /// The device doctor: what stands between this phone and its pushes. Asks nobody.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn diagnose(&self) -> Result<Diagnosis, PushError> {
        self.driver.engine.diagnose()
    }

    /// Closes the store before the process is suspended, so that it sleeps without a lock. Answers under way are
    /// dropped and asked for again. Mutators still work: each opens the store for itself.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn pause(&self) -> Result<(), PushError> {
        self.driver.engine.pause()
    }

    /// Opens the store again.
    ///
    /// # Errors
    /// [`PushError::Busy`] if another process took it meanwhile; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn resume(&self) -> Result<(), PushError> {
        self.driver.engine.resume()
    }

    /// Waits at most `drain` for what is under way, then closes. Everything after is [`PushError::Closed`]. May be
    /// called twice.
    pub async fn shutdown(&self, drain: Duration) {
        let done = Driver::shut_down(&self.driver, drain);
        // An error means that an earlier call did it.
        let _ = done.await;
    }

    fn apply(&self, event: Event) -> Result<Accepted, PushError> {
        self.driver.engine.apply(event)
    }
}

impl Drop for PushCore {
    fn drop(&mut self) {
        self.driver.release();
    }
}

fn parse_address(kind: RegistrationKind, value: String) -> Result<Address, PushError> {
    Ok(Address { kind: kind.into(), value: AddressValue::try_from(value)? })
}
