//! Calls of functions: those of the workspace by signature, those of the knowledge files by path.

use rustc_hash::FxHashMap;

use super::calls::Call;
use super::made_of::Part;
use super::place::{Root, Step};
use super::results::future_of;
use super::state::{LocalId, Owner, State};
use super::value::{Pending, Value};
use super::walk::Walker;
use super::{Acquire, Call as Site, EventKind, GuardId, Had, Place, Shape, Wait};
use crate::facts::{ExprId, ExprKind, SelfKind};
use crate::knowledge::KnownFunction;
use crate::knowledge::schema::{ClosureClass, GuardEffect, TypeRole, Waits};
use crate::model::{FnId, Holder};
use crate::name::Name;
use crate::prompt;
use crate::span::Span;
use crate::ty::Ty;

impl Walker<'_> {
    /// A function of the workspace: its signature says what it gives and whether that holds a guard, its shape which.
    pub(super) fn workspace_call(
        &mut self,
        id: FnId,
        receiver: Option<(Ty, Value)>,
        call: Call<'_>,
    ) -> Value {
        let model = self.model;
        let (id, is_possible) = self.implementation(id);
        if let (Some(own), Some((_, receiver))) = (model.own_lock(id), &receiver) {
            return self.take_own_lock(own, id, receiver, &call);
        }
        let sig = model.signature(id);
        self.flow.callees.push(id);
        let shape = self.shapes.get(id);
        let site = self.site(id, is_possible, receiver.as_ref().map(|it| &it.1), &call);
        self.hand_to_params(id, &call);
        self.run_called(shape, &site, receiver.as_ref().map(|it| &it.0), &call);
        self.call_of_dyn(id, receiver.as_ref(), &call);
        let mut output = sig.output.clone();
        if let Some((ty, _)) = &receiver {
            output = model.seen_from(&output, sig, ty);
        }
        let named = self.type_argument(id, call.turbofish.as_ref());
        output = infer(&output, &sig.params, &call.args, named.clone());
        let result = match &output {
            Ty::Future(inner) => (**inner).clone(),
            other => other.clone(),
        };
        let chosen = self.chosen_type(id, named.map(|it| it.1));
        let place = match chosen {
            Chosen::Unknown => None,
            Chosen::By(_) | Chosen::Nothing => {
                self.returned_place(id, shape, &site, receiver.as_ref().map(|it| &it.1), &call, &result)
            }
        };
        let is_one = matches!(chosen, Chosen::Nothing);
        let place = match (place, chosen) {
            (Some(place), Chosen::By(ty)) => Some(place.then(Step::Call(Name::new(""), ty))),
            (place, _) => place,
        };
        let is_async = matches!(output, Ty::Future(_));
        let wait = self.implementation_wait(id, receiver.as_ref().map(|it| &it.1));
        let site = Box::new(site);
        if !is_async {
            self.event(EventKind::Call(site.clone()), call.span);
        }
        let given = self.given(sig.self_kind, receiver.as_ref().map(|it| &it.1), &call);
        let keeps = self.keeps(&result);
        let kept = |it: &GuardId| self.is_kept(*it, shape, &result, &call);
        let (given, gone): (Vec<_>, Vec<_>) = given.into_iter().partition(kept);
        self.end(&gone, call.span.at_end());
        let mut taken = self.taken(shape, &site, given.is_empty() && keeps, &call);
        if let Some((ty, _)) = &receiver {
            taken.iter_mut().for_each(|it| it.lock.content = model.seen_from(&it.lock.content, sig, ty));
        }
        let acquire = match taken.is_empty() {
            true => self.returned_guard(&result, place.as_ref(), given.is_empty(), &call),
            false => None,
        };
        // What the body names has its declaration, wherever it is named.
        let decl = shape.and_then(|it| it.decl.clone()).filter(|_| is_one && place.is_some());
        let parts = shape.map(|it| it.made_of.as_slice()).unwrap_or_default();
        let seen = |it: &Part| Some(Part { fields: it.fields.clone(), place: site.seen(&it.place)? });
        let made_of = parts.iter().filter_map(seen).collect();
        let value = Value { place, decl, guards: given, made_of, ..Value::of(result) };
        let pending = Pending {
            acquire,
            call: is_async.then_some(site),
            at: call.span,
            wait,
            taken,
            lasting: true,
            suspends: !self.never_suspends(id),
            value,
        };
        self.deliver(pending, output)
    }

    /// What awaiting a trait's method waits for, where it is open which impl is meant. What is asked by a handle of its own is
    /// nothing that others have to be kept from.
    fn implementation_wait(&self, id: FnId, receiver: Option<&Value>) -> Wait {
        if self.model.func(id).trait_.is_none() {
            return Wait::default();
        }
        let on = receiver.filter(|it| self.had(it) != Had::Shared).and_then(|it| it.place.clone());
        Wait { waits: Waits::Unknown, on, ..Wait::default() }
    }

    /// The function's first type parameter, where the call names it.
    fn type_argument(&self, id: FnId, turbofish: Option<&Ty>) -> Option<(String, Ty)> {
        let ty = turbofish.filter(|it| !it.is_unknown())?;
        let first = self.model.fn_facts(id).generics.params.first()?;
        Some((first.name.to_string(), ty.clone()))
    }

    /// The type by which the caller chooses what it gets: `states.get::<Cursor>()`.
    fn chosen_type(&self, id: FnId, named: Option<Ty>) -> Chosen {
        let sig = self.model.signature(id);
        let generics = &self.model.fn_facts(id).generics.params;
        let is_choice =
            |it: &Name| mentions(&sig.output, it) && !sig.params.iter().any(|param| mentions(param, it));
        if !generics.iter().any(|it| is_choice(&it.name)) {
            return Chosen::Nothing;
        }
        match named {
            Some(ty) if !ty.is_open() => Chosen::By(format!("{ty:?}")),
            _ => Chosen::Unknown,
        }
    }

    /// Gives the value now, or when the future is awaited.
    fn deliver(&mut self, pending: Pending, output: Ty) -> Value {
        if !matches!(output, Ty::Future(_)) {
            return self.fulfil(pending);
        }
        let guards = pending.value.guards.clone();
        Value { pending: Some(Box::new(pending)), guards, ..Value::of(output) }
    }

    /// The guards that a call moves into the callee.
    fn given(&self, self_kind: Option<SelfKind>, receiver: Option<&Value>, call: &Call<'_>) -> Vec<GuardId> {
        let mut given: Vec<GuardId> = call.args.iter().flat_map(|it| self.flying(it)).collect();
        if let (Some(value), Some(SelfKind::Value)) = (receiver, self_kind) {
            given.extend(self.flying(value));
        }
        given
    }

    /// Whether the callee gives back a guard that is moved into it: its body says so, or its result is of that kind.
    fn is_kept(&self, guard: GuardId, shape: Option<&Shape>, result: &Ty, call: &Call<'_>) -> bool {
        if !self.keeps(result) {
            return false;
        }
        let Some(index) = call.args.iter().position(|it| it.guards.contains(&guard)) else { return true };
        let returned = shape.map(|it| it.guards.as_slice()).unwrap_or_default();
        let mut params = returned.iter().filter_map(|it| match it.lock.place.root {
            Root::Param(param, _) if it.is_given => Some(param as usize),
            _ => None,
        });
        if let Some(first) = params.next() {
            return first == index || params.any(|it| it == index);
        }
        let is_of = |held: Holder| self.flow.guard(guard).type_name == self.knowledge.ty(held.id).name();
        self.holds(result).is_none_or(is_of)
    }

    /// The locks whose guards the callee hands out, as its body says.
    fn taken(&self, shape: Option<&Shape>, site: &Site, is_fresh: bool, call: &Call<'_>) -> Vec<Acquire> {
        let guards = shape.map(|it| it.guards.as_slice()).unwrap_or_default();
        let own = guards.iter().filter(|it| is_fresh && !it.is_given);
        let seen =
            own.map(|it| Acquire { span: call.span, method: call.name.clone(), ..site.seen_acquire(it) });
        seen.collect()
    }

    /// An `async fn` of the workspace without an await, of which no impl can be another: it never suspends.
    fn never_suspends(&self, id: FnId) -> bool {
        let is_one = self.model.func(id).trait_.is_none();
        is_one && prompt::candidate(self.model, id).is_some_and(|body| !body.awaits)
    }

    /// A function whose result holds a guard that no argument brought has taken one.
    fn returned_guard(
        &mut self,
        result: &Ty,
        place: Option<&Place>,
        fresh: bool,
        call: &Call<'_>,
    ) -> Option<Acquire> {
        let held = self.holds(result).filter(|_| fresh)?;
        let place = place.cloned().unwrap_or_else(|| self.unnamed());
        Some(self.foreign_acquire(held, place, result, call.span, call.name.clone()))
    }

    /// What an accessor's result names: what its body says, or else the same thing for the same receiver and arguments,
    /// where it refers to something at all.
    fn returned_place(
        &mut self,
        id: FnId,
        shape: Option<&Shape>,
        site: &Site,
        receiver: Option<&Value>,
        call: &Call<'_>,
        result: &Ty,
    ) -> Option<Place> {
        if !self.refers(result) {
            return None;
        }
        if let Some(place) = shape.and_then(|it| it.place.as_ref()) {
            return site.seen(place);
        }
        let keys: Option<Vec<String>> = call.exprs.iter().map(|it| self.key_text(*it)).collect();
        let keys = keys?.join(", ");
        match receiver {
            Some(value) => value.place.as_ref().map(|it| it.then(Step::Call(call.name.clone(), keys))),
            None => Some(Place::new(Root::Call(id)).then(Step::Call(Name::new(""), keys))),
        }
    }

    /// A function outside the workspace.
    pub(super) fn foreign_call(&mut self, full: &Name, call: Call<'_>) -> Value {
        let knowledge = self.knowledge;
        match knowledge.function_at(full) {
            Some(function) => self.known_function(function, call),
            None => {
                let wait = self.foreign_function_wait(full, &call);
                self.abandon(&call);
                Value { wait, ..Value::default() }
            }
        }
    }

    /// What awaiting the result of another package's function waits for; the standard library has no such functions.
    fn foreign_function_wait(&self, full: &Name, call: &Call<'_>) -> Option<Box<Wait>> {
        let krate = full.split("::").next()?;
        if matches!(krate, "std" | "core" | "alloc") {
            return None;
        }
        let is_open = |it: &&Value| matches!(it.ty.peel_refs(), Ty::Unknown | Ty::Foreign(..) | Ty::Param(_));
        let on = call.args.iter().filter(is_open).find_map(|it| it.place.clone());
        Some(Box::new(Wait { waits: Waits::Unknown, what: call.name.clone(), on, callee: None }))
    }

    fn known_function(&mut self, function: &KnownFunction, call: Call<'_>) -> Value {
        let results = self.function_closures(function, &call);
        let changed = match (function.spec.swaps, function.spec.takes) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        };
        call.args.iter().take(changed).for_each(|it| self.count_replaced(it, &call.name, call.span));
        let is_async = function.spec.is_async;
        self.costs(function.spec.waits, function.spec.heavy, is_async, None, &call);
        // An async function hands on what the futures among its arguments give.
        let awaited = call.args.iter().map(|it| match (&it.ty, is_async) {
            (Ty::Future(output), true) => Value::of((**output).clone()),
            (ty, _) => Value::of(ty.clone()),
        });
        let returns = super::macros::argument_types(&function.returns, &awaited.collect::<Vec<_>>());
        let returns = returns.subst(&|name| {
            let index = name.strip_prefix('R')?.parse::<usize>().ok()?;
            Some(results.get(index).cloned().unwrap_or_default())
        });
        if function.spec.takes {
            return self.exchange(returns, &call);
        }
        let effect = function.spec.guard_effect;
        if effect == GuardEffect::End {
            return self.drop_arguments(call);
        }
        let handle = self.model.role(&returns) == Some(TypeRole::Handle);
        let task = call.args.iter().find_map(|it| it.closure).filter(|_| handle).map(|it| self.task(it));
        // A time limit waits for what it limits.
        let limits = function.spec.waits == Waits::Timer && call.args.len() > 1;
        let wait = self.awaited_wait(is_async && !limits, function.spec.waits, None, &call);
        let value = self.wrap_arguments(returns.clone(), call, effect, function.spec.waits);
        let value = Value { wait: wait.or(value.wait), ..value };
        match is_async {
            true => Value { ty: future_of(returns, true), ..value },
            false => Value { task, ..value },
        }
    }

    /// `mem::take(&mut g)`, `mem::replace(&mut g, h)`: what `g` has goes out, what `h` has goes in.
    fn exchange(&mut self, returns: Ty, call: &Call<'_>) -> Value {
        let target = call.exprs.first().and_then(|it| self.referred_local(*it));
        let given: Vec<GuardId> = call.args.iter().skip(1).flat_map(|it| self.flying(it)).collect();
        let Some(local) = target else {
            self.end(&given, call.span.at_end());
            return Value::of(returns);
        };
        let ty = self.locals[local.0 as usize].value.ty.clone();
        if call.args.len() == 1 && matches!(self.model.role(&ty), Some(TypeRole::Guard | TypeRole::Entry)) {
            // No guard has a default: what it protects is taken.
            return Value::of(self.deref_once(&ty).unwrap_or_default());
        }
        let taken = self.state.owned_by(Owner::Local(local));
        self.state.give(&taken, Owner::Flight);
        self.state.give(&given, Owner::Local(local));
        Value { guards: taken, ..Value::of(returns) }
    }

    /// The local of `&mut local`.
    fn referred_local(&self, expr: ExprId) -> Option<LocalId> {
        let ExprKind::Ref { operand, .. } = &self.body.expr(expr).kind else { return None };
        match &self.body.expr(*operand).kind {
            ExprKind::Path(path) => self.lookup(path.as_ident()?),
            _ => None,
        }
    }

    /// `drop(g)`, `drop((a, b))`.
    fn drop_arguments(&mut self, call: Call<'_>) -> Value {
        call.args.iter().for_each(|it| self.run_unknown(it));
        call.args.iter().for_each(|it| self.drop_value(it, call.span));
        self.end_values(&call.args, call.span.at_end());
        Value::of(Ty::unit())
    }

    fn function_closures(&mut self, function: &KnownFunction, call: &Call<'_>) -> Vec<Ty> {
        let mut results = Vec::new();
        for arg in &call.args {
            let ty = match (arg.closure, function.spec.closures) {
                (Some(closure), ClosureClass::Now | ClosureClass::Elsewhere) => {
                    let params = function.closure_params.iter().cloned().map(Value::of).collect();
                    let before = self.state.clone();
                    let given = match function.spec.waits {
                        Waits::BlockOn => self.run_waiting(closure, params),
                        _ => self.run(closure, params),
                    };
                    self.settle(&given);
                    self.state = std::mem::replace(&mut self.state, State::unreachable()).join(before);
                    given.ty
                }
                // It runs when the result is used, under what is held then.
                (Some(closure), ClosureClass::Lazy) => {
                    let captured = self.flying(arg);
                    self.run_fresh(closure, Vec::new(), &captured).ty
                }
                _ => {
                    self.run_unknown(arg);
                    Ty::Unknown
                }
            };
            results.push(ty);
        }
        results
    }

    /// The value of a constructor-like call: it is what its one argument was, and holds what the arguments held.
    pub(super) fn wrap_arguments(
        &mut self,
        returns: Ty,
        call: Call<'_>,
        effect: GuardEffect,
        waits: Waits,
    ) -> Value {
        let attempt = waits == Waits::Timer;
        let mut guards: Vec<GuardId> = call.args.iter().flat_map(|it| self.flying(it)).collect();
        match effect {
            GuardEffect::Leak => self.leak(&guards, call.span),
            GuardEffect::End => self.end(&guards, call.span.at_end()),
            _ if !self.keeps(&returns) => self.end(&guards, call.span.at_end()),
            _ => {}
        }
        guards.retain(|it| self.state.live.get(it).is_some_and(|it| it.owner == Owner::Flight));
        let wraps = matches!(self.model.role(&returns), Some(TypeRole::Layer | TypeRole::Enum));
        let same = wraps && call.args.len() == 1 && self.is_handle(&call.args[0].ty);
        let pending = call
            .args
            .iter()
            .find_map(|it| it.pending.clone())
            .map(|it| self.repacked(*it, &returns, attempt));
        let wait = call.args.iter().find_map(|it| it.wait.clone());
        let first = call.args.into_iter().next().unwrap_or_default();
        let place = if same { first.place } else { None };
        let made_of = if wraps { first.made_of } else { Vec::new() };
        Value { place, guards, pending, wait, made_of, ..Value::of(returns) }
    }

    /// Guards that nobody drops any more.
    pub(super) fn leak(&mut self, guards: &[GuardId], at: Span) {
        for id in guards {
            self.event(EventKind::Leak(*id), at);
        }
        self.state.give(guards, Owner::Nobody);
    }

    /// A future inside another (`timeout(d, lock)`): awaiting the outer one does what the inner one does, and gives
    /// the outer one's output.
    fn repacked(&self, mut pending: Pending, returns: &Ty, attempt: bool) -> Box<Pending> {
        // An acquire that gives up after a while does not wait for ever.
        if let Some(acquire) = &mut pending.acquire {
            acquire.is_try |= attempt;
        }
        let output = match returns {
            Ty::Future(output) if self.holds(output).is_some() => (**output).clone(),
            other if self.holds(other).is_some() => other.clone(),
            _ => pending.value.ty.clone(),
        };
        Box::new(Pending { value: pending.value.with_ty(output), ..pending })
    }

    pub(super) fn is_macro_argument(&self, name: &Name) -> bool {
        self.macro_args.last().is_some_and(|it| it.binds(name))
    }
}

/// How a call chooses the type of what it gets.
enum Chosen {
    /// It does not.
    Nothing,
    /// By this type.
    By(String),
    /// By one that the surrounding code implies.
    Unknown,
}

/// Whether a type parameter is a part of a type.
fn mentions(ty: &Ty, param: &Name) -> bool {
    match ty {
        Ty::Param(name) => name == param,
        Ty::Known(_, args) | Ty::Adt(_, args) | Ty::Foreign(_, args) | Ty::Tuple(args) => {
            args.iter().any(|it| mentions(it, param))
        }
        Ty::Ref(_, it) | Ty::Ptr(_, it) | Ty::Slice(it) | Ty::Future(it) => mentions(it, param),
        Ty::Callable(params, it) => mentions(it, param) || params.iter().any(|it| mentions(it, param)),
        Ty::Unknown | Ty::Never | Ty::Prim(_) | Ty::Trait(_) => false,
    }
}

/// Fills the function's own type parameters from what the call names and the arguments' types.
fn infer(output: &Ty, params: &[Ty], args: &[Value], named: Option<(String, Ty)>) -> Ty {
    if !output.is_open() {
        return output.clone();
    }
    let mut bound: FxHashMap<String, Ty> = named.into_iter().collect();
    for (param, arg) in params.iter().zip(args) {
        unify(param, &arg.ty, &mut bound);
    }
    output.subst(&|name| bound.get(name).cloned())
}

/// Binds the parameters of `pattern` to the parts of `actual` in the same place.
fn unify(pattern: &Ty, actual: &Ty, bound: &mut FxHashMap<String, Ty>) {
    match (pattern, actual) {
        (Ty::Param(name), ty) if !ty.is_unknown() => {
            bound.entry(name.to_string()).or_insert_with(|| ty.clone());
        }
        (Ty::Ref(_, a), Ty::Ref(_, b)) | (Ty::Slice(a), Ty::Slice(b)) => unify(a, b, bound),
        (Ty::Known(a, xs), Ty::Known(b, ys)) if a == b => {
            xs.iter().zip(ys.iter()).for_each(|(x, y)| unify(x, y, bound))
        }
        (Ty::Adt(a, xs), Ty::Adt(b, ys)) if a == b => {
            xs.iter().zip(ys.iter()).for_each(|(x, y)| unify(x, y, bound))
        }
        _ => {}
    }
}
