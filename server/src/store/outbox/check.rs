//! The logout wall's check: whether a delivery may go out at this moment, and where to.

use pushbridge_fcm::Target;
use pushbridge_wire::{Address, AddressKind, AddressValue, LoginId, Timestamp};
use rusqlite::{Row, Statement};

use crate::{
    outbox::{CancelReason, Concerns, Deaths, DeliveryNo},
    store::{AppNo, StoreError, address_key, rows::checked},
};

/// A row of the outbox, as far as a claim needs it.
pub(super) struct DueRow {
    pub(super) no: DeliveryNo,
    pub(super) app: i64,
    pub(super) message: Option<i64>,
    pub(super) target_kind: String,
    pub(super) target_value: Option<String>,
    pub(super) system_data: Option<String>,
    pub(super) user: Option<String>,
    pub(super) epoch: Option<u64>,
    pub(super) attempts: u32,
    pub(super) first_attempt: Option<Timestamp>,
    pub(super) expires: Timestamp,
    /// Whether it names an installation, which may be gone.
    to_installation: bool,
    holder: Option<Holder>,
}

/// The delivery's installation, as far as it decides.
struct Holder {
    /// Whether pushes go to its address.
    live: bool,
    address: Option<(Address, [u8; 16])>,
    generation: u64,
    deaths: u32,
    unconfirmed: bool,
    /// User, login and epoch.
    binding: Option<(String, String, u64)>,
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

/// Columns are read by number: a look for their names would cost more than the query.
pub(super) const DUE_ROW: &str = "
SELECT d.app, d.message, d.target_kind, d.target_value, d.system_data, d.user, d.epoch, d.attempts, d.first_attempt_ms,
    d.expires_ms, i.address_state, i.address_kind, i.address_value, i.address_key, i.generation, i.unconfirmed, i.user,
    i.login, i.epoch, i.deaths, d.installation IS NOT NULL
FROM deliveries d LEFT JOIN installations i USING (installation) WHERE d.delivery = ?1";

impl DueRow {
    /// By [`DUE_ROW`].
    pub(super) fn load(query: &mut Statement<'_>, no: DeliveryNo) -> Result<Self, StoreError> {
        Ok(query.query_row([no.0], |row| Self::read(row, no))?)
    }

    fn read(row: &Row<'_>, no: DeliveryNo) -> rusqlite::Result<Self> {
        Ok(Self {
            no,
            app: row.get(0)?,
            message: row.get(1)?,
            target_kind: row.get(2)?,
            target_value: row.get(3)?,
            system_data: row.get(4)?,
            user: row.get(5)?,
            epoch: row.get(6)?,
            attempts: row.get(7)?,
            first_attempt: row.get::<_, Option<i64>>(8)?.map(Timestamp::from_ms),
            expires: Timestamp::from_ms(row.get(9)?),
            to_installation: row.get(20)?,
            holder: read_holder(row)?,
        })
    }

    /// What a settlement needs to know of it, once it has `passed`.
    pub(super) fn concerns(&self, passed: &Passed) -> Concerns {
        let known = self.to_installation && passed.wire.is_some() && passed.generation.is_some();
        let dead = self.holder.as_ref().is_some_and(|holder| holder.deaths > 0);
        let address = known.then_some(if dead { Deaths::Some } else { Deaths::None });
        Concerns { app: AppNo(self.app), message: self.message, address }
    }

    /// Checks, in the transaction that marks the delivery "on the wire", that it may go there.
    pub(super) fn check(&self) -> Result<Result<Passed, Obstacle>, StoreError> {
        if self.target_kind != "installation" {
            return self.fixed_target().map(Ok);
        }
        let Some(holder) = &self.holder else {
            return Ok(Err(Obstacle::Ended(CancelReason::InstallationGone)));
        };
        self.check_installation(holder)
    }

    fn check_installation(&self, holder: &Holder) -> Result<Result<Passed, Obstacle>, StoreError> {
        let binding = holder.binding.as_ref();
        let bound = binding.map(|(user, _, epoch)| (user.as_str(), Some(*epoch)));
        if self.user.is_some() && bound != self.user.as_deref().map(|user| (user, self.epoch)) {
            return Ok(Err(Obstacle::Ended(CancelReason::Unbound)));
        }
        if holder.unconfirmed {
            return Ok(Err(Obstacle::Unconfirmed));
        }
        let address = holder.address.as_ref().filter(|_| holder.live);
        let reachable =
            address.and_then(|(address, key)| Some((target_of(address)?, address.kind.clone(), *key)));
        let Some((target, kind, key)) = reachable else {
            return Ok(Err(Obstacle::Ended(CancelReason::NoLiveAddress)));
        };
        let login = self.user.as_ref().and(binding).map(|(_, login, _)| checked(login.clone(), "login"));
        Ok(Ok(Passed {
            target,
            wire: Some((kind, key)),
            generation: Some(holder.generation),
            login: login.transpose()?,
        }))
    }

    /// A bare address, topic or condition, or one of the server's own data messages.
    fn fixed_target(&self) -> Result<Passed, StoreError> {
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
        let holds = |holder: &&Holder| holder.address.as_ref().is_some_and(|(held, _)| *held == address);
        let claimant = self.holder.as_ref().filter(holds);
        let generation = self.system_data.as_ref().and(claimant).map(|holder| holder.generation);
        let target = target_of(&address).ok_or(StoreError::BadRow("target_kind"))?;
        Ok(Passed {
            target,
            wire: Some((address.kind.clone(), address_key(&address))),
            generation,
            login: None,
        })
    }
}

fn read_holder(row: &Row<'_>) -> rusqlite::Result<Option<Holder>> {
    let Some(state) = row.get_ref(10)?.as_str_or_null()? else { return Ok(None) };
    let live = state == "live";
    let (kind, value): (Option<String>, Option<String>) = (row.get(11)?, row.get(12)?);
    let address = match (kind, value, row.get(13)?) {
        (Some(kind), Some(value), Some(key)) => {
            let value = checked::<AddressValue, _>(value, "address_value")?;
            Some((Address { kind: kind.into(), value }, key))
        }
        _ => None,
    };
    let binding = match (row.get(16)?, row.get(17)?) {
        (Some(user), Some(login)) => Some((user, login, row.get(18)?)),
        _ => None,
    };
    Ok(Some(Holder {
        live,
        address,
        generation: row.get(14)?,
        deaths: row.get(19)?,
        unconfirmed: row.get(15)?,
        binding,
    }))
}

fn target_of(address: &Address) -> Option<Target> {
    let value = address.value.expose().to_owned();
    match address.kind {
        AddressKind::FcmToken => Some(Target::Token(value)),
        AddressKind::FcmFid => Some(Target::Fid(value)),
        AddressKind::WebPush | AddressKind::Other(_) => None,
    }
}
