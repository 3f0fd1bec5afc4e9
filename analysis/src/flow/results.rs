//! The value of a call of a known method: what it is, what it names, and which guards it goes on holding.

use super::calls::Call;
use super::known::ClosureResults;
use super::place::Root;
use super::state::Owner;
use super::value::Value;
use super::walk::Walker;
use super::{Acquire, EventKind, GuardId, Place};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::{GuardEffect, Hold, LockMode, Op, Receiver, TypeRole};
use crate::span::Span;
use crate::ty::Ty;

impl<'a> Walker<'a> {
    /// The value of a call: what it is, and which guards it holds.
    #[expect(clippy::too_many_arguments, reason = "the one place where all that a call knows comes together")]
    pub(super) fn known_value(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: Value,
        call: &Call<'_>,
        key: Option<String>,
        taken: Option<(GuardId, Hold)>,
        results: ClosureResults,
    ) -> Value {
        let returns = self.known_result(&method.returns, ty, call, &results.types);
        let at = call.span.at_end();
        let mut guards = self.carried(method, ty, &receiver, &returns, call, at);
        guards.extend(results.guards.iter().copied().filter(|it| self.state.live.contains_key(it)));
        match self.keeps(&returns) {
            true => guards.extend(results.collected.iter().copied()),
            false => self.end(&results.collected, at),
        }
        match taken {
            Some((guard, Hold::Result)) => guards.push(guard),
            Some((guard, Hold::Call)) => self.end(&[guard], at),
            None => {}
        }
        guards.sort();
        guards.dedup();
        let iterates = self.iteration(method, ty, &receiver, &returns);
        let is_owned = self.iterates_its_own(method, &receiver, &returns, call);
        let lazy = match self.model.role(&returns) {
            Some(TypeRole::Iterator) => receiver.lazy.iter().cloned().chain(results.lazy).collect(),
            _ => Vec::new(),
        };
        let place = self.result_place(method, ty, &receiver, &returns, key.as_ref(), results.named);
        let wait = self.awaited_wait(method.spec.is_async, method.spec.waits, Some(&receiver), call);
        let decl = receiver.decl.filter(|_| place.is_some() && place == receiver.place);
        let is_inside = self.is_behind_guard(&receiver.ty, ty);
        let tells = match call.name.as_str() {
            "is_some" | "is_ok" => Some((receiver.guards, true)),
            "is_none" | "is_err" => Some((receiver.guards, false)),
            _ => None,
        };
        let tells = tells
            .filter(|_| self.model.role(ty) == Some(TypeRole::Enum) && self.holds_first(ty) && !is_inside);
        let pending = if method.spec.receiver == Receiver::Value { receiver.pending } else { None };
        let task = results.task;
        let wait = wait.or(receiver.wait.filter(|_| method.spec.receiver == Receiver::Value));
        let returns = future_of(returns, method.spec.is_async);
        Value {
            place,
            decl,
            guards,
            iterates,
            pending,
            tells,
            lazy,
            task,
            wait,
            is_owned,
            ..Value::of(returns)
        }
    }

    /// Whether only the first variant of an `Option` or `Result` holds a guard.
    fn holds_first(&self, ty: &Ty) -> bool {
        let Ty::Known(_, args) = ty else { return false };
        let holds = |it: &Ty| self.may_show(it);
        args.first().is_some_and(holds) && !args.iter().skip(1).any(holds)
    }

    /// The guards of receiver and arguments that the result goes on holding; the others end, as the method says.
    fn carried(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        returns: &Ty,
        call: &Call<'_>,
        at: Span,
    ) -> Vec<GuardId> {
        let spec = &method.spec;
        let keeps = self.keeps(returns);
        let by_value = spec.receiver == Receiver::Value || spec.takes;
        let mut given: Vec<GuardId> = call.args.iter().flat_map(|it| self.flying(it)).collect();
        if by_value {
            given.extend(self.flying(receiver));
        }
        match spec.guard_effect {
            GuardEffect::Leak => {
                self.leak(&given, call.span);
                return Vec::new();
            }
            GuardEffect::End => {
                self.end(&given, at);
                return Vec::new();
            }
            GuardEffect::Keep | GuardEffect::Pause => {}
            GuardEffect::Downgrade => self.change_mode(&given, LockMode::Shared),
            GuardEffect::Upgrade => self.upgrade(&given, spec.is_try, call),
        }
        if !keeps {
            self.put_away(ty, receiver, &given, at);
            return if by_value { Vec::new() } else { self.visible(ty, receiver, returns) };
        }
        if self.model.role(ty) == Some(TypeRole::Iterator)
            && self.model.role(returns) != Some(TypeRole::Iterator)
        {
            self.stop_iterating(&given);
        }
        if !by_value && spec.lock == LockMode::None && self.model.role(ty) == Some(TypeRole::Iterator) {
            given.extend(self.derive(receiver));
        }
        given
    }

    /// Guards that go into a collection live in it: `held.push(m.lock())`.
    fn put_away(&mut self, ty: &Ty, receiver: &Value, given: &[GuardId], at: Span) {
        let stores =
            matches!(self.model.role(ty), Some(TypeRole::Collection | TypeRole::Map | TypeRole::Enum));
        match receiver.local.filter(|_| stores) {
            Some(local) => self.state.give(given, Owner::Local(local)),
            None => self.end(given, at),
        }
    }

    /// `found.as_ref()` shows the guard that `found` holds.
    fn visible(&self, ty: &Ty, receiver: &Value, returns: &Ty) -> Vec<GuardId> {
        let shows =
            self.model.role(ty) == Some(TypeRole::Enum) && self.model.role(returns) == Some(TypeRole::Enum);
        // What a guard protects does not hold it: `guard.as_mut()`.
        if shows && !self.is_behind_guard(&receiver.ty, ty) { receiver.guards.clone() } else { Vec::new() }
    }

    /// What was taken out of an iterator, or collected from it, does not walk on.
    fn stop_iterating(&mut self, guards: &[GuardId]) {
        for id in guards {
            self.flow.guards[id.0 as usize].acquire.op = Op::Get;
        }
    }

    /// An item of a guard-holding iterator holds what the iterator holds, and outlives it.
    fn derive(&mut self, receiver: &Value) -> Vec<GuardId> {
        let alive: Vec<GuardId> =
            receiver.guards.iter().copied().filter(|it| self.state.live.contains_key(it)).collect();
        let mut derived = Vec::new();
        for id in alive {
            let guard = self.flow.guard(id).clone();
            let fresh = self.new_guard(Acquire { op: Op::Get, ..guard.acquire }, None, true);
            self.flow.guards[fresh.0 as usize].type_name = guard.type_name;
            derived.push(fresh);
        }
        derived
    }

    /// `upgrade` waits for the other readers, of which this thread may be one.
    fn upgrade(&mut self, guards: &[GuardId], is_try: bool, call: &Call<'_>) {
        for id in guards {
            let acquire = self.flow.guard(*id).acquire.clone();
            let (mode, method, span) = (LockMode::Exclusive, call.name.clone(), call.span);
            let acquire = Acquire { mode, method, span, is_try, ..acquire };
            self.event(EventKind::Acquire { acquire: Box::new(acquire), guard: Some(*id) }, span);
        }
        self.change_mode(guards, LockMode::Exclusive);
    }

    fn change_mode(&mut self, guards: &[GuardId], mode: LockMode) {
        for id in guards {
            if let Some(live) = self.state.live.get_mut(id) {
                live.mode = mode;
            }
        }
    }

    /// The plain map that the result iterates.
    fn iteration(&self, method: &KnownMethod, ty: &Ty, receiver: &Value, returns: &Ty) -> Option<Place> {
        if self.model.role(returns) != Some(TypeRole::Iterator) {
            return None;
        }
        let starts = matches!(method.spec.op, Op::Iterate | Op::IterateMut)
            && self.model.role(ty) == Some(TypeRole::Map);
        if starts { receiver.place.clone() } else { receiver.iterates.clone() }
    }

    /// Whether the result iterates what went into it by value, and borrows nothing else.
    fn iterates_its_own(
        &self,
        method: &KnownMethod,
        receiver: &Value,
        returns: &Ty,
        call: &Call<'_>,
    ) -> bool {
        let is_given = |it: &Value| it.is_owned || self.is_owned(&it.ty);
        method.spec.receiver == Receiver::Value
            && self.model.role(returns) == Some(TypeRole::Iterator)
            && is_given(receiver)
            && call.args.iter().all(|it| it.closure.is_some() || is_given(it))
    }

    /// What the result names: the same thing through an adapter, what a lock protects, the entry of a key.
    pub(super) fn result_place(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        returns: &Ty,
        key: Option<&String>,
        named: Option<Option<Place>>,
    ) -> Option<Place> {
        // What a closure gives is what that names.
        if let Some(named) = named.filter(|_| mentions(&method.returns, &is_result)) {
            return named;
        }
        let place = receiver.place.as_ref()?;
        let is_root_unnamed = matches!(place.root, Root::Unnamed(_)) && place.path.is_empty();
        match self.model.role(ty)? {
            TypeRole::Lock | TypeRole::Cell
                if method.spec.lock != LockMode::None || !returns.is_unknown() =>
            {
                Some(place.then(super::Step::Inside))
            }
            TypeRole::SharedMap | TypeRole::Map | TypeRole::Collection => {
                // A pinned map is the map itself, as this thread may use it.
                if self.model.role(returns) == Some(TypeRole::Layer) && self.leads_to(returns, ty) {
                    return Some(place.clone());
                }
                let is_keyed = method.spec.key.is_some();
                is_keyed.then(|| self.entry_place(Some(place), key))
            }
            // The same value under the type that it has.
            TypeRole::Plain if mentions(&method.returns, &|it| it == "G0") => Some(place.clone()),
            TypeRole::Enum if clones(&method.returns) && self.is_plain(returns) => None,
            TypeRole::Layer | TypeRole::Enum | TypeRole::Guard | TypeRole::Entry if !is_root_unnamed => {
                let unit =
                    matches!(returns, Ty::Tuple(items) if items.is_empty()) || matches!(returns, Ty::Prim(_));
                (!unit).then(|| place.clone())
            }
            _ => None,
        }
    }

    /// Whether a layer dereferences to such a type.
    fn leads_to(&self, layer: &Ty, ty: &Ty) -> bool {
        let is_it = |it: &Ty| matches!((it, ty), (Ty::Known(a, _), Ty::Known(b, _)) if a == b);
        self.deref_chain(layer).iter().skip(1).any(is_it)
    }

    /// Whether a clone of a value shares nothing with it: all of its type is known, and nothing in it is a handle, a lock
    /// or a reference.
    fn is_plain(&self, ty: &Ty) -> bool {
        let shares = |it: &Ty| match it {
            Ty::Unknown | Ty::Param(_) | Ty::Foreign(..) | Ty::Ref(..) | Ty::Ptr(..) => true,
            _ => !matches!(
                self.model.role(it),
                None | Some(TypeRole::Plain | TypeRole::Enum | TypeRole::Collection | TypeRole::Map)
            ),
        };
        !self.model.any_part(ty, &mut |it| shares(it))
    }
}

/// Whether a method gives what a parameter of its type refers to, by value.
fn clones(returns: &Ty) -> bool {
    mentions(returns, &|it| it.starts_with('*'))
}

/// Whether a parameter stands for what a closure gives: `R0`.
fn is_result(name: &str) -> bool {
    name.strip_prefix('R').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
}

/// Whether a parameter for which `test` holds is in a type.
fn mentions(ty: &Ty, test: &dyn Fn(&str) -> bool) -> bool {
    match ty {
        Ty::Param(name) => test(name),
        Ty::Known(_, args) => args.iter().any(|it| mentions(it, test)),
        Ty::Ref(_, inner) => mentions(inner, test),
        _ => false,
    }
}

/// What an async call gives before it is awaited.
pub(super) fn future_of(returns: Ty, is_async: bool) -> Ty {
    match returns {
        Ty::Future(_) => returns,
        _ if is_async => Ty::Future(returns.into()),
        _ => returns,
    }
}
