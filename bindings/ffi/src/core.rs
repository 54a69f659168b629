//! [`PushCore`] as an exported object: one line per call.

use std::{collections::HashMap, sync::Arc, time::Duration};

use pushbridge_core::{self as core, PullId};

use crate::{
    Accepted, AttributesUpdate, CredentialsProvider, Diagnosis, MessageDisposition, Permission, PushConfig,
    PushError, PushListener, PushStatus, ReceiptEvent, RegistrationKind, SyncOutcome, SyncTrigger,
    callbacks::{ForeignListener, ForeignProvider},
    guard::{guarded, guarded_async},
    outcome::signed,
};

/// The phone core, one per process and store.
///
/// Every mutator is durable when it returns and touches no network. A failed call has changed nothing and may be
/// repeated. All methods may be called from any thread, callbacks included.
#[derive(uniffi::Object)]
pub struct PushCore {
    core: Arc<core::PushCore>,
}

#[uniffi::export]
impl PushCore {
    /// Opens the store, or makes one. No network.
    ///
    /// # Errors
    /// [`PushError::Config`], [`PushError::Busy`] if the store has an owner, [`PushError::Storage`].
    #[uniffi::constructor]
    pub fn open(
        config: PushConfig,
        credentials: Arc<dyn CredentialsProvider>,
        listener: Arc<dyn PushListener>,
    ) -> Result<Arc<Self>, PushError> {
        let credentials = Arc::new(ForeignProvider(credentials));
        let listener = Arc::new(ForeignListener(listener));
        let core = guarded(|| core::PushCore::open(config.into(), credentials, listener))?;
        Ok(Arc::new(Self { core }))
    }

    /// Numbers a question to the platform, before it is asked. The number goes into [`on_registration`] with the
    /// answer: an answer that something newer has overtaken is then dropped.
    ///
    /// [`on_registration`]: Self::on_registration
    ///
    /// # Errors
    /// [`PushError::Closed`].
    pub fn begin_pull(&self) -> Result<i64, PushError> {
        guarded(|| self.core.begin_pull()).map(|pull| signed(pull.number))
    }

    /// The platform named its address: `onNewToken`, `onRegistered`, or the answer to a pull.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be an address; [`PushError::Storage`]; [`PushError::Closed`].
    #[uniffi::method(default(pull = None))]
    pub fn on_registration(
        &self,
        kind: RegistrationKind,
        value: String,
        pull: Option<i64>,
    ) -> Result<Accepted, PushError> {
        let pull = pull.map(|pull| counted(pull, "pull")).transpose()?.map(|number| PullId { number });
        accepted(|| self.core.on_registration(kind.into(), value, pull))
    }

    /// The platform has no address of this kind any more: `onUnregistered`, or no token on iOS.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn on_registration_lost(&self, kind: RegistrationKind) -> Result<Accepted, PushError> {
        accepted(|| self.core.on_registration_lost(kind.into()))
    }

    /// The platform was reset as an effect asked, and named its address.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be an address; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn reset_done(
        &self,
        reset_id: i64,
        kind: RegistrationKind,
        value: String,
    ) -> Result<Accepted, PushError> {
        let reset_id = counted(reset_id, "reset_id")?;
        accepted(|| self.core.reset_done(reset_id, kind.into(), value))
    }

    /// A person logged in. The same one again changes nothing; another one is a logout of the first, reset included.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be a user id; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn login(&self, user_id: String) -> Result<Accepted, PushError> {
        accepted(|| self.core.login(user_id))
    }

    /// The person logged out. Needs neither network nor session.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn logout(&self) -> Result<Accepted, PushError> {
        accepted(|| self.core.logout())
    }

    /// The person answered the question for notifications, or changed the answer in the settings.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn set_permission(&self, permission: Permission) -> Result<Accepted, PushError> {
        accepted(|| self.core.set_permission(permission.into()))
    }

    /// Something describing the phone changed.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for tags that are too many or too long; [`PushError::Storage`];
    /// [`PushError::Closed`].
    pub fn set_attributes(&self, update: AttributesUpdate) -> Result<Accepted, PushError> {
        accepted(|| self.core.set_attributes(update.into()))
    }

    /// The app can prove again who is logged in.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn credentials_changed(&self) -> Result<Accepted, PushError> {
        accepted(|| self.core.credentials_changed())
    }

    /// A data message arrived; says what to do with it.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn on_message(&self, data: HashMap<String, String>) -> Result<MessageDisposition, PushError> {
        guarded(|| self.core.on_message(data)).map(Into::into)
    }

    /// Remembers what became of a message; sent in batches with a sync.
    ///
    /// # Errors
    /// [`PushError::InvalidInput`] for what cannot be a message id; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn receipt(&self, message_id: String, event: ReceiptEvent) -> Result<Accepted, PushError> {
        accepted(|| self.core.receipt(message_id, event.into()))
    }

    /// Tells the server what it does not know yet. Ends when it is up to date, when it must wait, or after
    /// `deadline_ms`, whichever is first. Calls at the same time share one run; dropping the call tears nothing.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`]. Offline or refused is a [`SyncOutcome`].
    pub async fn sync_now(&self, deadline_ms: u32, trigger: SyncTrigger) -> Result<SyncOutcome, PushError> {
        let deadline = Duration::from_millis(deadline_ms.into());
        guarded_async(self.core.sync_now(deadline, trigger.into())).await.map(Into::into)
    }

    /// Where the core stands.
    ///
    /// # Errors
    /// [`PushError::Closed`].
    pub fn snapshot(&self) -> Result<PushStatus, PushError> {
        guarded(|| self.core.snapshot()).map(Into::into)
    }

    /// The device doctor: what stands between this phone and its pushes. Asks nobody.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn diagnose(&self) -> Result<Diagnosis, PushError> {
        guarded(|| self.core.diagnose()).map(Into::into)
    }

    /// Closes the store before the process is suspended. Mutators still work: each opens the store for itself.
    ///
    /// # Errors
    /// [`PushError::Storage`]; [`PushError::Closed`].
    pub fn pause(&self) -> Result<(), PushError> {
        guarded(|| self.core.pause())
    }

    /// Opens the store again.
    ///
    /// # Errors
    /// [`PushError::Busy`] if another process took it meanwhile; [`PushError::Storage`]; [`PushError::Closed`].
    pub fn resume(&self) -> Result<(), PushError> {
        guarded(|| self.core.resume())
    }

    /// Waits at most `drain_ms` for what is under way, then closes. Everything after is [`PushError::Closed`]. May be
    /// called twice.
    ///
    /// # Errors
    /// None but [`PushError::Internal`].
    pub async fn shutdown(&self, drain_ms: u32) -> Result<(), PushError> {
        let drain = Duration::from_millis(drain_ms.into());
        guarded_async(async {
            self.core.shutdown(drain).await;
            Ok::<_, PushError>(())
        })
        .await
    }
}

/// Version of the core.
///
/// # Errors
/// None but [`PushError::Internal`].
#[uniffi::export]
pub fn core_version() -> Result<String, PushError> {
    guarded(|| Ok::<_, PushError>(env!("CARGO_PKG_VERSION").to_owned()))
}

fn accepted(call: impl FnOnce() -> Result<core::Accepted, core::PushError>) -> Result<Accepted, PushError> {
    guarded(call).map(Into::into)
}

fn counted(number: i64, name: &str) -> Result<u64, PushError> {
    u64::try_from(number)
        .map_err(|_| PushError::InvalidInput { detail: format!("{name}: a number that the core gave out") })
}
