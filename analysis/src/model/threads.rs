//! Code for targets and hosts that have one thread: nobody else can wait there, or be waited for.

use rustc_hash::FxHashSet;

use super::{FnId, ImplDef, Model, ModuleId};
use crate::facts::{Attrs, Cfg};
use crate::knowledge::schema::OneThread;
use crate::source::{Crate, CrateId, Dependency};

/// Whether an item with these attributes is only compiled for targets with one thread: wasm without atomics, also where a
/// feature of that name stands for it.
pub(super) fn has_one_thread(attrs: &Attrs) -> bool {
    attrs.cfg.iter().any(requires_one_thread)
}

fn requires_one_thread(cfg: &Cfg) -> bool {
    match cfg {
        Cfg::Atom(key, Some(value)) => match key.as_str() {
            "target_arch" => matches!(value.as_str(), "wasm32" | "wasm64"),
            "target_family" => value == "wasm",
            // By convention the code for a browser.
            "feature" => matches!(value.as_str(), "wasm" | "wasm32" | "wasm-bindgen"),
            _ => false,
        },
        Cfg::Atom(_, None) | Cfg::Not(_) => false,
        Cfg::All(parts) => parts.iter().any(requires_one_thread) && !parts.iter().any(names_atomics),
        Cfg::Any(parts) => !parts.is_empty() && parts.iter().all(requires_one_thread),
    }
}

fn names_atomics(cfg: &Cfg) -> bool {
    matches!(cfg, Cfg::Atom(key, Some(value)) if *key == "target_feature" && value == "atomics")
}

impl Model {
    /// Whether a function is only compiled for targets with one thread.
    pub fn has_one_thread(&self, id: FnId) -> bool {
        let def = self.func(id);
        def.has_one_thread || self.module_has_one_thread(def.module)
    }

    /// Whether an impl is only compiled for targets with one thread.
    pub fn impl_has_one_thread(&self, def: &ImplDef) -> bool {
        def.has_one_thread || self.module_has_one_thread(def.module)
    }

    /// Whether a crate is written for a host that runs it on one thread.
    pub fn crate_has_one_thread(&self, id: CrateId) -> bool {
        self.one_thread.contains(&id)
    }

    /// Those that ask, whatever they are built for, for a crate that only such hosts run, or for one that also does, and start no
    /// threads.
    pub(super) fn crates_with_one_thread(&self) -> FxHashSet<CrateId> {
        let host =
            |it: &Dependency| self.knowledge.one_thread(&it.crate_name()).filter(|_| !it.is_conditional);
        let crates = (0..).map(CrateId).zip(&self.workspace.crates);
        let has_one_thread = |(id, krate): &(CrateId, &Crate)| {
            let hosts: Vec<OneThread> = krate.dependencies.iter().filter_map(host).collect();
            hosts.contains(&OneThread::Always) || !hosts.is_empty() && !self.starts_threads(*id)
        };
        crates.filter(has_one_thread).map(|(id, _)| id).collect()
    }

    /// Whether the text of a crate starts threads, or a runtime that has some.
    fn starts_threads(&self, id: CrateId) -> bool {
        const STARTS: [&str; 8] = [
            "::main]",
            "rayon",
            "spawn_blocking(",
            "std::thread::",
            "task::spawn(",
            "tokio::spawn(",
            "use std::thread",
            "{thread",
        ];
        let sources = self.workspace.files.iter().map(|it| &it.source);
        let mut own = sources.filter(|it| it.krate == id && !it.is_test);
        own.any(|it| STARTS.iter().any(|start| it.text.contains(start)))
    }

    fn module_has_one_thread(&self, id: ModuleId) -> bool {
        if self.crate_has_one_thread(self.module(id).krate) {
            return true;
        }
        let around = std::iter::successors(Some(id), |it| self.module(*it).parent);
        // A module that has another declaration is one for other targets as well.
        around.map(|it| self.module(it).has_one_thread).any(|it| it == [true, false])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wasm_has_one_thread_unless_atomics_are_asked_for() {
        let atom = |key: &str, value: &str| Cfg::Atom(key.into(), Some(value.into()));
        let wasm = || atom("target_arch", "wasm32");
        assert!(requires_one_thread(&wasm()) && requires_one_thread(&atom("feature", "wasm")));
        assert!(requires_one_thread(&Cfg::All(vec![Cfg::Atom("web".into(), None), wasm()])));
        assert!(!requires_one_thread(&Cfg::All(vec![wasm(), atom("target_feature", "atomics")])));
        assert!(!requires_one_thread(&Cfg::Any(vec![wasm(), Cfg::Atom("unix".into(), None)])));
        assert!(!requires_one_thread(&Cfg::Not(Box::new(wasm()))));
        assert!(!requires_one_thread(&atom("target_arch", "x86_64")));
    }
}
