//! The rules in force. In: rules and sends. Out: the first rule, oldest first, that strikes a send. Next: `send`.
//! A rule that has struck its number of times is gone.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use serde::Serialize;

use crate::faults::plan::Plan;
use crate::faults::spec::{FaultSpec, FaultSpecError};
use crate::generator::{Generator, Stream};
use crate::locks::{read, write};
use crate::names::{DeviceId, ProjectId};

/// A rule in force.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultRule {
    /// Its number in the order in which rules were made.
    pub id: u64,
    /// How many sends it has struck.
    pub struck: u64,
    /// What was asked for.
    #[serde(flatten)]
    pub spec: FaultSpec,
}

struct ActiveRule {
    id: u64,
    spec: FaultSpec,
    plan: Arc<Plan>,
    struck: AtomicU64,
}

pub(crate) struct FaultTable {
    project: ProjectId,
    rules: RwLock<Vec<ActiveRule>>,
    /// Spares the common send without any rule even a read lock.
    any: AtomicBool,
    last_id: AtomicU64,
    dice: Generator,
}

impl FaultTable {
    pub(crate) fn new(project: ProjectId, seed: u64) -> Self {
        Self {
            project,
            rules: RwLock::default(),
            any: AtomicBool::new(false),
            last_id: AtomicU64::new(0),
            dice: Generator::new(seed, Stream::FaultDice),
        }
    }

    pub(crate) fn add(&self, spec: FaultSpec) -> Result<FaultRule, FaultSpecError> {
        let plan = Arc::new(spec.plan(&self.project)?);
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let rule = ActiveRule { id, spec, plan, struck: AtomicU64::new(0) };
        let shown = rule.shown();
        let mut rules = write(&self.rules);
        rules.push(rule);
        self.any.store(true, Ordering::Release);
        Ok(shown)
    }

    pub(crate) fn list(&self) -> Vec<FaultRule> {
        read(&self.rules).iter().map(ActiveRule::shown).collect()
    }

    pub(crate) fn clear(&self) {
        let mut rules = write(&self.rules);
        rules.clear();
        self.any.store(false, Ordering::Release);
    }

    pub(crate) fn drawn(&self) -> u64 {
        self.dice.drawn()
    }

    pub(crate) fn resume(&self, drawn: u64) {
        self.dice.resume(drawn);
    }

    /// Starts the dice over, so that a seeded run can be repeated.
    pub(crate) fn rewind(&self) {
        self.dice.rewind();
    }

    /// What happens to a send for `device` (none for a topic), if anything does.
    pub(crate) fn strike(&self, device: Option<&DeviceId>) -> Option<Arc<Plan>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let (plan, used_up) = {
            let rules = read(&self.rules);
            let rule = rules.iter().find(|rule| rule.matches(device) && self.hits(rule) && rule.take())?;
            (Arc::clone(&rule.plan), rule.used_up())
        };
        if used_up {
            self.drop_used_up();
        }
        Some(plan)
    }

    fn hits(&self, rule: &ActiveRule) -> bool {
        /// Whole millionths of a percent are exact enough, and integers repeat on every machine.
        const PARTS: u64 = 100_000_000;
        rule.spec.percent.is_none_or(|percent| {
            let share = (percent / 100.0 * PARTS as f64) as u64;
            self.dice.draw() % PARTS < share
        })
    }

    fn drop_used_up(&self) {
        let mut rules = write(&self.rules);
        rules.retain(|rule| !rule.used_up());
        self.any.store(!rules.is_empty(), Ordering::Release);
    }
}

impl ActiveRule {
    fn matches(&self, device: Option<&DeviceId>) -> bool {
        self.spec.device.is_none() || self.spec.device.as_ref() == device
    }

    /// Takes one of the rule's times, if one is left: two sends at once never share the last.
    fn take(&self) -> bool {
        let limit = self.spec.times.map_or(u64::MAX, u64::from);
        let one_more = |struck| (struck < limit).then_some(struck + 1);
        self.struck.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok()
    }

    fn used_up(&self) -> bool {
        self.spec.times.is_some_and(|times| self.struck.load(Ordering::Relaxed) >= u64::from(times))
    }

    fn shown(&self) -> FaultRule {
        FaultRule { id: self.id, struck: self.struck.load(Ordering::Relaxed), spec: self.spec.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> FaultTable {
        FaultTable::new(ProjectId::parse("demo").unwrap(), 11)
    }

    #[test]
    fn a_rule_with_times_strikes_that_often_and_is_gone() {
        let table = table();
        table.add(FaultSpec::status(503).times(2)).unwrap();
        assert!(table.strike(None).is_some());
        assert_eq!(table.list()[0].struck, 1);
        assert!(table.strike(None).is_some());
        assert!(table.strike(None).is_none());
        assert!(table.list().is_empty());
    }

    #[test]
    fn a_rule_for_a_device_leaves_the_others_alone() {
        let table = table();
        let device = DeviceId::new("dev_1");
        table.add(FaultSpec::status(503).on(&device)).unwrap();
        assert!(table.strike(Some(&DeviceId::new("dev_2"))).is_none());
        assert!(table.strike(None).is_none());
        assert!(table.strike(Some(&device)).is_some());
    }

    #[test]
    fn percent_strikes_its_share_and_repeats_with_the_seed() {
        let strikes = |table: &FaultTable| -> Vec<bool> {
            table.add(FaultSpec { percent: Some(30.0), ..FaultSpec::status(503) }).unwrap();
            (0..1000).map(|_| table.strike(None).is_some()).collect()
        };
        let first = strikes(&table());
        let share = first.iter().filter(|struck| **struck).count();
        assert!((250..350).contains(&share), "{share} of 1000");
        assert_eq!(first, strikes(&table()));
    }

    #[test]
    fn the_oldest_matching_rule_wins() {
        let table = table();
        let first = table.add(FaultSpec::status(503).times(1)).unwrap();
        let second = table.add(FaultSpec::status(429)).unwrap();
        assert!(first.id < second.id);
        table.strike(None);
        assert_eq!(table.list(), [second]);
    }

    #[test]
    fn rules_that_contradict_themselves_are_refused_by_field() {
        let refused = |spec: FaultSpec| table().add(spec).unwrap_err().field;
        assert_eq!(refused(FaultSpec::default()), "action");
        assert_eq!(refused(FaultSpec::status(200)), "status");
        assert_eq!(refused(FaultSpec::status(503).times(0)), "times");
        assert_eq!(refused(FaultSpec { percent: Some(0.0), ..FaultSpec::status(503) }), "percent");
        assert_eq!(refused(FaultSpec { percent: Some(f64::NAN), ..FaultSpec::status(503) }), "percent");
        assert_eq!(
            refused(FaultSpec { retry_after: Some("9".into()), ..FaultSpec::default() }),
            "retry_after"
        );
        assert_eq!(refused(FaultSpec::status(503).retry_after("a\nb")), "retry_after");
        let sentence = || Some("Device message rate exceeded.".into());
        assert_eq!(refused(FaultSpec { message: sentence(), ..FaultSpec::default() }), "message");
        let spoken_cut = FaultSpec { message: sentence(), ..FaultSpec::action(FaultAction::CutBefore) };
        assert_eq!(refused(spoken_cut), "message");
        for action in [FaultAction::Hang, FaultAction::Goaway, FaultAction::RefusedStream] {
            assert_eq!(refused(FaultSpec { status: Some(503), ..FaultSpec::action(action) }), "action");
        }
        let html_with_code =
            FaultSpec { action: Some(FaultAction::Html), ..FaultSpec::code(FcmErrorCode::Internal) };
        assert_eq!(refused(html_with_code), "error_code");
    }

    use crate::faults::FaultAction;
    use crate::google::FcmErrorCode;
}
