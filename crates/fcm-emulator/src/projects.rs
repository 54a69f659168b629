//! The Firebase projects of one emulator. In: a project's id. Out: its [`World`], which shares nothing with the others
//! but the clock and the sockets. Next: `send`, `topics`, `oauth`, `control` and `page` act in the world that they chose.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock, Weak};

use aws_lc_rs::rand;
use tokio_util::sync::CancellationToken;

use crate::files::write_file;
use crate::generator::seed_for;
use crate::locks::{read, write};
use crate::names::ProjectId;
use crate::oauth::{Bearer, ServiceAccount};
use crate::options::{Options, StartError};
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

/// What every project is made of.
struct Ground {
    options: Options,
    url: String,
    seed: u64,
    stop: CancellationToken,
}

/// A project's service account, and where it was written.
pub(crate) struct Registered {
    pub(crate) account: ServiceAccount,
    pub(crate) file: Option<PathBuf>,
}

impl Projects {
    /// Makes the projects of `options`, reachable at `url`.
    pub(crate) async fn start(
        options: &Options,
        url: String,
        stop: CancellationToken,
    ) -> Result<Arc<Self>, StartError> {
        let mut ids = options.projects.iter().map(String::as_str);
        let project = ProjectId::parse(ids.next().unwrap_or(DEFAULT_PROJECT))?;
        let seed = options.seed.map_or_else(random_seed, Ok)?;
        let ground = Ground { options: options.clone(), url, seed, stop };
        let registered = ground.register(&project, "service-account.json".into()).await?;
        let projects = Arc::new_cyclic(|this: &Weak<Self>| Self {
            first: Arc::new(ground.world(seed, project, registered, Weak::clone(this))),
            others: RwLock::default(),
            ground,
            this: Weak::clone(this),
        });
        for id in ids {
            projects.add(id).await?;
        }
        Ok(projects)
    }

    /// Makes one project more.
    pub(crate) async fn add(&self, id: &str) -> Result<Arc<World>, StartError> {
        let id = ProjectId::parse(id)?;
        if self.find(id.as_str()).is_some() {
            return Err(StartError::ProjectTwice(id));
        }
        // A colon cannot stand in every file system's names, and an underscore in no project's id.
        let file = format!("service-account-{}.json", id.as_str().replace(':', "_"));
        let registered = self.ground.register(&id, file).await?;
        let seed = seed_for(self.ground.seed, id.as_str());
        let world = Arc::new(self.ground.world(seed, id.clone(), registered, Weak::clone(&self.this)));
        let mut others = write(&self.others);
        if others.iter().any(|other| other.project == id) {
            return Err(StartError::ProjectTwice(id));
        }
        others.push(Arc::clone(&world));
        Ok(world)
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

impl Ground {
    /// Makes the key on a thread for blocking work: it takes long enough to hold up other tasks.
    async fn register(&self, project: &ProjectId, file: String) -> Result<Registered, StartError> {
        let (project, url) = (project.clone(), self.url.clone());
        let account = tokio::task::spawn_blocking(move || ServiceAccount::generate(&project, &url))
            .await
            .map_err(|_| StartError::Key)??;
        let dir: Option<&Path> = self.options.dir.as_deref();
        let file = dir.map(|dir| write_file(dir, &file, account.json())).transpose()?;
        Ok(Registered { account, file })
    }

    fn world(&self, seed: u64, project: ProjectId, registered: Registered, all: Weak<Projects>) -> World {
        World::new(&self.options, seed, project, registered, self.stop.clone(), all)
    }
}

fn random_seed() -> Result<u64, StartError> {
    let mut bytes = [0; 8];
    rand::fill(&mut bytes).map_err(|_| StartError::Key)?;
    Ok(u64::from_le_bytes(bytes))
}
