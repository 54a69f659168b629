//! What an answer does to the address that it was about.
//!
//! What takes an address out of use may still be held back by the [breaker](super::BreakerRule).

use pushbridge_fcm::Verdict;

/// What an answer said about the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Finding {
    /// It takes messages.
    Alive,
    /// It will never work again.
    Dead,
    /// It belongs to another project, or the server is set up for the wrong one.
    WrongProject,
    /// Nothing.
    Nothing,
}

impl From<Verdict> for Finding {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::AddressDead => Self::Dead,
            Verdict::AddressWrongProject => Self::WrongProject,
            Verdict::Retry { .. }
            | Verdict::PayloadRejected
            | Verdict::Misconfigured
            | Verdict::ProjectBlocked { .. }
            | Verdict::Throttled { .. } => Self::Nothing,
        }
    }
}

/// The address that the attempt was made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempted {
    /// Its key.
    pub key: [u8; 16],
    /// Its generation at that time.
    pub generation: u64,
    /// Whether it was one of the server's own data messages.
    pub system: bool,
}

/// What an installation makes of an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldState {
    /// Pushes go to it.
    Live,
    /// A challenge is on its way to it.
    Contested,
    /// Anything else: nothing is sent to it.
    Unused,
}

/// The address that the installation has now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldAddress {
    /// Its key.
    pub key: [u8; 16],
    /// Its generation.
    pub generation: u64,
    /// What it is used for.
    pub state: HeldState,
    /// How often it was called dead with no success between.
    pub deaths: u32,
}

/// What becomes of the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressChange {
    /// Nothing.
    Keep,
    /// It works after all: forget that it was called dead.
    ForgetDeaths,
    /// Nothing is sent to it until it is reported again.
    Retire,
    /// Nothing is sent to it, and it is not called dead either.
    Quarantine,
    /// The phone is told to ask its platform for a fresh one.
    AskReset,
}

/// Decides what `finding` does. It concerns only the very address of the attempt: the same value in the same
/// generation.
#[must_use]
pub fn apply(finding: Finding, attempted: &Attempted, held: &HeldAddress) -> AddressChange {
    if (held.key, held.generation) != (attempted.key, attempted.generation) {
        return AddressChange::Keep;
    }
    match (held.state, attempted.system, finding) {
        (HeldState::Live, false, Finding::Dead) => AddressChange::Retire,
        (HeldState::Live, false, Finding::WrongProject) => AddressChange::Quarantine,
        (HeldState::Live, false, Finding::Alive) if held.deaths > 0 => AddressChange::ForgetDeaths,
        // A challenge that nobody can receive will never be answered.
        (HeldState::Contested, true, Finding::Dead) => AddressChange::AskReset,
        _ => AddressChange::Keep,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: [u8; 16] = [7; 16];

    fn held(state: HeldState, deaths: u32) -> HeldAddress {
        HeldAddress { key: KEY, generation: 3, state, deaths }
    }

    fn attempted(system: bool) -> Attempted {
        Attempted { key: KEY, generation: 3, system }
    }

    #[test]
    fn a_finding_does_what_the_table_says() {
        use AddressChange::{AskReset, ForgetDeaths, Keep, Quarantine, Retire};
        let table = [
            (HeldState::Live, 0, false, Finding::Alive, Keep),
            (HeldState::Live, 1, false, Finding::Alive, ForgetDeaths),
            (HeldState::Live, 0, false, Finding::Dead, Retire),
            (HeldState::Live, 0, false, Finding::WrongProject, Quarantine),
            (HeldState::Live, 1, false, Finding::Nothing, Keep),
            (HeldState::Live, 0, true, Finding::Dead, Keep),
            (HeldState::Contested, 0, true, Finding::Dead, AskReset),
            (HeldState::Contested, 0, true, Finding::WrongProject, Keep),
            (HeldState::Contested, 0, false, Finding::Dead, Keep),
            (HeldState::Unused, 1, false, Finding::Dead, Keep),
            (HeldState::Unused, 1, false, Finding::Alive, Keep),
        ];
        for (state, deaths, system, finding, change) in table {
            let done = apply(finding, &attempted(system), &held(state, deaths));
            assert_eq!(done, change, "{state:?} {deaths} {system} {finding:?}");
        }
    }

    /// I7: only the value and the generation of the attempt.
    #[test]
    fn another_value_or_generation_is_left_alone() {
        for other in [
            Attempted { generation: 2, ..attempted(false) },
            Attempted { generation: 4, ..attempted(false) },
            Attempted { key: [8; 16], ..attempted(false) },
        ] {
            for finding in [Finding::Dead, Finding::WrongProject, Finding::Alive] {
                assert_eq!(
                    apply(finding, &other, &held(HeldState::Live, 1)),
                    AddressChange::Keep,
                    "{other:?}"
                );
            }
        }
    }

    /// I8: a wrong project or key never wipes an address.
    #[test]
    fn only_a_dead_verdict_retires() {
        for verdict in [
            Verdict::Retry { after: None },
            Verdict::AddressWrongProject,
            Verdict::PayloadRejected,
            Verdict::Misconfigured,
            Verdict::ProjectBlocked { after: None },
            Verdict::Throttled { after: None },
        ] {
            let change = apply(Finding::from(verdict), &attempted(false), &held(HeldState::Live, 0));
            assert_ne!(change, AddressChange::Retire, "{verdict:?}");
        }
    }
}
