//! What other crates can name: the types on a `pub` path from the root of a library.
//!
//! In: modules, their items and their imports. Out: whether a type is such. A type that only signatures of exported functions
//! bring out, without a name of its own, is none.

use rustc_hash::FxHashSet;

use super::{AliasId, Def, ImportRef, Model, ModuleId, Namespace, TyScope};
use crate::facts::{ItemKind, Visibility};
use crate::ty::{AdtId, Ty};

impl Model {
    /// Whether another crate can name a type.
    pub fn is_exported(&self, id: AdtId) -> bool {
        self.exported.get_or_init(|| self.collect_exported()).contains(&id)
    }

    fn collect_exported(&self) -> FxHashSet<AdtId> {
        let roots = self.libraries.values().filter_map(|it| self.roots.get(it).copied());
        let mut open: Vec<ModuleId> = roots.collect();
        let (mut seen, mut exported) = (FxHashSet::default(), FxHashSet::default());
        while let Some(module) = open.pop() {
            if !seen.insert(module) {
                continue;
            }
            for def in self.given_on(module) {
                match def {
                    Def::Module(id) => open.push(id),
                    Def::Adt(id) => drop(exported.insert(id)),
                    Def::Alias(id) => exported.extend(self.aliased_adt(id)),
                    _ => {}
                }
            }
        }
        exported
    }

    /// What a module has or brings in as `pub`; of a glob, the module that it names.
    fn given_on(&self, id: ModuleId) -> Vec<Def> {
        let module = self.module(id);
        let own = module.types.values().filter(|it| self.is_declared_public(it)).cloned();
        let written = module.imports.values().map(|it| it.written).chain(module.globs.iter().copied());
        let public = written.filter(|it| self.item(it.at).vis == Visibility::Public);
        own.chain(public.filter_map(|it| self.brought_in(id, it))).collect()
    }

    fn is_declared_public(&self, def: &Def) -> bool {
        match def {
            Def::Module(id) => self.module(*id).is_public,
            Def::Adt(id) => self.item(self.adt(*id).at).vis == Visibility::Public,
            Def::Alias(id) => self.item(self.aliases[id.0 as usize].at).vis == Visibility::Public,
            _ => false,
        }
    }

    fn brought_in(&self, module: ModuleId, written: ImportRef) -> Option<Def> {
        let import = self.import_path(module, written);
        let start = self.import_root(module, import).unwrap_or(module);
        self.resolve_fueled(start, import.path.iter(), import.global, Namespace::Types)
    }

    fn aliased_adt(&self, id: AliasId) -> Option<AdtId> {
        let alias = &self.aliases[id.0 as usize];
        let ItemKind::TypeAlias { ty: Some(ty), .. } = &self.item(alias.at).kind else { return None };
        match self.lower_ty(ty, &TyScope::new(alias.module)) {
            Ty::Adt(id, _) => Some(id),
            _ => None,
        }
    }
}
