//! What a reported address becomes. Design §3, rules 2 to 4.

use pushbridge_wire::{Address, AddressKind, Reason};

use super::{
    Installation, Nonce, Slot,
    put::{Change, Owner, PutFacts, event},
};

/// Two deaths with no success between mean that the platform clings to a dead value.
const DEATHS_BEFORE_RESET: u32 = 2;

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
        Slot::Contested { address, .. } if address == value && !newer => {}
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
        changes.push(Change::Challenge { address: value.clone(), nonce: facts.nonce.clone() });
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
