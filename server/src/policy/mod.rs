//! Policy: how many installations a user may have.
//!
//! In: the app's policy and who is bound. Out: who must go, and why. Next: [`registry`](crate::registry) ends those
//! bindings in the transaction of the bind. Pure.

use pushbridge_wire::{PolicyConfig, PolicyMode, Reason, Timestamp, limits};

use crate::store::InstallationNo;

/// The policy of an app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// One installation per user: the newest bind overwrites.
    Single,
    /// Several; above the number the least recently seen goes.
    Multi {
        /// At most that many.
        max_devices: u32,
    },
}

impl From<PolicyConfig> for Policy {
    fn from(config: PolicyConfig) -> Self {
        match config.mode {
            PolicyMode::Single => Self::Single,
            PolicyMode::Multi => {
                Self::Multi { max_devices: config.max_devices.unwrap_or(limits::MAX_DEVICES) }
            }
        }
    }
}

/// An installation bound to the user in question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BoundInstallation {
    /// Which.
    pub installation: InstallationNo,
    /// Its last PUT.
    pub seen: Timestamp,
}

/// Which of `others` must go when one more installation, which stays, is bound to their user.
#[must_use]
pub fn evictions(policy: Policy, others: &[BoundInstallation]) -> Vec<(InstallationNo, Reason)> {
    over(policy, others, 1)
}

/// Which of `bound` must go where nobody has just been bound: a policy that was made stricter.
#[must_use]
pub fn excess(policy: Policy, bound: &[BoundInstallation]) -> Vec<(InstallationNo, Reason)> {
    over(policy, bound, 0)
}

fn over(policy: Policy, bound: &[BoundInstallation], newcomers: usize) -> Vec<(InstallationNo, Reason)> {
    let (most, reason) = match policy {
        Policy::Single => (1, Reason::PolicySingle),
        Policy::Multi { max_devices } => {
            (usize::try_from(max_devices).unwrap_or(usize::MAX), Reason::PolicyCap)
        }
    };
    let mut oldest_first = bound.to_vec();
    oldest_first.sort_by_key(|other| (other.seen, other.installation));
    let excess = (bound.len() + newcomers).saturating_sub(most).min(bound.len());
    oldest_first[..excess].iter().map(|other| (other.installation, reason.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(seen_ms: &[i64]) -> Vec<BoundInstallation> {
        let number = |(no, ms): (usize, &i64)| BoundInstallation {
            installation: InstallationNo(i64::try_from(no).unwrap()),
            seen: Timestamp::from_ms(*ms),
        };
        seen_ms.iter().enumerate().map(number).collect()
    }

    fn numbers(gone: &[(InstallationNo, Reason)]) -> Vec<i64> {
        gone.iter().map(|(no, _)| no.0).collect()
    }

    /// B7: under `single` the newest bind overwrites.
    #[test]
    fn single_lets_every_other_installation_go() {
        let gone = evictions(Policy::Single, &bound(&[30, 10, 20]));
        assert_eq!(numbers(&gone), [1, 2, 0]);
        assert!(gone.iter().all(|(_, reason)| *reason == Reason::PolicySingle));
    }

    /// B6, I2: under `multi` devices accumulate up to the cap, and the least recently seen goes first.
    #[test]
    fn multi_lets_the_least_recently_seen_go_above_the_cap() {
        let three = Policy::Multi { max_devices: 3 };
        assert_eq!(numbers(&evictions(three, &bound(&[30, 10]))), Vec::<i64>::new());
        let gone = evictions(three, &bound(&[30, 10, 20]));
        assert_eq!(numbers(&gone), [1]);
        assert_eq!(gone[0].1, Reason::PolicyCap);
    }

    #[test]
    fn a_stricter_policy_keeps_the_most_recently_seen() {
        assert_eq!(numbers(&excess(Policy::Single, &bound(&[30, 10, 20]))), [1, 2]);
        assert_eq!(numbers(&excess(Policy::Single, &bound(&[30]))), Vec::<i64>::new());
    }

    #[test]
    fn a_cap_of_one_under_multi_still_keeps_the_newcomer() {
        assert_eq!(numbers(&evictions(Policy::Multi { max_devices: 1 }, &bound(&[5]))), [0]);
    }
}
