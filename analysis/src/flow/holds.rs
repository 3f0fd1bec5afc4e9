//! Which types can hold a guard.

use super::place::Place;
use super::walk::Walker;
use super::{Acquire, Decl, Lock};
use crate::knowledge::schema::{Locking, Op, TypeRole};
use crate::model::Holder;
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// How deep references are taken out of a type.
const MAX_PARTS: u32 = 6;

impl Walker<'_> {
    /// The guard that a value of this type can hold: a guard, entry or guard-holding iterator, itself or inside.
    /// A reference to one holds nothing.
    pub(super) fn holds(&self, ty: &Ty) -> Option<Holder> {
        self.model.guard_holder(ty)
    }

    /// Whether a type may hold a guard for all that is known: it does, or it is open.
    pub(super) fn may_hold(&self, ty: &Ty) -> bool {
        self.holds(ty).is_some() || matches!(ty, Ty::Unknown | Ty::Param(_))
    }

    /// The same, references looked through: what a pattern behind a reference can still see.
    pub(super) fn may_show(&self, ty: &Ty) -> bool {
        self.may_hold(ty) || self.may_hold(&without_refs(ty, MAX_PARTS))
    }

    /// Whether a value of this type keeps the guards that went into it: it holds one, or it is a lazy iterator.
    pub(super) fn keeps(&self, ty: &Ty) -> bool {
        self.holds(ty).is_some() || self.model.role(ty) == Some(TypeRole::Iterator)
    }

    /// The acquire behind a guard that arrives from outside: a parameter, or what a function returns.
    pub(super) fn foreign_acquire(
        &self,
        held: Holder,
        place: Place,
        decl: Option<Decl>,
        span: Span,
        method: Name,
    ) -> Acquire {
        let known = self.knowledge.ty(held.id);
        let op = match known.role {
            TypeRole::Iterator => Op::Iterate,
            TypeRole::Entry => Op::Entry,
            _ => Op::None,
        };
        let sharded = known.path.starts_with("dashmap::") || known.path.starts_with("scc::");
        let (role, locking) =
            if sharded { (TypeRole::SharedMap, Locking::Sharded) } else { (TypeRole::Lock, Locking::Whole) };
        let type_name = known.name().into();
        let lock = Lock { place, decl, role, type_name, locking, is_private: false };
        let mode = self.knowledge.guard_mode(held.id);
        Acquire {
            lock,
            mode,
            class: held.class,
            op,
            key: None,
            whole: known.role == TypeRole::Iterator,
            is_indirect: true,
            is_try: false,
            recursive: false,
            method,
            span,
        }
    }
}

/// A type with the references in it taken away.
fn without_refs(ty: &Ty, depth: u32) -> Ty {
    let Some(depth) = depth.checked_sub(1) else { return ty.clone() };
    match ty {
        Ty::Ref(_, inner) => without_refs(inner, depth),
        Ty::Known(id, args) => Ty::Known(*id, args.iter().map(|it| without_refs(it, depth)).collect()),
        Ty::Tuple(items) => Ty::Tuple(items.iter().map(|it| without_refs(it, depth)).collect()),
        _ => ty.clone(),
    }
}
