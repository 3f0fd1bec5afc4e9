//! Where tasks run: a task that goes from thread to thread has no guard across an await that stays on one.
//!
//! In: what manifests and sources say of executors. Out: for each crate whether its tasks are sent, or stay on their thread.

use super::Model;
use crate::knowledge::schema::Tasks;
use crate::source::{CrateId, Dependency, Workspace};

/// The names by which executors whose tasks are sent start some that stay on a thread, and `async_trait` lets them be.
const LOCAL_TASKS: [&str; 5] = ["spawn_local", "LocalSet", "LocalExecutor", "LocalPool", "(?Send)"];

impl Model {
    /// Where the tasks of a crate run, as far as the executors tell that it and those who use it depend on: one of them may well
    /// be local.
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
        let users = users(&self.workspace, id);
        let lines = || users.iter().flat_map(|it| &self.workspace.krate(*it).dependencies);
        let of = |it: &Dependency| self.knowledge.tasks(&it.package.replace('-', "_"));
        let is_sent = lines().any(|it| !it.is_conditional && of(it) == Some(Tasks::Sent));
        let is_local = lines().any(|it| of(it) == Some(Tasks::Local));
        match is_local || users.iter().any(|it| local[it.0 as usize]) {
            true => Some(Tasks::Local),
            false => is_sent.then_some(Tasks::Sent),
        }
    }
}

/// A crate with those of the workspace that depend on it, through others too.
fn users(workspace: &Workspace, id: CrateId) -> Vec<CrateId> {
    let mut users = vec![id];
    let mut next = 0;
    while let Some(used) = users.get(next).map(|it| workspace.krate(*it)) {
        let uses = |it: &Dependency| used.is_lib && it.package == used.package;
        for (id, krate) in (0..).map(CrateId).zip(&workspace.crates) {
            if !users.contains(&id) && krate.dependencies.iter().any(uses) {
                users.push(id);
            }
        }
        next += 1;
    }
    users
}

/// Which crates name what starts tasks that stay on their thread.
fn start_local_tasks(workspace: &Workspace) -> Vec<bool> {
    let mut found = vec![false; workspace.crates.len()];
    for source in workspace.files.iter().map(|it| &it.source).filter(|it| !it.is_test) {
        found[source.krate.0 as usize] |= LOCAL_TASKS.iter().any(|name| source.text.contains(name));
    }
    found
}
