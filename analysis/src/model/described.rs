//! What the user's configuration describes: such a type, function or macro of the workspace is what its entry says,
//! not what its source says.

use super::{Def, Model, ModuleId, Namespace};
use crate::name::Name;

impl Model {
    /// Puts the described paths in place of the declarations that they name. After it only knowledge speaks of them.
    pub(super) fn put_described(&mut self) {
        let knowledge = self.knowledge.clone();
        for path in &knowledge.own().paths {
            for declared in self.declared_as(path) {
                self.replace(&declared, &Def::Foreign(Name::new(path)));
            }
        }
        for name in &knowledge.own().macros {
            for module in &mut self.modules {
                module.macros.remove(name.as_str());
            }
        }
    }

    /// The types and functions of the workspace at `crate::module::name`, re-exports followed. A library and a binary
    /// may share the crate's name.
    fn declared_as(&self, path: &str) -> Vec<Def> {
        let names: Vec<Name> = path.split("::").map(Name::new).collect();
        let Some((krate, rest)) = names.split_first() else { return Vec::new() };
        let roots: Vec<ModuleId> = self
            .roots
            .iter()
            .filter(|(id, _)| self.workspace.krate(**id).name == *krate)
            .map(|it| *it.1)
            .collect();
        let spaces = [Namespace::Types, Namespace::Values];
        let found = roots.iter().flat_map(|root| spaces.map(|space| self.resolve(*root, rest, space)));
        found.flatten().filter(|it| matches!(it, Def::Adt(_) | Def::Alias(_) | Def::Fn(_))).collect()
    }

    fn replace(&mut self, declared: &Def, described: &Def) {
        for module in &mut self.modules {
            for def in
                module.types.values_mut().chain(module.values.values_mut()).filter(|it| *it == declared)
            {
                *def = described.clone();
            }
        }
    }
}
