//! Where tasks run: a task that goes from thread to thread has no guard across an await that stays on one.
//!
//! In: what manifests and sources say of executors. Out: for each crate whether its tasks are sent, or stay on their thread.

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
        let asks = |it: &Dependency| {
            let krate = it.package.replace('-', "_");
            it.features.iter().any(|feature| self.knowledge.sends_guards(&krate, feature))
        };
        self.workspace.crates.iter().flat_map(|it| &it.dependencies).any(asks)
    }

    fn tasks_of_all(&self) -> Vec<Option<Tasks>> {
        let local = start_local_tasks(&self.workspace);
        (0..self.workspace.crates.len() as u32).map(|id| self.tasks_of(CrateId(id), &local)).collect()
    }

    /// The tasks of a crate; `local` says which crates start some that stay on their thread.
    fn tasks_of(&self, id: CrateId, local: &[bool]) -> Option<Tasks> {
        let related = related(&self.workspace, id);
        let lines = || related.iter().flat_map(|it| &self.workspace.krate(*it).dependencies);
        let of = |it: &Dependency| self.knowledge.tasks(&it.package.replace('-', "_"));
        let is_sent = lines().any(|it| !it.is_conditional && of(it) == Some(Tasks::Sent));
        let is_local = lines().any(|it| of(it) == Some(Tasks::Local));
        match is_local || related.iter().any(|it| local[it.0 as usize]) {
            true => Some(Tasks::Local),
            false => is_sent.then_some(Tasks::Sent),
        }
    }
}

/// A crate with those of the workspace that depend on it and those that it depends on, through others too: any of them may start
/// its tasks.
fn related(workspace: &Workspace, id: CrateId) -> Vec<CrateId> {
    let uses = |user: CrateId, used: CrateId| {
        let used = workspace.krate(used);
        used.is_lib && workspace.krate(user).dependencies.iter().any(|it| it.package == used.package)
    };
    let mut found = reached(workspace, id, |at, it| uses(it, at));
    found.extend(reached(workspace, id, uses));
    found
}

/// What is reached from a crate by steps from one to the next.
fn reached(workspace: &Workspace, id: CrateId, leads: impl Fn(CrateId, CrateId) -> bool) -> Vec<CrateId> {
    let mut found = vec![id];
    let mut next = 0;
    while let Some(at) = found.get(next).copied() {
        let all = (0..workspace.crates.len() as u32).map(CrateId);
        let new: Vec<CrateId> = all.filter(|it| leads(at, *it) && !found.contains(it)).collect();
        found.extend(new);
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
