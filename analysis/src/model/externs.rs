//! The names by which a crate reaches others: libraries of the workspace, and crates outside it.

use rustc_hash::FxHashMap;

use super::{Def, Model, ModuleId};
use crate::name::Name;
use crate::source::{Crate, CrateId};

impl Model {
    /// Looks the names of every manifest up, once.
    pub(super) fn collect_externs(&mut self) {
        self.externs = self.workspace.crates.iter().map(|krate| self.externs_of(krate)).collect();
    }

    fn externs_of(&self, krate: &Crate) -> FxHashMap<Name, Def> {
        let own = self.libraries.get(&krate.package).map(|id| &self.workspace.krate(*id).name);
        let names = krate.dependencies.iter().map(|it| &it.name).chain(own);
        names.map(|name| (name.clone(), self.extern_named(krate, name))).collect()
    }

    fn extern_named(&self, krate: &Crate, name: &Name) -> Def {
        if let Some(def) = self.library_named(krate, name) {
            return def;
        }
        let renamed =
            krate.dependencies.iter().find(|it| it.name == *name && it.crate_name() != name.as_str());
        Def::Foreign(renamed.map_or_else(|| name.clone(), |it| Name::new(&it.crate_name())))
    }

    fn library_named(&self, krate: &Crate, name: &Name) -> Option<Def> {
        let dependency = krate.dependencies.iter().find(|it| it.name == *name);
        // A binary names its own package's library without a dependency.
        let package = dependency.map_or(&krate.package, |it| &it.package);
        let library: CrateId = *self.libraries.get(package)?;
        let is_named = dependency.is_some() || self.workspace.krate(library).name == *name;
        self.roots.get(&library).filter(|_| is_named).map(|it| Def::Module(*it))
    }

    /// A library of the workspace that this module's crate names so.
    pub(super) fn workspace_crate(&self, module: ModuleId, name: &Name) -> Option<&Def> {
        self.named_extern(module, name).filter(|def| matches!(def, Def::Module(_)))
    }

    /// A crate of the workspace, or one outside it by its package's name where the manifest renames it.
    pub(super) fn extern_crate(&self, module: ModuleId, name: &Name) -> Def {
        self.named_extern(module, name).cloned().unwrap_or_else(|| Def::Foreign(name.clone()))
    }

    fn named_extern(&self, module: ModuleId, name: &Name) -> Option<&Def> {
        self.externs.get(self.module(module).krate.0 as usize)?.get(name)
    }

    /// What a crate's manifest asks of the package behind a foreign path.
    pub(super) fn requirement(&self, module: ModuleId, path: &str) -> Option<&str> {
        let first = path.split("::").next()?;
        let krate = self.module(module).krate.0 as usize;
        self.requirements.get(krate)?.get(first).map(String::as_str)
    }
}
