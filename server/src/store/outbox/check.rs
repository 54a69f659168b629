//! The logout wall's check: whether a delivery may go out at this moment, and where to.

use pushbridge_fcm::Target;
use pushbridge_wire::{Address, AddressKind, AddressValue, LoginId, Timestamp};
use rusqlite::{Connection, Row};

use crate::{
    outbox::{CancelReason, DeliveryNo},
    store::{
        InstallationNo, StoreError, address_key,
        rows::{StoredInstallation, checked, load_numbered},
    },
};

/// A row of the outbox, as far as a claim needs it.
pub(super) struct DueRow {
    pub(super) no: DeliveryNo,
    pub(super) app: i64,
    pub(super) message: Option<i64>,
    pub(super) installation: Option<InstallationNo>,
    pub(super) target_kind: String,
    pub(super) target_value: Option<String>,
    pub(super) system_data: Option<String>,
    pub(super) user: Option<String>,
    pub(super) epoch: Option<u64>,
    pub(super) attempts: u32,
    pub(super) first_attempt: Option<Timestamp>,
    pub(super) expires: Timestamp,
}

/// Why a delivery may not go out now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Obstacle {
    /// It never may again.
    Ended(CancelReason),
    /// The store was restored and the phone has not reported since: whether the person is still logged in there,
    /// nobody knows.
    Unconfirmed,
}

/// A delivery that may go out.
pub(super) struct Passed {
    pub(super) target: Target,
    /// Kind and key of the address; none for a topic or a condition.
    pub(super) wire: Option<(AddressKind, [u8; 16])>,
    pub(super) generation: Option<u64>,
    pub(super) login: Option<LoginId>,
}

impl DueRow {
    pub(super) fn load(connection: &Connection, no: DeliveryNo) -> Result<Self, StoreError> {
        let mut query = connection.prepare_cached("SELECT * FROM deliveries WHERE delivery = ?1")?;
        Ok(query.query_row([no.0], |row| Self::read(row, no))?)
    }

    fn read(row: &Row<'_>, no: DeliveryNo) -> rusqlite::Result<Self> {
        Ok(Self {
            no,
            app: row.get("app")?,
            message: row.get("message")?,
            installation: row.get::<_, Option<i64>>("installation")?.map(InstallationNo),
            target_kind: row.get("target_kind")?,
            target_value: row.get("target_value")?,
            system_data: row.get("system_data")?,
            user: row.get("user")?,
            epoch: row.get("epoch")?,
            attempts: row.get("attempts")?,
            first_attempt: row.get::<_, Option<i64>>("first_attempt_ms")?.map(Timestamp::from_ms),
            expires: Timestamp::from_ms(row.get("expires_ms")?),
        })
    }

    /// Checks, in the transaction that marks the delivery "on the wire", that it may go there.
    pub(super) fn check(&self, connection: &Connection) -> Result<Result<Passed, Obstacle>, StoreError> {
        let holder = match self.installation {
            Some(no) => load_numbered(connection, no)?,
            None => None,
        };
        if self.target_kind != "installation" {
            return self.fixed_target(holder.as_ref()).map(Ok);
        }
        let Some(holder) = holder else { return Ok(Err(Obstacle::Ended(CancelReason::InstallationGone))) };
        Ok(self.check_installation(&holder))
    }

    fn check_installation(&self, holder: &StoredInstallation) -> Result<Passed, Obstacle> {
        let unreachable = Obstacle::Ended(CancelReason::NoLiveAddress);
        let state = &holder.state;
        let binding = state.binding.as_ref();
        let bound = binding.map(|binding| (binding.user.as_str(), Some(binding.epoch)));
        if self.user.is_some() && bound != self.user.as_deref().map(|user| (user, self.epoch)) {
            return Err(Obstacle::Ended(CancelReason::Unbound));
        }
        if state.unconfirmed {
            return Err(Obstacle::Unconfirmed);
        }
        let address = state.slot.live().ok_or(unreachable)?;
        Ok(Passed {
            target: target_of(address).ok_or(unreachable)?,
            wire: Some((address.kind.clone(), address_key(address))),
            generation: Some(state.generation),
            login: self.user.as_ref().and(binding).map(|binding| binding.login.clone()),
        })
    }

    /// A bare address, topic or condition, or one of the server's own data messages.
    fn fixed_target(&self, holder: Option<&StoredInstallation>) -> Result<Passed, StoreError> {
        let value = self.target_value.clone().ok_or(StoreError::BadRow("target_value"))?;
        let unaddressed = |target| Ok(Passed { target, wire: None, generation: None, login: None });
        match self.target_kind.as_str() {
            "topic" => return unaddressed(Target::Topic(value)),
            "condition" => return unaddressed(Target::Condition(value)),
            _ => {}
        }
        let kind = AddressKind::from(self.target_kind.clone());
        let address = Address { kind, value: checked::<AddressValue, _>(value, "target_value")? };
        // What FCM says of a challenge concerns the installation that claims the value, and nobody else.
        let claimant = holder.filter(|holder| holder.state.slot.address() == Some(&address));
        let generation = self.system_data.as_ref().and(claimant).map(|holder| holder.state.generation);
        let target = target_of(&address).ok_or(StoreError::BadRow("target_kind"))?;
        Ok(Passed {
            target,
            wire: Some((address.kind.clone(), address_key(&address))),
            generation,
            login: None,
        })
    }
}

fn target_of(address: &Address) -> Option<Target> {
    let value = address.value.expose().to_owned();
    match address.kind {
        AddressKind::FcmToken => Some(Target::Token(value)),
        AddressKind::FcmFid => Some(Target::Fid(value)),
        AddressKind::WebPush | AddressKind::Other(_) => None,
    }
}
