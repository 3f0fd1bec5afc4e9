//! The types on the way: what guards, methods, fields, items and derefs lead to, and through how many owners.

use std::sync::Arc;

use safe_map_analysis::flow::{Decl, Guard, Root};
use safe_map_analysis::knowledge::KnownMethod;
use safe_map_analysis::knowledge::schema::{GuardEffect, Receiver, TypeRole};
use safe_map_analysis::model::Model;
use safe_map_analysis::name::Name;
use safe_map_analysis::ty::Ty;

use super::{Derivations, Derived, STABLE};

/// How many derefs one method or field may pass, and how deep patterns are looked into.
const MAX_DEREFS: usize = 8;

impl Derivations<'_> {
    /// Whether what a guard protects is an `Option`.
    pub(crate) fn is_optional(&self, guard: &Guard) -> bool {
        let content = self.guard_ty(guard);
        content.is_some_and(|it| self.model.role(it.peel_refs()) == Some(TypeRole::Enum))
    }

    /// What a guard is to code: a reference to what a lock protects, or what the map's method returns.
    pub(super) fn guard_ty(&self, guard: &Guard) -> Option<Ty> {
        let lock = &guard.acquire.lock;
        if lock.role == TypeRole::SharedMap {
            let map = self.declared_ty(guard)?;
            return self.known_method(&map, &guard.acquire.method).map(|it| it.0);
        }
        let content = match lock.content.is_unknown() {
            false => lock.content.clone(),
            true => match self.declared_ty(guard)? {
                Ty::Known(_, args) => args.last()?.clone(),
                _ => return None,
            },
        };
        Some(content).filter(|it| !it.is_unknown()).map(Ty::shared_ref)
    }

    /// The type of the map, lock or cell that a guard is of, from its declaration.
    fn declared_ty(&self, guard: &Guard) -> Option<Ty> {
        let lock = &guard.acquire.lock;
        let declared = match (&lock.decl, &lock.place.root) {
            (Some(Decl::Field(adt, name)), _) => {
                self.model.adt_fields(*adt).iter().find(|it| it.name == *name)?.ty.clone()
            }
            (Some(Decl::Static(id)), _) => self.model.static_ty(*id).clone(),
            (None, Root::Static(id)) if lock.place.path.is_empty() => self.model.static_ty(*id).clone(),
            (None, Root::Param(index, _)) if lock.place.path.is_empty() => {
                self.model.signature(self.function.id).params.get(*index as usize)?.clone()
            }
            _ => return None,
        };
        let mut found = None;
        self.model.any_part(&declared, &mut |it| {
            found = found.take().or_else(|| (self.model.role(it) == Some(lock.role)).then(|| it.clone()));
            found.is_some()
        });
        found
    }

    /// The result of a method of the knowledge files, and how many owners it looks through.
    pub(super) fn known_method(&self, ty: &Ty, method: &Name) -> Option<(Ty, u32)> {
        let knowledge = self.model.knowledge();
        let well_known = knowledge.well_known();
        let (id, args) = match ty {
            Ty::Known(id, args) => (*id, args.clone()),
            Ty::Slice(item) => (well_known.slice?, Arc::from([(**item).clone()])),
            Ty::Prim(name) if name == "str" => (well_known.str?, Arc::from([])),
            _ => return None,
        };
        let known = knowledge.ty(id);
        let own = known.methods.get(method).filter(|it| !it.spec.associated);
        let (returns, params, args) = match (own, known.role) {
            (Some(it), _) => (&it.returns, &known.params, args),
            (None, TypeRole::Iterator) => {
                let item = known.item.as_ref()?.instantiate(&known.params, &args);
                let iterator = knowledge.ty(well_known.iterator?);
                let it = iterator.methods.get(method).filter(|it| !it.spec.associated)?;
                (&it.returns, &iterator.params, Arc::from([item]))
            }
            _ => return None,
        };
        let itself = |it: &str| (it == "Self").then(|| ty.clone());
        let result = returns.subst(&itself).subst(&|name| {
            params.iter().position(|it| *it == *name).map(|it| args.get(it).cloned().unwrap_or_default())
        });
        let owners = match known.role {
            // What is in a slice is there without an owner more.
            _ if self.is_slice(ty) => 0,
            TypeRole::Map | TypeRole::Collection => 1,
            TypeRole::Layer => STABLE,
            TypeRole::Enum if method.starts_with("as_deref") => STABLE,
            TypeRole::Plain if known.derefs.is_some() => 1,
            _ => 0,
        };
        Some((result, owners))
    }

    /// The first of a place and what derefs reach from it that has an answer.
    pub(super) fn through(
        &self,
        place: Derived,
        answer: impl Fn(&Derived) -> Option<Derived>,
    ) -> Option<Derived> {
        let mut place = place;
        for _ in 0..MAX_DEREFS {
            if let Some(found) = answer(&place) {
                return Some(found);
            }
            place = self.step(&place)?;
        }
        None
    }

    /// What a place dereferences to.
    pub(super) fn step(&self, place: &Derived) -> Option<Derived> {
        let (ty, owners) = match &place.ty {
            Ty::Ref(_, inner) | Ty::Ptr(_, inner) => ((**inner).clone(), STABLE),
            ty @ Ty::Known(..) => {
                let owners = match self.model.role(ty) {
                    Some(TypeRole::Guard) => 0,
                    Some(TypeRole::Layer) => STABLE,
                    _ => 1,
                };
                (derefs(self.model, ty)?, owners)
            }
            ty => (self.model.deref_target(ty)?, STABLE),
        };
        Some(Derived { ty, owners: place.owners + owners, ..place.clone() })
    }

    pub(super) fn field(&self, place: &Derived, name: &Name) -> Option<Derived> {
        let ty = match &place.ty {
            Ty::Adt(id, args) => self.model.field_ty(*id, args, None, name)?,
            Ty::Tuple(items) => items.get(name.parse::<usize>().ok()?)?.clone(),
            _ => return None,
        };
        Some(place.with(place.tie, ty))
    }

    pub(super) fn element(&self, place: &Derived, is_range: bool) -> Option<Derived> {
        let (item, owners) = match &place.ty {
            Ty::Slice(item) => ((**item).clone(), 0),
            Ty::Known(_, args) => match self.model.role(&place.ty)? {
                TypeRole::Map => (args.get(1)?.clone(), 1),
                TypeRole::Collection if self.is_slice(&place.ty) => (args.first()?.clone(), 0),
                TypeRole::Collection => (args.first()?.clone(), 1),
                _ => return None,
            },
            _ => return None,
        };
        let ty = if is_range { Ty::Slice(Arc::new(item)) } else { item };
        Some(Derived { ty, owners: place.owners + owners, ..place.clone() })
    }

    fn is_slice(&self, ty: &Ty) -> bool {
        let slice = self.model.knowledge().well_known().slice;
        matches!(ty, Ty::Slice(_)) || matches!(ty, Ty::Known(id, _) if Some(*id) == slice)
    }

    /// Whether a type points somewhere: a reference, an iterator or an entry, or something that carries one.
    pub(super) fn points(&self, ty: &Ty) -> bool {
        match ty {
            Ty::Ref(..) | Ty::Ptr(..) => true,
            Ty::Known(id, args) => {
                let known = self.model.knowledge().ty(*id);
                match known.role {
                    TypeRole::Guard | TypeRole::Entry | TypeRole::Iterator => true,
                    // An entry of a plain map gives the reference that it borrowed the map for.
                    TypeRole::Enum | TypeRole::Plain => {
                        args.iter().any(|it| self.points(it))
                            || known.methods.values().any(|it| gives_reference(it))
                    }
                    _ => false,
                }
            }
            Ty::Tuple(items) => items.iter().any(|it| self.points(it)),
            _ => false,
        }
    }

    /// Whether a type is a pointer to heap memory or elsewhere.
    pub(super) fn is_pointer(&self, ty: &Ty) -> bool {
        matches!(ty, Ty::Ref(..) | Ty::Ptr(..)) || self.model.role(ty) == Some(TypeRole::Layer)
    }

    /// The type inside `Some` or `Ok`; the type itself where it is neither.
    pub(super) fn payload(&self, ty: &Ty) -> Ty {
        match ty {
            Ty::Known(_, args) if self.model.role(ty) == Some(TypeRole::Enum) => {
                args.first().cloned().unwrap_or_default()
            }
            other => other.clone(),
        }
    }
}

/// A map that locks by itself owns what its guards lead to.
pub(super) fn owners(guard: &Guard) -> u32 {
    u32::from(guard.acquire.lock.role == TypeRole::SharedMap)
}

/// What a type of the knowledge files dereferences to.
pub(super) fn derefs(model: &Model, ty: &Ty) -> Option<Ty> {
    let Ty::Known(id, args) = ty else { return None };
    let known = model.knowledge().ty(*id);
    Some(known.derefs.as_ref()?.instantiate(&known.params, args))
}

/// Whether a method makes a reference of what it is called on.
fn gives_reference(method: &KnownMethod) -> bool {
    let is_by_value = !method.spec.associated && method.spec.receiver == Receiver::Value;
    is_by_value && method.spec.guard_effect == GuardEffect::Keep && matches!(method.returns, Ty::Ref(..))
}

pub(super) fn each_by_ref(ty: Ty) -> Ty {
    match ty {
        Ty::Tuple(items) => Ty::Tuple(items.iter().cloned().map(Ty::shared_ref).collect()),
        other => Ty::shared_ref(other),
    }
}
