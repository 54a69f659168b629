//! What a reported user becomes. Design §3, rules 5 to 7.

use pushbridge_wire::{InstallationRequest, Reason, UserState};

use super::{
    Binding, Installation, UserProof,
    put::{Change, Owner, PutFacts, event},
};
use crate::policy::evictions;

/// Decides who is bound after the PUT.
pub(super) fn put_user(
    state: &mut Installation,
    request: &InstallationRequest,
    proof: &UserProof,
    facts: &PutFacts,
    changes: &mut Vec<Change>,
) -> (UserState, Option<Reason>) {
    let (Some(user), Some(login)) = (&request.user, &request.login_id) else {
        end_own(state, Reason::Logout, changes);
        return (UserState::None, None);
    };
    if state.binding.as_ref().is_some_and(|bound| bound.user == *user && bound.login == *login) {
        return (UserState::Bound, None);
    }
    if let Some(reason) = &facts.login_ended {
        // An ended login is final. Another person's binding ends all the same: this phone says that he left.
        if state.binding.as_ref().is_some_and(|bound| bound.user != *user) {
            end_own(state, Reason::Relogin, changes);
        }
        return (UserState::Evicted, Some(reason.clone()));
    }
    if !proof.proves(user, facts.revoked_at) {
        end_own(state, Reason::Unproven, changes);
        let missing = matches!(proof, UserProof::Absent);
        return (if missing { UserState::ProofNeeded } else { UserState::ProofInvalid }, None);
    }
    end_own(state, Reason::Relogin, changes);
    state.binding =
        Some(Binding { user: user.clone(), login: login.clone(), epoch: facts.next_epoch, since: facts.now });
    changes.push(Change::UseEpoch(facts.next_epoch));
    changes.push(event("bound", None, None));
    for (installation, reason) in evictions(facts.policy, &facts.others) {
        changes.push(Change::Evict { installation, reason });
    }
    (UserState::Bound, None)
}

fn end_own(state: &mut Installation, reason: Reason, changes: &mut Vec<Change>) {
    if let Some(binding) = state.binding.take() {
        changes.push(Change::EndBinding { owner: Owner::This, binding, reason });
    }
}
