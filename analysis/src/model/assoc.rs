//! Associated types: `Self::Item` in an impl is what the impl says, in a trait and of a parameter what the bounds say.

use super::types::{TyScope, deeper};
use super::{Def, ItemRef, Model, Namespace};
use crate::facts::{ItemKind, Predicate, TypeKind};
use crate::name::Name;
use crate::ty::{TraitId, Ty};

impl Model {
    /// `T::Assoc` of a parameter: what the traits that bound it say of it.
    pub(super) fn assoc_of_param(&self, param: &Name, name: &Name, scope: &TyScope<'_>) -> Ty {
        let traits = scope.bounds(param).filter_map(|it| {
            match self.resolve_segments(scope, &it.segments, false, Namespace::Types)? {
                Def::Trait(id) => Some(id),
                _ => None,
            }
        });
        let Some(inner) = deeper(scope) else { return Ty::Unknown };
        let found = traits.map(|it| self.assoc_of_trait(it, name, &inner)).find(|it| !it.is_unknown());
        found.unwrap_or_default()
    }

    /// An associated type as its trait declares it: a value of some type with these bounds.
    fn assoc_of_trait(&self, id: TraitId, name: &Name, scope: &TyScope<'_>) -> Ty {
        let def = &self.traits[id.0 as usize];
        let ItemKind::Trait { items, .. } = &self.item(def.at).kind else { return Ty::Unknown };
        let mut items = items.iter().map(|it| self.item(ItemRef { item: *it, ..def.at }));
        let declared = items.find_map(|it| match &it.kind {
            ItemKind::TypeAlias { generics, .. } if it.name == *name => Some(generics),
            _ => None,
        });
        let mut scope = scope.clone();
        (scope.module, scope.self_ty) = (def.module, Some(Ty::Trait(id)));
        let is_own =
            |it: &&Predicate| matches!(&it.ty.kind, TypeKind::Path(path) if path.segments.len() == 2);
        let bounds = declared.iter().flat_map(|it| &it.predicates).filter(is_own).flat_map(|it| &it.bounds);
        self.bounds_ty(bounds, &scope)
    }

    /// `Self::Assoc` inside an impl or a trait.
    pub(super) fn assoc_ty(&self, name: &Name, scope: &TyScope<'_>) -> Ty {
        if let (Some(Ty::Trait(id)), Some(inner)) = (&scope.self_ty, deeper(scope)) {
            return self.assoc_of_trait(*id, name, &inner);
        }
        let (Some(impl_), Some(at)) = (scope.impl_, scope.impl_at) else { return Ty::Unknown };
        let items = impl_.items.iter().map(|id| self.item(ItemRef { item: *id, ..at }));
        let ty = items.filter(|it| it.name == *name).find_map(|it| match &it.kind {
            ItemKind::TypeAlias { ty, .. } => ty.as_ref(),
            _ => None,
        });
        match (ty, deeper(scope)) {
            (Some(ty), Some(scope)) => self.lower_ty(ty, &scope),
            _ => Ty::Unknown,
        }
    }
}
