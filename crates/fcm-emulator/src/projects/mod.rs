//! The Firebase projects of one emulator. In: a project's id. Out: its [`World`], which shares nothing with the others
//! but the clock and the sockets. Next: `send`, `topics`, `oauth`, `control` and `page` act in the world that they chose.

mod ground;

use std::sync::{Arc, RwLock, Weak};

use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, micros};
use crate::locks::{read, write};
use crate::names::ProjectId;
use crate::oauth::Bearer;
use crate::options::{Options, StartError};
use crate::projects::ground::Draft;
pub(crate) use crate::projects::ground::{Ground, Registered};
use crate::state::{Keeper, Saved, SavedProject, StateFile};
use crate::world::World;

/// What is served where nobody names a project.
const DEFAULT_PROJECT: &str = "demo";

pub(crate) struct Projects {
    /// The one of every call that names none. Apart from the others, so that a send to it takes no lock here.
    first: Arc<World>,
    others: RwLock<Vec<Arc<World>>>,
    ground: Ground,
    this: Weak<Self>,
}

impl Projects {
    /// Makes the projects of `options` and of its file of state, which is returned too. They are reachable at `url`.
    pub(crate) async fn start(
        options: &Options,
        url: String,
        stop: CancellationToken,
    ) -> Result<(Arc<Self>, Option<StateFile>), StartError> {
        let open = |path| StateFile::open(path).map_err(|source| StartError::state(path, source));
        let (file, saved) = options.state.as_deref().map(open).transpose()?.unzip();
        let saved = saved.flatten();
        let ground = Ground::new(options, url, stop, saved.as_ref())?;
        let saved = saved.map(|saved| saved.projects).unwrap_or_default();
        let mut line = line_up(&options.projects, saved).into_iter();
        let (id, past) = line.next().unwrap_or_else(|| (DEFAULT_PROJECT.into(), None));
        let draft = ground.draft_first(&id, past).await?;
        let projects = Arc::new_cyclic(|this: &Weak<Self>| Self {
            first: Arc::new(ground.world(draft, Weak::clone(this))),
            others: RwLock::default(),
            ground,
            this: Weak::clone(this),
        });
        for (id, past) in line {
            let draft = projects.ground.draft(&id, past).await?;
            projects.insert(draft)?;
        }
        Ok((projects, file))
    }

    /// Makes one project more.
    pub(crate) async fn add(&self, id: &str) -> Result<Arc<World>, StartError> {
        if self.find(id).is_some() {
            return Err(StartError::ProjectTwice(ProjectId::parse(id)?));
        }
        let world = self.insert(self.ground.draft(id, None).await?)?;
        world.mark_changed();
        Ok(world)
    }

    fn insert(&self, draft: Draft) -> Result<Arc<World>, StartError> {
        let mut others = write(&self.others);
        if [&self.first].into_iter().chain(others.iter()).any(|world| world.project == draft.id) {
            return Err(StartError::ProjectTwice(draft.id));
        }
        let world = Arc::new(self.ground.world(draft, Weak::clone(&self.this)));
        others.push(Arc::clone(&world));
        Ok(world)
    }

    /// Told of every change, if there is a file of state.
    pub(crate) fn keeper(&self) -> Option<Arc<Keeper>> {
        self.ground.keeper.clone()
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.ground.clock
    }

    /// Everything that is to outlive this run.
    pub(crate) fn saved(&self) -> Saved {
        let projects = self.all().iter().map(|world| world.saved()).collect();
        let Ground { clock, seed, seeded, .. } = &self.ground;
        let elapsed = clock.elapsed();
        Saved::new(micros(self.ground.began), micros(elapsed), *seed, *seeded, projects)
    }

    pub(crate) fn first(&self) -> &Arc<World> {
        &self.first
    }

    /// All of them, in the order in which they were made.
    pub(crate) fn all(&self) -> Vec<Arc<World>> {
        let mut all = vec![Arc::clone(&self.first)];
        all.extend(read(&self.others).iter().cloned());
        all
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<World>> {
        if self.first.project.as_str() == id {
            return Some(Arc::clone(&self.first));
        }
        read(&self.others).iter().find(|world| world.project.as_str() == id).cloned()
    }

    /// What `bearer` is worth in the project where it is worth most, and that project.
    pub(crate) fn bearer(&self, bearer: &str) -> (Bearer, Arc<World>) {
        let mut best = (self.first.bearer(bearer), Arc::clone(&self.first));
        for world in read(&self.others).iter() {
            let worth = world.bearer(bearer);
            if worth > best.0 {
                best = (worth, Arc::clone(world));
            }
        }
        best
    }

    /// The project of a service account.
    pub(crate) fn of_account(&self, email: &str) -> Option<Arc<World>> {
        self.all().into_iter().find(|world| world.registered.account.email() == email)
    }

    /// The project in which an app has `address` now.
    pub(crate) fn holder_of(&self, address: &str) -> Option<Arc<World>> {
        self.all().into_iter().find(|world| world.devices.has(address))
    }
}

/// The projects that were named, then the others of earlier runs, each with what is left of it.
fn line_up(named: &[String], mut saved: Vec<SavedProject>) -> Vec<(String, Option<SavedProject>)> {
    let mut take = |id: &String| saved.iter().position(|saved| saved.id == *id).map(|at| saved.remove(at));
    let mut line: Vec<_> = named.iter().map(|id| (id.clone(), take(id))).collect();
    line.extend(saved.into_iter().map(|past| (past.id.clone(), Some(past))));
    line
}
