//! Traits of the workspace: which impls a call through one can mean.

use rayon::prelude::*;

use super::{Def, FnId, ImplDef, ItemRef, Model, Namespace, TyScope};
use crate::ty::{TraitId, Ty};

impl Model {
    /// Indexes the methods of impls of the workspace's own traits.
    pub(super) fn index_traits(&mut self) {
        let implemented: Vec<Option<TraitId>> =
            self.impls.par_iter().map(|it| self.implemented_trait(it)).collect();
        for (def, id) in self.impls.iter().zip(implemented) {
            if let Some(id) = id {
                self.implementors.entry(id).or_default().push(def.at);
                self.implemented.insert(def.at, id);
            }
        }
        for id in self.fn_ids() {
            let def = self.func(id);
            if let Some(at) = def.impl_ {
                self.impl_fns.insert((at, def.name.clone()), id);
            } else if let Some(of) = def.trait_ {
                self.trait_fns.entry(of).or_default().push(id);
            }
        }
    }

    /// The method of a trait of the workspace that a function of an impl is for.
    pub fn trait_method(&self, id: FnId) -> Option<FnId> {
        let def = self.func(id);
        let of = self.implemented.get(&def.impl_?)?;
        self.trait_fns(*of).iter().copied().find(|it| self.func(*it).name == def.name)
    }

    /// The functions of a trait of the workspace, in the order in which they stand.
    pub fn trait_fns(&self, id: TraitId) -> &[FnId] {
        self.trait_fns.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The workspace's trait that an impl is of.
    fn implemented_trait(&self, def: &ImplDef) -> Option<TraitId> {
        let path = self.impl_facts(def.at)?.trait_.as_ref()?;
        let scope = TyScope::new(def.module);
        match self.resolve_segments(&scope, &path.segments, false, Namespace::Types)? {
            Def::Trait(id) => Some(id),
            _ => None,
        }
    }

    /// How many impls of a trait the workspace has, those for tests left out.
    pub fn implementation_count(&self, id: TraitId) -> usize {
        self.implementors.get(&id).map_or(0, Vec::len)
    }

    /// The types that have an impl of a trait in the workspace.
    pub fn implementors(&self, id: TraitId) -> impl Iterator<Item = &Ty> {
        self.implementors.get(&id).into_iter().flatten().map(|at| self.impl_self_ty(*at))
    }

    /// The functions that a call of a trait's method can run: those of the workspace's impls, and its own where it has a
    /// body.
    pub fn implementations(&self, id: FnId) -> Vec<FnId> {
        let def = self.func(id);
        let impls = def.trait_.and_then(|it| self.implementors.get(&it)).into_iter().flatten();
        let of_impl = |at: &ItemRef| self.impl_fns.get(&(*at, def.name.clone())).copied();
        impls.filter_map(of_impl).chain([id]).collect()
    }

    /// The function that a call of a trait's method runs, where the workspace has one impl of the trait.
    pub fn only_implementation(&self, id: FnId) -> Option<FnId> {
        let def = self.func(id);
        match self.implementors.get(&def.trait_?)?.as_slice() {
            [only] => self.impl_fns.get(&(*only, def.name.clone())).copied(),
            _ => None,
        }
    }

    /// The `drop` of a type of the workspace that has a `Drop` impl of its own.
    pub fn drop_impl(&self, ty: &Ty) -> Option<FnId> {
        self.method(ty, "drop").filter(|it| self.is_drop(*it))
    }

    /// Whether a function is that of a `Drop` impl.
    pub fn is_drop(&self, id: FnId) -> bool {
        let of_trait = self.func(id).impl_.and_then(|it| self.impl_facts(it)?.trait_.as_ref()?.last());
        of_trait.is_some_and(|it| it.name == "Drop")
    }
}
