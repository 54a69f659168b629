//! What a reported address becomes. Design §3, rules 2 to 4.

use std::time::Duration;

use pushbridge_wire::{Address, AddressKind, Reason, Timestamp};

use super::{
    Installation, Nonce, Slot,
    put::{Change, Owner, PutFacts, event},
};

/// Two deaths with no success between mean that the platform clings to a dead value.
const DEATHS_BEFORE_RESET: u32 = 2;

/// Open challenges to one value. Beyond it none is sent, and the claim ends in a reset: somebody who claims the value
/// with ever new installations must not keep its owner's phone awake.
const CHALLENGES_PER_VALUE: u32 = 5;
/// A claim repeated within this time keeps its challenge, for the same reason.
const CHALLENGE_INTERVAL: Duration = Duration::from_secs(30);

/// Whether the challenge that ends then was sent a moment ago.
fn is_fresh(ends: Timestamp, facts: &PutFacts) -> bool {
    facts.now.plus(facts.challenge_life) < ends.plus(CHALLENGE_INTERVAL)
}

/// Decides what becomes of the reported address, on bindings as they were before the PUT.
pub(super) fn put_address(
    state: &mut Installation,
    reported: Option<&Address>,
    newer: bool,
    facts: &PutFacts,
    changes: &mut Vec<Change>,
) {
    let Some(value) = reported else {
        if let Some(old) = state.slot.address() {
            changes.push(event("address_withdrawn", Some(Reason::Withdrawn), Some(old)));
        }
        state.slot = Slot::None;
        return;
    };
    if !matches!(value.kind, AddressKind::FcmToken | AddressKind::FcmFid) {
        // A kind of a newer core: kept as reported, and nothing can be sent to it.
        state.slot = Slot::None;
        return;
    }
    match &state.slot {
        Slot::Live(held) if held == value => {
            if newer {
                state.generation += 1;
            }
        }
        Slot::Contested { address, ends, .. } if address == value && !newer => {
            if facts.now >= *ends {
                // Nobody echoed: whoever this value rings, it is not known to be this phone.
                state.slot = Slot::ResetAsked(value.clone());
                changes.push(event("challenge_expired", Some(Reason::Contested), Some(value)));
            }
        }
        Slot::Contested { address, ends, .. } if address == value && is_fresh(*ends, facts) => {}
        Slot::Quarantined(held) if held == value && !newer => {}
        // Said once before a higher revision may claim the value anew: the answer may have been lost.
        Slot::ResetAsked(held) if held == value && (!newer || !state.reset_told) => {}
        Slot::Moved(held) if held == value && !newer => state.slot = Slot::ResetAsked(value.clone()),
        Slot::Retired(held) if held == value && state.deaths >= DEATHS_BEFORE_RESET => {
            state.slot = Slot::ResetAsked(value.clone());
        }
        Slot::Retired(held) if held == value => {
            let deaths = state.deaths;
            claim(state, value, facts, changes);
            state.deaths = deaths;
        }
        _ => claim(state, value, facts, changes),
    }
}

/// Takes a free value; contests one that another installation holds or was the last to hold.
fn claim(state: &mut Installation, value: &Address, facts: &PutFacts, changes: &mut Vec<Change>) {
    if facts.held_by_other {
        state.generation += 1;
        state.reset_told = false;
        state.slot = Slot::Contested {
            address: value.clone(),
            nonce_hash: Nonce::hash(facts.nonce.expose()),
            ends: facts.now.plus(facts.challenge_life),
        };
        changes.push(event("address_contested", Some(Reason::Contested), Some(value)));
        if facts.open_challenges < CHALLENGES_PER_VALUE {
            changes.push(Change::Challenge { address: value.clone(), nonce: facts.nonce.clone() });
        }
    } else {
        take(state, value, changes);
    }
}

/// Makes `value` the live address of this installation.
pub(super) fn take(state: &mut Installation, value: &Address, changes: &mut Vec<Change>) {
    match state.slot.live() {
        Some(old) if old != value => {
            changes.push(event("address_superseded", Some(Reason::Superseded), Some(old)));
            // The old value may ring a copy of this phone, which must learn that it is no longer the one.
            changes.push(Change::Tell { owner: Owner::This, address: old.clone() });
        }
        _ => {}
    }
    state.slot = Slot::Live(value.clone());
    state.generation += 1;
    state.deaths = 0;
    state.reset_told = false;
    changes.push(Change::Hold { address: value.clone() });
    changes.push(event("address_live", None, Some(value)));
}
