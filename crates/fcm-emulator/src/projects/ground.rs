//! What every project of one emulator is made of. In: options, and what an earlier run left. Out: a [`World`], in two
//! steps, since making its key takes long. Next: `Projects` has them all.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::time::Duration;

use aws_lc_rs::rand;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::files::write_file;
use crate::generator::seed_for;
use crate::names::ProjectId;
use crate::oauth::ServiceAccount;
use crate::options::{Options, StartError};
use crate::projects::Projects;
use crate::state::{Flaw, Keeper, Saved, SavedProject, StateError};
use crate::world::World;

/// Of the first project, where a folder is given.
const FIRST_ACCOUNT: &str = "service-account.json";

pub(crate) struct Ground {
    pub(crate) options: Options,
    /// Goes on from the last run, if there was one.
    pub(crate) clock: Clock,
    /// Unix time of the very first start.
    pub(super) began: Duration,
    pub(crate) stop: CancellationToken,
    pub(crate) keeper: Option<Arc<Keeper>>,
    /// Whether the seed was asked for, so that a reset begins it anew.
    pub(crate) seeded: bool,
    pub(super) seed: u64,
    resumed: bool,
    url: String,
}

/// A project's service account, and where it was written.
pub(crate) struct Registered {
    pub(crate) account: ServiceAccount,
    pub(crate) file: Option<PathBuf>,
}

/// A project before it is served.
pub(super) struct Draft {
    pub(super) id: ProjectId,
    seed: u64,
    registered: Registered,
    past: Option<SavedProject>,
}

impl Ground {
    pub(super) fn new(
        options: &Options,
        url: String,
        stop: CancellationToken,
        saved: Option<&Saved>,
    ) -> Result<Self, StartError> {
        let seed = match (saved, options.seed) {
            (Some(saved), None) => saved.seed,
            (Some(saved), Some(asked)) if saved.seeded && saved.seed == asked => asked,
            (Some(_), Some(_)) => return Err(unusable(options, StateError::OtherSeed)),
            (None, Some(asked)) => asked,
            (None, None) => random_seed()?,
        };
        let (began, clock) = match saved {
            Some(saved) => {
                let began = Duration::from_micros(saved.began_us);
                (began, options.clock.resumed(began, Duration::from_micros(saved.elapsed_us)))
            }
            None => (options.clock.unix().saturating_sub(options.clock.elapsed()), options.clock.clone()),
        };
        Ok(Self {
            clock,
            began,
            stop,
            keeper: options.state.clone().map(|file| Arc::new(Keeper::new(file))),
            seeded: saved.map_or(options.seed.is_some(), |saved| saved.seeded),
            seed,
            resumed: saved.is_some(),
            url,
            options: options.clone(),
        })
    }

    pub(super) async fn draft_first(
        &self,
        id: &str,
        past: Option<SavedProject>,
    ) -> Result<Draft, StartError> {
        // In an earlier run that sequence may have been another project's.
        let seed = if self.resumed { seed_for(self.seed, id) } else { self.seed };
        self.draft_with(id, seed, FIRST_ACCOUNT.into(), past).await
    }

    pub(super) async fn draft(&self, id: &str, past: Option<SavedProject>) -> Result<Draft, StartError> {
        // A colon cannot stand in every file system's names, and an underscore in no project's id.
        let file = format!("service-account-{}.json", id.replace(':', "_"));
        self.draft_with(id, seed_for(self.seed, id), file, past).await
    }

    async fn draft_with(
        &self,
        id: &str,
        seed: u64,
        file: String,
        past: Option<SavedProject>,
    ) -> Result<Draft, StartError> {
        let broken = |what| unusable(&self.options, StateError::Broken(Flaw::new(what)));
        let id = ProjectId::parse(id).map_err(|error| match past {
            None => error.into(),
            Some(_) => broken("the id of a project is none"),
        })?;
        let account = match &past {
            None => generate(id.clone(), self.url.clone()).await?,
            Some(past) => ServiceAccount::restore(&id, &self.url, &past.private_key)
                .ok_or_else(|| broken("the private key of a project is none"))?,
        };
        let dir: Option<&Path> = self.options.dir.as_deref();
        let file = dir.map(|dir| write_file(dir, &file, account.json())).transpose()?;
        let seed = past.as_ref().map_or(seed, |past| past.seed);
        Ok(Draft { id, seed, registered: Registered { account, file }, past })
    }

    pub(super) fn world(&self, draft: Draft, all: Weak<Projects>) -> World {
        let Draft { id, seed, registered, past } = draft;
        let world = World::new(self, seed, id, registered, all);
        if let Some(past) = past {
            world.restore(past.devices, past.drawn);
        }
        world
    }
}

fn unusable(options: &Options, source: StateError) -> StartError {
    StartError::state(options.state.as_deref().unwrap_or(Path::new("")), source)
}

/// Makes the key on a thread for blocking work: it takes long enough to hold up other tasks.
async fn generate(project: ProjectId, url: String) -> Result<ServiceAccount, StartError> {
    tokio::task::spawn_blocking(move || ServiceAccount::generate(&project, &url))
        .await
        .map_err(|_| StartError::Key)?
}

fn random_seed() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| StartError::Key)?;
    Ok(u64::from_le_bytes(bytes))
}
