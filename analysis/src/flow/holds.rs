//! Which types can hold a guard.

use super::place::Place;
use super::walk::Walker;
use super::{Acquire, Lock};
use crate::knowledge::schema::{ClosureClass, GuardEffect, Locking, Method, Op, Receiver, TypeRole};
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

    /// Whether a value of this type has more than one guard.
    pub(super) fn holds_several(&self, ty: &Ty) -> bool {
        let mut guards = 0;
        self.model.any_part(ty, &mut |it| {
            guards += usize::from(matches!(self.model.role(it), Some(TypeRole::Guard | TypeRole::Entry)));
            guards > 1
        })
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

    /// Whether a value of this type borrows nothing from what is around it. A type parameter is the caller's choice, and
    /// so no borrow of this function's.
    pub(super) fn is_owned(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Unknown | Ty::Ref(..) | Ty::Ptr(..) | Ty::Future(_) => false,
            Ty::Never | Ty::Prim(_) | Ty::Param(_) | Ty::Trait(_) | Ty::Callable(..) => true,
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                !matches!(known.role, TypeRole::Guard | TypeRole::Entry | TypeRole::Iterator)
                    && args.iter().all(|it| self.is_owned(it))
                    && known.variants.values().flatten().all(|it| self.is_owned(it))
                    && !known.methods.values().any(|it| hands_out(&it.spec, &it.returns))
            }
            Ty::Adt(id, args) => {
                // An argument that is not known is an associated type far more often than a reference.
                let is_owned = |it: &Ty| it.is_unknown() || self.is_owned(it);
                !self.model.has_lifetimes(*id) && args.iter().all(is_owned)
            }
            Ty::Foreign(_, args) | Ty::Tuple(args) => args.iter().all(|it| self.is_owned(it)),
            Ty::Slice(item) => self.is_owned(item),
        }
    }

    /// The acquire behind a guard that arrives from outside: a parameter, or what a function returns.
    pub(super) fn foreign_acquire(
        &self,
        held: Holder,
        place: Place,
        ty: &Ty,
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
        let content = self.deref_once(&self.unwrapped(ty)).unwrap_or_default();
        let values = Ty::Unknown;
        let decl = None;
        let lock = Lock { place, decl, role, type_name, locking, content, values, is_private: false };
        let mode = self.knowledge.guard_mode(held.id);
        Acquire {
            lock,
            mode,
            class: held.class,
            op,
            key: None,
            whole: known.role == TypeRole::Iterator,
            is_indirect: true,
            is_given: false,
            is_try: false,
            recursive: false,
            is_incidental: false,
            method,
            span,
        }
    }
}

/// Whether a method makes a reference of a `self` by value: what it is called on borrowed it, as an entry of a map does.
fn hands_out(spec: &Method, returns: &Ty) -> bool {
    let is_own =
        !spec.associated && spec.receiver == Receiver::Value && spec.closures == ClosureClass::Unknown;
    is_own && spec.guard_effect == GuardEffect::Keep && matches!(returns, Ty::Ref(..))
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
