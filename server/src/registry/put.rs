//! One PUT: the phone's whole desired state against the server's truth.

use std::time::Duration;

use pushbridge_wire::{Address, AddressState, InstallationRequest, Outcome, Reason, Timestamp, UserState};

use super::{
    Attributes, Binding, Installation, Nonce, Reported, Slot, UserProof,
    address::{put_address, take},
    user::put_user,
};
use crate::{
    policy::{BoundInstallation, Policy},
    store::InstallationNo,
};

/// What the decision needs to know beside the installation itself.
#[derive(Clone, Debug)]
pub struct PutFacts {
    /// The moment of the decision.
    pub now: Timestamp,
    /// Whether another installation holds the reported value or was the last to hold it.
    pub held_by_other: bool,
    /// Challenges to the reported value that have not ended, of other installations.
    pub open_challenges: u32,
    /// Why the reported login was ended, if it was.
    pub login_ended: Option<Reason>,
    /// The newest revoke of the reported user.
    pub revoked_at: Option<Timestamp>,
    /// Other installations bound to the reported user.
    pub others: Vec<BoundInstallation>,
    /// The app's policy.
    pub policy: Policy,
    /// The epoch that a new binding would get.
    pub next_epoch: u64,
    /// The nonce that a new challenge would carry.
    pub nonce: Nonce,
    /// How long a challenge lives.
    pub challenge_life: Duration,
}

/// Whose change it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The installation that PUT.
    This,
    /// Another one.
    Other(InstallationNo),
}

/// What must be written beside the installation's own row, in the same transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// This installation is now the last holder of the value.
    Hold {
        /// The value.
        address: Address,
    },
    /// The epoch is used up.
    UseEpoch(u64),
    /// A binding ended: its login is final, its queued deliveries are cancelled.
    EndBinding {
        /// Whose.
        owner: Owner,
        /// Which.
        binding: Binding,
        /// Why.
        reason: Reason,
    },
    /// The policy ends the binding of another installation, which is told.
    Evict {
        /// Whose.
        installation: InstallationNo,
        /// Why.
        reason: Reason,
    },
    /// A `sync` data message to an address, so that whoever gets it PUTs.
    Tell {
        /// Whose address it is or was.
        owner: Owner,
        /// Where to.
        address: Address,
    },
    /// A challenge to a contested value.
    Challenge {
        /// Where to.
        address: Address,
        /// What must be echoed.
        nonce: Nonce,
    },
    /// A line in the event log.
    Event {
        /// What happened.
        what: &'static str,
        /// Why.
        reason: Option<Reason>,
        /// Fingerprint of the address that it is about.
        fingerprint: Option<String>,
    },
}

pub(super) fn event(what: &'static str, reason: Option<Reason>, address: Option<&Address>) -> Change {
    Change::Event { what, reason, fingerprint: address.map(|address| address.fingerprint().to_string()) }
}

/// What a PUT comes to.
#[derive(Clone, Debug)]
pub struct PutDecision {
    /// What became of the desired state.
    pub outcome: Outcome,
    /// The server's truth after it.
    pub installation: Installation,
    /// What to answer about the address.
    pub address_state: AddressState,
    /// What to answer about the user.
    pub user_state: UserState,
    /// Why a login was ended.
    pub reason: Option<Reason>,
    /// What to write beside the row. Empty where the row did not change.
    pub changes: Vec<Change>,
}

/// The same revision came with another address, user or login: two phones use one identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cloned;

/// Decides a PUT. `current` is none where the installation is new.
///
/// # Errors
/// [`Cloned`], and nothing changes.
pub fn put_installation(
    current: Option<&Installation>,
    request: &InstallationRequest,
    proof: &UserProof,
    facts: &PutFacts,
) -> Result<PutDecision, Cloned> {
    let reported = Reported::of(request);
    if let Some(current) = current {
        if request.revision < current.revision {
            return Ok(stale(current));
        }
        if request.revision == current.revision && !current.reported.is_repeated_by(&reported) {
            return Err(Cloned);
        }
    }
    let newer = current.is_none_or(|current| request.revision > current.revision);
    let mut changes = Vec::new();
    let mut state = next_state(current, request, reported, facts.now);
    if current.is_none() {
        changes.push(event("created", None, None));
    }
    // The address first, on the bindings as they were: else the policy could remove the reason to contest.
    put_address(&mut state, request.address.as_ref(), newer, facts, &mut changes);
    let (user_state, reason) = put_user(&mut state, request, proof, facts, &mut changes);
    let address_state = answer_address(&mut state);
    let outcome = if newer { Outcome::Applied } else { Outcome::Unchanged };
    Ok(PutDecision { outcome, installation: state, address_state, user_state, reason, changes })
}

/// Moves a contested value to the installation that echoed its challenge. None where the nonce is not the current one.
/// `login_ended` says why the reported login was ended, if it was.
#[must_use]
pub fn prove_possession(
    current: &Installation,
    nonce_hash: [u8; 32],
    login_ended: Option<Reason>,
    now: Timestamp,
) -> Option<PutDecision> {
    let Slot::Contested { address, nonce_hash: expected, ends } = &current.slot else { return None };
    if *expected != nonce_hash || now >= *ends {
        return None;
    }
    let mut state = current.clone();
    let mut changes = vec![event("possession_proven", None, Some(address))];
    take(&mut state, &address.clone(), &mut changes);
    let mut decision = stale(&state);
    decision.outcome = Outcome::Applied;
    decision.changes = changes;
    if state.binding.is_none() && state.reported.login.is_some() {
        decision.user_state = if login_ended.is_some() { UserState::Evicted } else { UserState::ProofNeeded };
        decision.reason = login_ended;
    }
    Some(decision)
}

fn next_state(
    current: Option<&Installation>,
    request: &InstallationRequest,
    reported: Reported,
    now: Timestamp,
) -> Installation {
    let attributes = Attributes::of(request);
    match current {
        Some(current) => Installation {
            revision: request.revision,
            reported,
            attributes,
            unconfirmed: false,
            seen: now,
            ..current.clone()
        },
        None => Installation {
            revision: request.revision,
            reported,
            attributes,
            slot: Slot::None,
            generation: 0,
            deaths: 0,
            reset_told: false,
            binding: None,
            unconfirmed: false,
            seen: now,
        },
    }
}

fn answer_address(state: &mut Installation) -> AddressState {
    match &state.slot {
        Slot::Live(_) => AddressState::Live,
        Slot::Contested { .. } => AddressState::Contested,
        Slot::ResetAsked(_) => {
            state.reset_told = true;
            AddressState::ResetAddress
        }
        Slot::None | Slot::Retired(_) | Slot::Quarantined(_) | Slot::Moved(_) => AddressState::None,
    }
}

fn stale(current: &Installation) -> PutDecision {
    let mut installation = current.clone();
    let address_state = answer_address(&mut installation);
    let user_state = if current.binding.is_some() { UserState::Bound } else { UserState::None };
    PutDecision {
        outcome: Outcome::Stale,
        installation: current.clone(),
        address_state,
        user_state,
        reason: None,
        changes: Vec::new(),
    }
}
