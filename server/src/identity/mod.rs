//! Identity: who says that a user is who he says.
//!
//! In: the JWT of the `Pushbridge-User` header. Out: a [`UserProof`]. Next: [`registry`](crate::registry) decides with
//! it. A proof that does not hold is never an error: everything else of the PUT is applied.

mod keys;
mod token;

pub use keys::{InvalidKey, check_keys};
pub use token::sign_user_token;

use pushbridge_wire::{IdentityMode, Timestamp};

use crate::{registry::UserProof, store::NewApp};

/// Checks the proof of a PUT by the app's keys and by the server's own.
#[must_use]
pub fn check_proof(app: &NewApp, token_key: &[u8; 32], proof: Option<&str>, now: Timestamp) -> UserProof {
    if app.identity_mode == IdentityMode::Trusted {
        return UserProof::Trusted;
    }
    let Some(proof) = proof else { return UserProof::Absent };
    let own = token::check_own(app, token_key, proof, now);
    let proven = own.or_else(|| app.identity_keys.iter().find_map(|key| keys::check(key, proof, now)));
    proven.map_or(UserProof::Refused, |(user, issued_at)| UserProof::Valid { user, issued_at })
}

#[cfg(test)]
mod tests;
