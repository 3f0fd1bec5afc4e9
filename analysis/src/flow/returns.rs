//! What a function returns: the lock that an accessor names, the guards that it hands out.

use super::made_of::Part;
use super::value::Value;
use super::walk::Walker;
use super::{Acquire, Callback, Caller, Decl, EventKind, FnFlow, Held, ParamCall, Place, Root, Shape, Step};
use crate::knowledge::schema::{CloneKind, TypeRole};
use crate::model::{FnId, Model};
use crate::ty::Ty;

/// Whether a function's body can tell its callers something that its signature does not: it returns what refers to
/// something or holds a guard, or it is given code to call.
pub fn may_have_shape(model: &Model, id: FnId) -> bool {
    let sig = model.signature(id);
    let output = match &sig.output {
        Ty::Future(inner) => inner,
        other => other,
    };
    may_refer(model, output)
        || sig.params.iter().any(is_code)
        || sig.self_kind.is_none() && may_be_made(model, output)
}

/// Whether a result of this type may be a struct of the workspace that this function makes.
fn may_be_made(model: &Model, ty: &Ty) -> bool {
    match ty {
        Ty::Adt(id, _) => {
            let is_shared = |it: &Ty| matches!(it, Ty::Ref(..) | Ty::Known(..) | Ty::Adt(..));
            model.adt_fields(*id).iter().any(|it| is_shared(&it.ty))
        }
        Ty::Known(_, args) => args.first().is_some_and(|it| may_be_made(model, it)),
        _ => false,
    }
}

/// Whether a result of this type can name something that others have too, or hold a guard.
fn may_refer(model: &Model, ty: &Ty) -> bool {
    match ty {
        Ty::Ref(_, inner) => !matches!(**inner, Ty::Prim(_)),
        Ty::Known(id, args) => {
            let is_shared = model.knowledge().ty(*id).clone == CloneKind::Shared;
            is_shared || model.guard_holder(ty).is_some() || args.iter().any(|it| may_refer(model, it))
        }
        Ty::Tuple(items) => items.iter().any(|it| may_refer(model, it)),
        Ty::Prim(_) | Ty::Never => false,
        _ => model.guard_holder(ty).is_some(),
    }
}

/// Whether a parameter of this type may be a closure.
fn is_code(ty: &Ty) -> bool {
    match ty {
        Ty::Callable(..) | Ty::Param(_) => true,
        Ty::Ref(_, inner) => is_code(inner),
        Ty::Known(_, args) => args.iter().any(|it| matches!(it, Ty::Callable(..))),
        _ => false,
    }
}

/// What one path returns.
#[derive(Clone, Debug)]
pub(super) struct Returned {
    place: Option<Place>,
    decl: Option<Decl>,
    guards: Vec<Acquire>,
    made_of: Vec<Part>,
    /// It carries nothing: `None`, `Err(e)`, `()`.
    is_empty: bool,
}

impl Walker<'_> {
    /// A path of the function itself returns this value.
    pub(super) fn returns(&mut self, value: &Value) {
        if !self.inlining.is_empty() || matches!(value.ty, Ty::Never) {
            return;
        }
        let alive = value.guards.iter().filter(|it| self.state.live.contains_key(it));
        let guards = alive.map(|it| self.flow.guard(*it).acquire.clone()).collect();
        let refers = self.refers(&value.ty) && !self.is_empty_variant(value);
        let place = value.place.clone().filter(|it| refers && is_lasting(it));
        let decl = value.decl.clone().filter(|_| place.is_some());
        let is_empty = self.is_empty_variant(value);
        let made_of = value.made_of.iter().filter(|it| is_lasting(&it.place)).cloned().collect();
        self.returned.push(Returned { place, decl, guards, made_of, is_empty });
    }

    /// Whether a value of this type refers to something that others have too.
    pub(super) fn refers(&self, ty: &Ty) -> bool {
        self.is_handle(ty) || self.holds(ty).is_some() || self.is_handle(&self.unwrapped(ty))
    }

    fn is_empty_variant(&self, value: &Value) -> bool {
        let is_enum = self.model.role(&value.ty) == Some(TypeRole::Enum);
        is_enum
            && value.place.is_none()
            && value.guards.is_empty()
            && value.pending.is_none()
            && value.is_empty
    }

    /// The flow with its shape.
    pub(super) fn finish(mut self) -> FnFlow {
        self.forget_repeated_drops();
        self.flow.callees.sort();
        self.flow.callees.dedup();
        // Flows live as long as the run: what growing left over goes back at once.
        self.flow.callees.shrink_to_fit();
        self.flow.events.shrink_to_fit();
        self.flow.handed.shrink_to_fit();
        self.flow.literals.shrink_to_fit();
        for guard in &mut self.flow.guards {
            guard.ends.sort();
            guard.ends.dedup();
        }
        if self.flow.guards.is_empty() {
            self.flow.locals = Vec::new();
        }
        self.flow.uses.sort();
        self.flow.uses.dedup();
        self.flow.uses.shrink_to_fit();
        let (place, decl) = self.returned_path().unzip();
        self.flow.shape = Shape {
            place,
            decl: decl.flatten(),
            guards: self.returned_guards(),
            calls: self.param_calls(),
            made_of: self.returned_parts(),
        };
        self.flow
    }

    /// What all paths that return something return.
    fn returned_path(&self) -> Option<(Place, Option<Decl>)> {
        let mut full = self.returned.iter().filter(|it| !it.is_empty);
        let Returned { place, decl, .. } = full.next()?;
        let place = place.clone()?;
        full.all(|it| it.place.as_ref() == Some(&place)).then(|| (place, decl.clone()))
    }

    /// What all values that are returned were made of.
    fn returned_parts(&self) -> Vec<Part> {
        let mut full = self.returned.iter().filter(|it| !it.is_empty);
        let mut parts = full.next().map(|it| it.made_of.clone()).unwrap_or_default();
        full.for_each(|other| parts.retain(|it| other.made_of.contains(it)));
        parts
    }

    fn returned_guards(&self) -> Vec<Acquire> {
        let mut guards: Vec<Acquire> = Vec::new();
        for acquire in self.returned.iter().flat_map(|it| &it.guards) {
            if !guards.iter().any(|it| it.lock.place == acquire.lock.place && it.mode == acquire.mode) {
                guards.push(acquire.clone());
            }
        }
        guards
    }

    /// The parameters that the function calls itself or has its callees call, with what is held then.
    fn param_calls(&self) -> Vec<ParamCall> {
        let mut calls: Vec<ParamCall> = Vec::new();
        for event in self.flow.events.iter().filter(|it| it.is_own) {
            let EventKind::Callback(callback) = &event.kind else { continue };
            let Callback { caller: Caller::Param(index), .. } = **callback else { continue };
            let held = |it: &Held| Acquire { mode: it.mode, ..self.flow.guard(it.guard).acquire.clone() };
            let call = ParamCall { index, held: event.held.iter().map(held).collect() };
            if !calls.contains(&call) {
                calls.push(call);
            }
        }
        for call in &self.handed_on {
            if !calls.contains(call) {
                calls.push(call.clone());
            }
        }
        calls
    }
}

/// Whether a place still has its name when the function has returned.
fn is_lasting(place: &Place) -> bool {
    !matches!(place.root, Root::Local(..) | Root::Unnamed(_))
        && !place.path.iter().any(|it| matches!(it, Step::Copy(_)))
}
