//! How many deliveries of each Firebase project a claim may take.

use std::{collections::HashMap, sync::Arc};

/// A Firebase project at a place where FCM is: what a quota belongs to. Several apps may send for one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FcmProject {
    /// Its id.
    pub id: Arc<str>,
    /// Where FCM is, if not where the configuration says.
    pub endpoint: Option<Arc<str>>,
}

/// What may be sent at one moment.
#[derive(Clone, Debug)]
pub struct Allowances {
    /// Of projects that have sent.
    pub by_project: HashMap<FcmProject, usize>,
    /// Of any other.
    pub fresh: usize,
}

impl Allowances {
    /// Whatever there is.
    #[must_use]
    pub fn unlimited() -> Self {
        Self { by_project: HashMap::new(), fresh: usize::MAX }
    }

    /// What `project` may send.
    #[must_use]
    pub fn of(&self, project: &FcmProject) -> usize {
        self.by_project.get(project).copied().unwrap_or(self.fresh)
    }

    /// Takes one of `project`; false where there is none left.
    pub(super) fn take(&mut self, project: &FcmProject) -> bool {
        let left = self.by_project.entry(project.clone()).or_insert(self.fresh);
        let some = *left > 0;
        *left = left.saturating_sub(1);
        some
    }
}
