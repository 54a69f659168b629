//! The breaker: more dead addresses than is plausible mean that something else is wrong.
//!
//! A wrong project or key, or a fault at FCM, can make every address look dead. Retiring them all would cut off every
//! user, so above a threshold the verdicts are held until the operator says what they are worth.

use std::time::Duration;

/// When retiring stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerRule {
    /// At least that many dead verdicts,
    pub dead: u64,
    /// and more than that share of the attempts,
    pub percent: u64,
    /// within that time.
    pub window: Duration,
}

/// Ours: a day's churn of a healthy app lies far below a fifth, and fewer than 50 can be mended by hand.
pub const BREAKER_RULE: BreakerRule = BreakerRule { dead: 50, percent: 20, window: Duration::from_secs(600) };

impl BreakerRule {
    /// Whether `dead` of `attempts` in the window are too many.
    #[must_use]
    pub fn trips(&self, attempts: u64, dead: u64) -> bool {
        dead >= self.dead && u128::from(dead) * 100 > u128::from(attempts) * u128::from(self.percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// I8
    #[test]
    fn it_trips_above_both_thresholds_only() {
        let cases = [
            ("few", 49, 49, false),
            ("enough and all", 50, 50, true),
            ("a fifth is not more than a fifth", 250, 50, false),
            ("more than a fifth", 249, 50, true),
            ("many, but a small share", 1_000_000, 5_000, false),
        ];
        for (name, attempts, dead, trips) in cases {
            assert_eq!(BREAKER_RULE.trips(attempts, dead), trips, "{name}");
        }
    }
}
