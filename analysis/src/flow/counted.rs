//! Uses of a whole map by something other than its methods, for who counts uses: a walk, a copy, another map in its place.

use super::MapOp;
use super::value::Value;
use super::walk::Walker;
use crate::knowledge::schema::{CloneKind, Op, TypeRole};
use crate::name::Name;
use crate::span::Span;
use crate::ty::{Mutability, Ty};

impl Walker<'_> {
    /// A plain map that a `for` walks.
    pub(super) fn count_walk(&mut self, map: &Value, at: Span) {
        let op = if matches!(map.ty, Ty::Ref(Mutability::Mut, _)) { Op::IterateMut } else { Op::Iterate };
        self.count(map, op, "for", at);
    }

    /// `*g = ..`, `mem::take(&mut *g)`: what was there is gone as a whole.
    pub(super) fn count_replaced(&mut self, map: &Value, how: &str, at: Span) {
        if self.map_in(&map.ty).is_some() {
            self.count(map, Op::Replace, how, at);
        }
    }

    /// A clone that copies the entries.
    pub(super) fn count_copy(&mut self, cloned: &Value, at: Span) {
        // The first type with a clone of its own is the one that is cloned: a handle gives another handle.
        let Some(ty) = self.map_in(&cloned.ty) else { return };
        let is_deep = matches!(&ty, Ty::Known(id, _) if self.knowledge.ty(*id).clone == CloneKind::Deep);
        if is_deep {
            self.count(cloned, Op::Copy, "clone", at);
        }
    }

    fn count(&mut self, map: &Value, op: Op, method: &str, at: Span) {
        let Some(place) = map.place.clone().filter(|_| self.settings.counts_uses) else { return };
        let (decl, values) = (map.decl.clone(), self.values_of(map.ty.peel_refs()));
        let op = MapOp { place, op, decl, method: Name::new(method), key: None, values };
        self.flow.quiet.push((op, at));
    }

    /// The map that a value is, or that a guard of it protects; not one behind a handle.
    fn map_in(&self, ty: &Ty) -> Option<Ty> {
        let ty = ty.peel_refs();
        match self.model.role(ty)? {
            TypeRole::Map | TypeRole::SharedMap => Some(ty.clone()),
            TypeRole::Guard => self.map_in(&self.deref_once(ty)?),
            _ => None,
        }
    }
}
