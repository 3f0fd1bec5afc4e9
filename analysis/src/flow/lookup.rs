//! Methods by receiver: through references, smart pointers, guards and `Deref` impls.

use std::sync::Arc;

use super::value::Value;
use super::walk::Walker;
use super::{Root, Step};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::TypeRole;
use crate::model::{Def, FnId, Namespace};
use crate::name::Name;
use crate::ty::Ty;

/// How many derefs a method call may pass; real chains have fewer than eight.
const MAX_DEREFS: usize = 12;

/// What a method's name means on a receiver.
#[derive(Clone, Debug)]
pub(super) enum Callee {
    /// A method of the knowledge files, found on this type.
    Known(Ty, Arc<KnownMethod>),
    /// A function of the workspace, found on this type.
    Workspace(Ty, FnId),
    /// Not known.
    Unknown,
}

impl Walker<'_> {
    /// A type and everything that deref reaches from it, outermost first.
    pub(super) fn deref_chain(&self, ty: &Ty) -> Vec<Ty> {
        let mut chain = vec![ty.clone()];
        while chain.len() < MAX_DEREFS
            && let Some(next) = chain.last().and_then(|it| self.deref_once(it))
            && !matches!(chain.last(), Some(Ty::Ptr(..)))
        {
            chain.push(next);
        }
        chain
    }

    /// A value as its `Deref` impls give it where a type is reached: the field that one refers to is what has the lock or map.
    pub(super) fn dereferenced(&self, value: Value, reached: &Ty) -> Value {
        let chain = self.deref_chain(&value.ty);
        let Some(end) = chain.iter().position(|it| it == reached) else { return value };
        let named = chain[..end].iter().filter_map(|it| Some((it, self.dereferenced_path(it)?)));
        named.fold(value, |value, (ty, path)| {
            let whole = Value { place: value.place.clone(), ..Value::of(ty.clone()) };
            let part = path.iter().fold(whole, |part, name| self.project(&part, name));
            Value { place: part.place, decl: part.decl, made_of: part.made_of, ..value }
        })
    }

    /// The fields through which the `Deref` impl of a type of the workspace leads to what it gives.
    fn dereferenced_path(&self, ty: &Ty) -> Option<Vec<Name>> {
        let Ty::Adt(id, _) = ty else { return None };
        self.model.deref_target(ty)?;
        let Some(written) = self.model.method(ty, "deref") else {
            let [only] = &self.model.adt_fields(*id)[..] else { return None };
            return Some(vec![only.name.clone()]);
        };
        let place = self.shapes.get(written)?.place.as_ref().filter(|it| it.root == Root::SelfValue)?;
        let name = |it: &Step| match it {
            Step::Field(name) | Step::Handle(name) => Some(name.clone()),
            _ => None,
        };
        place.path.iter().map(name).collect()
    }

    /// What `name` is on a receiver of this type.
    pub(super) fn callee(&self, ty: &Ty, name: &Name) -> Callee {
        if ty.is_unknown() {
            return Callee::Unknown;
        }
        let found = self.deref_chain(ty).into_iter().find_map(|ty| self.method_on(&ty, name));
        found.unwrap_or(Callee::Unknown)
    }

    fn method_on(&self, ty: &Ty, name: &Name) -> Option<Callee> {
        let known = self.knowledge.well_known();
        match ty {
            Ty::Known(id, args) => {
                let it = self.knowledge.ty(*id);
                if let Some(method) = it.methods.get(name).filter(|it| !it.spec.associated) {
                    return Some(Callee::Known(ty.clone(), method.clone()));
                }
                if let Some(id) = self.model.method(ty, name) {
                    return Some(Callee::Workspace(ty.clone(), id));
                }
                let iterator = (it.role == TypeRole::Iterator).then_some(known.iterator).flatten()?;
                let item =
                    it.item.as_ref().map(|it_ty| it_ty.instantiate(&it.params, args)).unwrap_or_default();
                let method =
                    self.knowledge.ty(iterator).methods.get(name).filter(|it| !it.spec.associated)?;
                Some(Callee::Known(Ty::Known(iterator, Arc::from([item])), method.clone()))
            }
            Ty::Slice(item) => self.method_of(known.slice?, Arc::from([(**item).clone()]), name),
            Ty::Prim(prim) if is_integer(prim) => {
                let method = self.knowledge.ty(known.integer?).methods.get(name)?;
                Some(Callee::Known(ty.clone(), method.clone()))
            }
            Ty::Prim(prim) if *prim == "bool" => self.method_of(known.bool?, Arc::from([]), name),
            Ty::Prim(prim) if *prim == "str" => self.method_of(known.str?, Arc::from([]), name),
            Ty::Adt(..) | Ty::Trait(_) | Ty::Foreign(..) => {
                self.model.method(ty, name).map(|id| Callee::Workspace(ty.clone(), id))
            }
            Ty::Param(param) => self.bound_method(param, name).map(|id| Callee::Workspace(ty.clone(), id)),
            _ => None,
        }
    }

    fn method_of(&self, id: crate::ty::KnownId, args: Arc<[Ty]>, name: &Name) -> Option<Callee> {
        let method = self.knowledge.ty(id).methods.get(name).filter(|it| !it.spec.associated)?;
        Some(Callee::Known(Ty::Known(id, args), method.clone()))
    }

    /// A method of a workspace trait that bounds a parameter.
    fn bound_method(&self, param: &Name, name: &Name) -> Option<FnId> {
        self.bounding_traits(param).find_map(|it| self.model.method(&it, name))
    }

    /// The same for `T::name`, which may take no `self`.
    pub(super) fn bound_fn(&self, ty: &Ty, name: &Name) -> Option<FnId> {
        let Ty::Param(param) = ty else { return None };
        self.bounding_traits(param).find_map(|it| self.model.associated_fn(&it, name))
    }

    /// The workspace traits that bound a parameter.
    fn bounding_traits(&self, param: &Name) -> impl Iterator<Item = Ty> {
        self.scope.bounds(param).filter_map(|bound| {
            let path: Vec<Name> = bound.segments.iter().map(|it| it.name.clone()).collect();
            match self.model.resolve(self.scope.module, &path, Namespace::Types)? {
                Def::Trait(id) => Some(Ty::Trait(id)),
                _ => None,
            }
        })
    }
}

fn is_integer(prim: &str) -> bool {
    prim.starts_with(['u', 'i']) && crate::knowledge::is_primitive(prim)
}
