//! Where tasks run: a task that goes from thread to thread has no guard across an await that stays on one.
//!
//! In: what manifests and sources say of executors. Out: for each crate whether its tasks are sent, or stay on their thread.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Model;
use crate::knowledge::schema::Tasks;
use crate::source::{CrateId, Dependency, Workspace};

/// The names by which executors whose tasks are sent start some that stay on a thread, and `async_trait` lets them be.
const LOCAL_TASKS: [&str; 5] = ["spawn_local", "LocalSet", "LocalExecutor", "LocalPool", "(?Send)"];

impl Model {
    /// Where the tasks of a crate run, as far as the executors tell that it depends on, those who use it and what it uses: one of
    /// them may well be local.
    pub fn tasks(&self, id: CrateId) -> Option<Tasks> {
        self.tasks.get_or_init(|| self.tasks_of_all())[id.0 as usize]
    }

    /// Whether guards that stay on their thread are made `Send` by a feature that somebody asks for.
    pub fn sends_guards(&self) -> bool {
        let sends = |it: &Dependency, feature: &str| self.knowledge.sends_guards(&it.crate_name(), feature);
        let asks = |it: &Dependency| it.features.iter().any(|feature| sends(it, feature));
        self.workspace.crates.iter().flat_map(|it| &it.dependencies).any(asks)
    }

    fn tasks_of_all(&self) -> Vec<Option<Tasks>> {
        let local = start_local_tasks(&self.workspace);
        let relations = Relations::of(&self.workspace);
        let crates = (0..self.workspace.crates.len() as u32).map(CrateId);
        crates.map(|id| self.tasks_of(&relations.related(id), &local)).collect()
    }

    /// The tasks of a crate with those that are related to it; `local` says which crates start some that stay on their thread.
    fn tasks_of(&self, related: &[CrateId], local: &[bool]) -> Option<Tasks> {
        let lines = || related.iter().flat_map(|it| &self.workspace.krate(*it).dependencies);
        let of = |it: &Dependency| self.knowledge.tasks(&it.crate_name());
        let is_sent = lines().any(|it| !it.is_conditional && of(it) == Some(Tasks::Sent));
        let is_local = lines().any(|it| of(it) == Some(Tasks::Local));
        match is_local || related.iter().any(|it| local[it.0 as usize]) {
            true => Some(Tasks::Local),
            false => is_sent.then_some(Tasks::Sent),
        }
    }
}

/// Which crates of the workspace use which, by their ids.
#[derive(Debug)]
pub(crate) struct Relations {
    uses: Vec<Vec<CrateId>>,
    users: Vec<Vec<CrateId>>,
}

impl Relations {
    pub(crate) fn of(workspace: &Workspace) -> Relations {
        let crates = || (0..).map(CrateId).zip(&workspace.crates);
        let mut libraries: FxHashMap<&str, Vec<CrateId>> = FxHashMap::default();
        for (id, it) in crates().filter(|(_, it)| it.is_lib) {
            libraries.entry(&it.package).or_default().push(id);
        }
        let mut users = vec![Vec::new(); workspace.crates.len()];
        let mut uses = users.clone();
        for (user, it) in crates() {
            let named = it.dependencies.iter().filter_map(|it| libraries.get(it.package.as_str()));
            for used in named.flatten() {
                uses[user.0 as usize].push(*used);
                users[used.0 as usize].push(user);
            }
        }
        Relations { uses, users }
    }

    /// A crate with those that depend on it, through others too.
    pub(crate) fn users(&self, id: CrateId) -> Vec<CrateId> {
        reached(&self.users, id)
    }

    /// A crate with those that depend on it and those that it depends on, through others too: any of them may start its tasks.
    fn related(&self, id: CrateId) -> Vec<CrateId> {
        let mut found = self.users(id);
        found.extend(reached(&self.uses, id));
        found
    }
}

/// What is reached from a crate by steps from one to the next, itself included.
fn reached(steps: &[Vec<CrateId>], id: CrateId) -> Vec<CrateId> {
    let mut seen = FxHashSet::from_iter([id]);
    let mut found = vec![id];
    let mut next = 0;
    while let Some(at) = found.get(next) {
        found.extend(steps[at.0 as usize].iter().filter(|it| seen.insert(**it)));
        next += 1;
    }
    found
}

/// Which crates name what starts tasks that stay on their thread.
fn start_local_tasks(workspace: &Workspace) -> Vec<bool> {
    let mut found = vec![false; workspace.crates.len()];
    for source in workspace.files.iter().map(|it| &it.source).filter(|it| !it.is_test) {
        found[source.krate.0 as usize] |= LOCAL_TASKS.iter().any(|name| source.text.contains(name));
    }
    found
}
