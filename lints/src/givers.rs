//! How code outside of a crate can have given it a callback, and how a callback can come back to the lock that is held.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Path, Visibility};
use safe_map_analysis::flow::{Acquire, Caller, Event, EventKind, Guard};
use safe_map_analysis::knowledge::schema::GuardClass;
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::name::Name;
use safe_map_analysis::summary::{Effect, EffectKind};
use safe_map_analysis::ty::Ty;

use crate::callbacks::{Site, is_code};
use crate::declared::{are_declared_together, owner};

impl Site<'_, '_> {
    /// Whether code outside the crate can have stored the callback. What only the crate stores behind a lock is known to those
    /// who wrote the call.
    pub(crate) fn is_strangers(&self, guard: &Guard) -> bool {
        guard.acquire.class == GuardClass::RefCell
            || self.callback.caller != Caller::Stored
            || self.has_strange_givers(guard)
    }

    /// Whether a public function is given a callback, one that takes the lock, or is its owner's, or is given such a callback.
    pub(crate) fn has_strange_givers(&self, guard: &Guard) -> bool {
        let (model, analysis) = (self.function.model(), self.function.file.analysis);
        let owner = owner(model, self.function.id, &guard.acquire);
        let is_owners =
            |id: FnId| matches!(&model.signature(id).self_ty, Some(Ty::Adt(it, _)) if Some(*it) == owner);
        let waiters = guard.acquire.lock.decl.iter().flat_map(|it| analysis.waiters(it)).map(|it| it.id);
        let is_callable = |bound: &Path| bound.last().is_some_and(|it| it.name.starts_with("Fn"));
        let is_given_one = |id: FnId| {
            let is_bound = |param: &Name| model.fn_scope(id).bounds(param).any(is_callable);
            model.signature(id).params.iter().any(|it| is_code(it, &is_bound))
        };
        let stores = |id: FnId| is_public(model, id) && is_given_one(id);
        let is_storer =
            |id: FnId| is_public(model, id) && (is_owners(id) && is_given_one(id) || self.is_given_such(id));
        waiters.into_iter().any(stores) || model.fn_ids().any(is_storer)
    }

    /// Whether a function of the same crate is given a callback that is told the very same types: it may end in a lock by
    /// another name, an `Arc` of which is in several structs.
    fn is_given_such(&self, id: FnId) -> bool {
        let model = self.function.model();
        let krate = |id: FnId| model.module(model.func(id).module).krate;
        let leads = |it: &&Ty| model.any_part(it, &mut |it| matches!(it, Ty::Adt(..)));
        let is_such = |params: &[Ty]| {
            let mut telling = params.iter().filter(leads).peekable();
            let is_told =
                |it: &Ty| self.callback.given.iter().any(|given| given.peel_refs() == it.peel_refs());
            telling.peek().is_some() && telling.all(is_told)
        };
        krate(id) == krate(self.function.id)
            && model.signature(id).params.iter().any(|it| callable_in(it).is_some_and(is_such))
    }

    /// Whether a closure in this file takes the lock, and is handed to a function that takes it too, to store the closure: a
    /// listener that removes itself, as `once` makes it.
    pub(crate) fn has_closure_that_takes(&self, guard: &Guard) -> bool {
        let takes = |function: &FunctionView<'_>, it: &Event| match &it.kind {
            EventKind::Acquire { acquire, .. } => !acquire.is_try && self.is_it(guard, function.id, acquire),
            EventKind::Call(call) => self.is_taken_by(guard, call.callee),
            _ => false,
        };
        self.function.file.functions().any(|function| {
            let events = || function.flow.events.iter();
            let stores = |it: &&Event| matches!(it.kind, EventKind::Call(_)) && takes(&function, it);
            let mut handed = events().filter(|it| !it.is_own && takes(&function, it));
            handed.any(|it| {
                events().filter(|outer| outer.is_own && outer.span.contains(it.span)).any(|it| stores(&it))
            })
        })
    }

    /// Whether the type of something that the callback is given leads to the struct that has the lock.
    pub(crate) fn leads_back(&self, guard: &Guard) -> bool {
        let model = self.function.model();
        let Some(owner) = owner(model, self.function.id, &guard.acquire) else { return false };
        let is_owner = |it: &Ty| matches!(it, Ty::Adt(id, _) if *id == owner);
        let derefs =
            |it: &Ty| model.deref_target(it).is_some_and(|it| model.any_part(&it, &mut { is_owner }));
        self.callback.given.iter().any(|it| model.any_part(it, &mut |it| is_owner(it) || derefs(it)))
    }

    /// Whether a method of a `dyn Trait` has an impl in the workspace that takes the same lock.
    pub(crate) fn has_impl_that_takes(&self, guard: &Guard) -> bool {
        let model = self.function.model();
        let mut here = self.function.flow.events.iter().filter(|it| it.span == self.happening.event.span);
        let Some(method) = here.find_map(|it| match &it.kind {
            EventKind::Call(call) => Some(call.callee),
            _ => None,
        }) else {
            return false;
        };
        model.implementations(method).into_iter().any(|id| self.is_taken_by(guard, id))
    }

    /// Whether a call of a function takes the lock; one that only tries does not.
    fn is_taken_by(&self, guard: &Guard, id: FnId) -> bool {
        let takes = |it: &Effect| match &it.kind {
            EffectKind::Acquire(second) => self.is_it(guard, id, second),
            _ => false,
        };
        self.function.file.analysis.effects(id).iter().any(takes)
    }

    /// Whether an acquire in a function is of the guard's lock, as far as its declaration says.
    pub(crate) fn is_it(&self, guard: &Guard, id: FnId, second: &Acquire) -> bool {
        are_declared_together(self.function.model(), (self.function.id, &guard.acquire), (id, second))
    }
}

/// What a closure among the layers of a type is given.
fn callable_in(ty: &Ty) -> Option<&[Ty]> {
    match ty {
        Ty::Callable(params, _) => Some(params),
        Ty::Ref(_, inner) => callable_in(inner),
        Ty::Known(_, args) => args.iter().find_map(callable_in),
        _ => None,
    }
}

/// Whether code outside of the crate can call a function, as far as its own item says.
pub(crate) fn is_public(model: &Model, id: FnId) -> bool {
    model.is_of_trait(id) || model.item(model.func(id).at).vis == Visibility::Public
}
