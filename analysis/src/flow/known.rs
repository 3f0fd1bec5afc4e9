//! Methods of the knowledge files: the lock they take, the closures they run, the result and what it holds.

use std::sync::Arc;

use super::calls::Call;
use super::macros::argument_types;
use super::place::Root;
use super::state::{Live, Owner, State};
use super::value::{Code, Lazy, Pending, Value};
use super::walk::Walker;
use super::{Acquire, EventKind, GuardId, Lock, Place};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::{
    ClosureClass, GuardClass, GuardEffect, Hold, LockMode, Method, Op, Receiver, TypeRole, Waits,
};
use crate::model::Holder;
use crate::span::Span;
use crate::ty::Ty;

/// What the closures among a call's arguments gave.
#[derive(Debug, Default)]
pub(super) struct ClosureResults {
    /// The result's type of the closure at each argument; unknown where there is none.
    pub(super) types: Vec<Ty>,
    /// The guards that they handed out.
    guards: Vec<GuardId>,
    /// Those that run when the result is consumed.
    lazy: Vec<Lazy>,
    /// One that runs as a thread or task behind the result.
    task: Option<Code>,
}

impl Walker<'_> {
    /// A method of the knowledge files, found on the type `ty`.
    pub(super) fn known_method(
        &mut self,
        ty: &Ty,
        method: &KnownMethod,
        receiver: Value,
        call: Call<'_>,
    ) -> Value {
        let spec = &method.spec;
        let key = spec.key.and_then(|it| call.exprs.get(it as usize)).and_then(|it| self.key_text(*it));
        let acquire = self.acquire_of(ty, method, &receiver, key.clone(), &call);
        self.record_op(ty, spec, &receiver, &call);
        if let (Some(acquire), true) = (&acquire, spec.is_async) {
            let acquire = acquire.clone();
            return self.postpone(ty, method, acquire, &receiver, &call);
        }
        let taken = acquire.map(|it| self.take_lock(it, method));
        let depth = self.iterating.len();
        if let (Some(place), true) =
            (self.iterated_by(ty, spec, &receiver), spec.closures == ClosureClass::Now)
        {
            self.iterating.push((place, call.span));
        }
        self.consume_all(method, ty, &receiver, &call);
        let paused = self.pause(spec.guard_effect, &receiver);
        let results = self.run_closures(method, ty, &receiver, &call.args);
        self.state.live.extend(paused);
        self.iterating.truncate(depth);
        self.known_value(method, ty, receiver, &call, key, taken, results)
    }

    /// A call that is not lazy itself runs the lazy chains it is given.
    fn consume_all(&mut self, method: &KnownMethod, ty: &Ty, receiver: &Value, call: &Call<'_>) {
        let goes_on = self.model.role(&method.returns) == Some(TypeRole::Iterator);
        if self.model.role(ty) == Some(TypeRole::Iterator) && !goes_on {
            self.consume(receiver);
        }
        call.args.iter().for_each(|it| self.consume(it));
        if let Some(task) = receiver.task.filter(|_| method.spec.waits == Waits::Join) {
            self.run_task(task);
        }
    }

    /// Runs the closures of a lazy chain here. Where nothing is held they did what they do when they were made.
    pub(super) fn consume(&mut self, value: &Value) {
        if self.state.live.is_empty() && value.iterates.is_none() {
            return;
        }
        let depth = self.iterating.len();
        for lazy in &value.lazy {
            let at = self.bodies[lazy.closure.body as usize].expr(lazy.closure.id).span;
            self.iterating.extend(value.iterates.iter().map(|it| (it.clone(), at)));
            let before = self.state.clone();
            let given = self.run(lazy.closure, lazy.params.clone());
            self.end_values(&[given], at.at_end());
            self.state = std::mem::replace(&mut self.state, State::unreachable()).join(before);
            self.iterating.truncate(depth);
        }
    }

    /// Runs a thread's or task's closure while this frame waits for it: what the frame holds is held by another.
    pub(super) fn run_task(&mut self, task: Code) {
        let before = self.state.clone();
        let given = self.run_waiting(task, Vec::new());
        self.end_values(&[given], self.body.expr(self.body.root).span.at_end());
        self.state = std::mem::replace(&mut self.state, State::unreachable()).join(before);
    }

    /// Takes away, for the closures of the call, the guard that it lets go of: `MutexGuard::unlocked`.
    fn pause(&mut self, effect: GuardEffect, receiver: &Value) -> Vec<(GuardId, Live)> {
        if effect != GuardEffect::Pause {
            return Vec::new();
        }
        receiver.guards.iter().filter_map(|id| self.state.live.remove(id).map(|live| (*id, live))).collect()
    }

    /// The plain map that the closures of a call walk over: `map.keys().for_each(..)`, `map.retain(..)`.
    fn iterated_by(&self, ty: &Ty, spec: &Method, receiver: &Value) -> Option<Place> {
        let retains = spec.op == Op::Retain && self.model.role(ty) == Some(TypeRole::Map);
        receiver.iterates.clone().or_else(|| receiver.place.clone().filter(|_| retains))
    }

    fn acquire_of(
        &mut self,
        ty: &Ty,
        method: &KnownMethod,
        receiver: &Value,
        key: Option<String>,
        call: &Call<'_>,
    ) -> Option<Acquire> {
        let spec = &method.spec;
        let Ty::Known(id, _) = ty else { return None };
        if spec.lock == LockMode::None {
            return None;
        }
        let known = self.knowledge.ty(*id);
        let place = receiver.place.clone().unwrap_or_else(|| self.unnamed());
        let lock = Lock {
            place,
            decl: receiver.decl.clone(),
            role: known.role,
            type_name: known.name().into(),
            locking: known.locking,
            is_private: self.is_private(receiver),
        };
        let returned = self.knowledge.guard_in(&method.returns).and_then(|it| self.knowledge.ty(it).guard);
        let class = returned.unwrap_or(match (known.role, spec.is_async) {
            (TypeRole::Cell, _) => GuardClass::RefCell,
            (_, true) => GuardClass::Async,
            _ => GuardClass::Blocking,
        });
        Some(Acquire {
            lock,
            mode: spec.lock,
            class,
            op: spec.op,
            key,
            whole: spec.whole || known.role != TypeRole::SharedMap,
            is_indirect: false,
            is_try: spec.is_try,
            recursive: spec.recursive,
            method: call.name.clone(),
            span: call.span,
        })
    }

    /// Whether a receiver is a local that owns the lock or map itself.
    fn is_private(&self, receiver: &Value) -> bool {
        let is_local = receiver.place.as_ref().is_some_and(|it| {
            it.path.is_empty() && matches!(it.root, Root::Local(..) | Root::Param(..) | Root::Unnamed(_))
        });
        is_local
            && receiver.local.is_some()
            && self
                .model
                .role(&receiver.ty)
                .is_some_and(|it| matches!(it, TypeRole::Lock | TypeRole::SharedMap | TypeRole::Cell))
    }

    /// Takes a lock: the event, and the guard, which lasts for the call or with the result.
    fn take_lock(&mut self, acquire: Acquire, method: &KnownMethod) -> (GuardId, Hold) {
        let id = self.knowledge.guard_in(&method.returns);
        let span = acquire.span;
        let next = GuardId(self.flow.guards.len() as u32);
        let lasting = (method.spec.hold == Hold::Result).then_some(next);
        self.event(EventKind::Acquire { acquire: acquire.clone(), guard: lasting }, span);
        let guard = self.guard_of(acquire, id);
        (guard, method.spec.hold)
    }

    /// A guard for an acquire; its type is the lock's where the call returns none.
    fn guard_of(&mut self, acquire: Acquire, id: Option<crate::ty::KnownId>) -> GuardId {
        let class = acquire.class;
        let type_name = acquire.lock.type_name.clone();
        let guard = self.new_guard(acquire, id.map(|id| Holder { id, class }), false);
        if id.is_none() {
            self.flow.guards[guard.0 as usize].type_name = type_name;
        }
        guard
    }

    /// An async method does nothing until its future is awaited.
    fn postpone(
        &mut self,
        ty: &Ty,
        method: &KnownMethod,
        acquire: Acquire,
        receiver: &Value,
        call: &Call<'_>,
    ) -> Value {
        for arg in &call.args {
            self.run_unknown(arg);
        }
        let returns = self.known_result(&method.returns, ty, call, &[]);
        let lasting = method.spec.hold == Hold::Result;
        let value = Value {
            place: receiver.place.clone(),
            decl: receiver.decl.clone(),
            ..Value::of(returns.clone())
        };
        let pending = Pending { acquire: Some(acquire), lasting, suspends: true, value };
        Value { pending: Some(Box::new(pending)), ..Value::of(Ty::Future(Arc::new(returns))) }
    }

    /// What an awaited future does and gives.
    pub(super) fn fulfil(&mut self, pending: Pending) -> Value {
        let Some(acquire) = pending.acquire else { return pending.value };
        let span = acquire.span;
        let next = GuardId(self.flow.guards.len() as u32);
        let held = self.knowledge.guard_in(&pending.value.ty).filter(|_| pending.lasting);
        self.event(EventKind::Acquire { acquire: acquire.clone(), guard: held.map(|_| next) }, span);
        let mut value = pending.value;
        if held.is_some() {
            let guard = self.guard_of(acquire, held);
            value.guards.push(guard);
        }
        value
    }

    /// What a call does to a plain map: known by place, whatever protects it.
    fn record_op(&mut self, ty: &Ty, spec: &Method, receiver: &Value, call: &Call<'_>) {
        let Some(place) = receiver.place.clone() else { return };
        if spec.op == Op::None || self.model.role(ty) != Some(TypeRole::Map) {
            return;
        }
        let (decl, method) = (receiver.decl.clone(), call.name.clone());
        self.event(EventKind::MapOp { place, op: spec.op, decl, method }, call.span);
    }

    /// Runs the closures among the arguments when the method runs them.
    pub(super) fn run_closures(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        args: &[Value],
    ) -> ClosureResults {
        let mut results = ClosureResults::default();
        for arg in args {
            let is_thread = self.model.role(&method.returns) == Some(TypeRole::Handle);
            let given = match (arg.closure, method.spec.closures) {
                (None, _) => Value::of(self.callable_result(&arg.ty)),
                (Some(closure), ClosureClass::Elsewhere) if is_thread => {
                    // A scope's thread: it runs until the scope waits for it, when the scope's own guards are gone.
                    self.run_unknown(arg);
                    self.deferred.push(closure);
                    results.task = Some(closure);
                    Value::of(self.callable_result(&arg.ty))
                }
                (Some(closure), ClosureClass::Now | ClosureClass::Elsewhere) => {
                    self.run_closure(closure, method, ty, receiver)
                }
                (Some(closure), ClosureClass::Lazy) => {
                    let params = self.closure_values(method, ty, receiver, false);
                    let given = self.run_fresh(closure, params.clone(), &[]);
                    results.lazy.push(Lazy { closure, params });
                    Value { guards: Vec::new(), ..given }
                }
                (Some(closure), ClosureClass::Unknown | ClosureClass::Detached) => {
                    self.run_unknown(arg);
                    results.task = Some(closure).filter(|_| is_thread);
                    Value::of(self.callable_result(&arg.ty))
                }
            };
            results.guards.extend(self.flying(&given));
            results.types.push(given.ty);
        }
        results
    }

    /// Runs one closure in place. It gets what the receiver holds where its first parameter is the receiver's payload
    /// by value: `map.get(k).map(|r| ..)` ends the guard inside, `lock().unwrap_or_else(|e| e.into_inner())` may not run.
    fn run_closure(&mut self, closure: Code, method: &KnownMethod, ty: &Ty, receiver: &Value) -> Value {
        let before = self.state.clone();
        let payload = self.payload(method, ty);
        let params = self.closure_values(method, ty, receiver, payload.is_some());
        let given = match method.spec.waits {
            Waits::BlockOn => self.run_waiting(closure, params),
            _ => self.run(closure, params),
        };
        let after = std::mem::replace(&mut self.state, State::unreachable());
        self.state = match payload {
            Some(0) if after.reachable => after,
            Some(0) => {
                let mut state = before;
                state.live.retain(|id, _| !receiver.guards.contains(id));
                state
            }
            _ => after.join(before),
        };
        given
    }

    /// Which of the receiver's type parameters the closure takes by value, if it takes one.
    fn payload(&self, method: &KnownMethod, ty: &Ty) -> Option<usize> {
        let Ty::Known(id, _) = ty else { return None };
        let known = self.knowledge.ty(*id);
        let by_value = method.spec.receiver == Receiver::Value && known.role != TypeRole::Iterator;
        let Some(Ty::Param(name)) = method.closure_params.first().filter(|_| by_value) else { return None };
        known.params.iter().position(|it| it == name)
    }

    fn closure_values(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        passes: bool,
    ) -> Vec<Value> {
        let mut guards = if passes { receiver.guards.clone() } else { Vec::new() };
        let is_wrapper = matches!(
            self.model.role(ty),
            Some(TypeRole::Enum | TypeRole::Layer | TypeRole::Guard | TypeRole::Lock | TypeRole::Cell)
        );
        let params = method.closure_params.iter().map(|param| {
            let ty = self.seen(param, ty, &[], &[]);
            let place = receiver.place.clone().filter(|_| is_wrapper);
            Value { place, guards: std::mem::take(&mut guards), ..Value::of(ty) }
        });
        params.collect()
    }

    /// The result of calling a value of this type.
    fn callable_result(&self, ty: &Ty) -> Ty {
        match ty.peel_refs() {
            Ty::Callable(output) => (**output).clone(),
            _ => Ty::Unknown,
        }
    }

    /// A type of the knowledge files seen from a receiver of type `ty`, with arguments and closure results put in.
    fn seen(&self, returns: &Ty, ty: &Ty, args: &[Value], results: &[Ty]) -> Ty {
        let own = match ty {
            Ty::Known(id, own) => Some((&self.knowledge.ty(*id).params, own)),
            _ => None,
        };
        let with_args = argument_types(returns, args);
        with_args.subst(&|name| {
            if name == "Self" {
                return Some(ty.clone());
            }
            if let Some(index) = name.strip_prefix('R').and_then(|it| it.parse::<usize>().ok()) {
                return Some(results.get(index).cloned().unwrap_or_default());
            }
            let (params, own) = own?;
            let index = params.iter().position(|it| it == name)?;
            Some(own.get(index).cloned().unwrap_or_default())
        })
    }

    pub(super) fn known_result(&self, returns: &Ty, ty: &Ty, call: &Call<'_>, results: &[Ty]) -> Ty {
        if call.name == "collect" && returns.is_unknown() {
            return self.collected(ty, call);
        }
        if returns.is_unknown() {
            return call.turbofish.clone().or_else(|| self.expected.clone()).unwrap_or_default();
        }
        self.seen(returns, ty, &call.args, results)
    }

    /// What `collect` makes: as written in the turbofish or the `let`, its open parts filled from the items.
    fn collected(&self, ty: &Ty, call: &Call<'_>) -> Ty {
        let item = self.item_ty(ty);
        let wanted = call.turbofish.clone().filter(|it| !it.is_unknown()).or_else(|| self.expected.clone());
        match wanted {
            Some(Ty::Known(id, args)) => {
                let given: Vec<Ty> = match (&item, args.len()) {
                    (Ty::Tuple(parts), 2) => parts.to_vec(),
                    _ => vec![item.clone()],
                };
                let fill = |(index, arg): (usize, &Ty)| {
                    if arg.is_open() { given.get(index).cloned().unwrap_or_default() } else { arg.clone() }
                };
                let args: Vec<Ty> =
                    if args.is_empty() { given.clone() } else { args.iter().enumerate().map(fill).collect() };
                Ty::Known(id, args.into())
            }
            Some(other) => other,
            // Whatever the collection is, it holds the items.
            None if self.holds(&item).is_some() => Ty::Slice(Arc::new(item)),
            None => Ty::Unknown,
        }
    }

    /// The value of a call: what it is, and which guards it holds.
    #[expect(clippy::too_many_arguments, reason = "the one place where all that a call knows comes together")]
    fn known_value(
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
        match taken {
            Some((guard, Hold::Result)) => guards.push(guard),
            Some((guard, Hold::Call)) => self.end(&[guard], at),
            None => {}
        }
        guards.sort();
        guards.dedup();
        let iterates = self.iteration(method, ty, &receiver, &returns);
        let lazy = match self.model.role(&returns) {
            Some(TypeRole::Iterator) => receiver.lazy.iter().cloned().chain(results.lazy).collect(),
            _ => Vec::new(),
        };
        let place = self.result_place(method, ty, &receiver, &returns, key.as_ref());
        let decl = receiver.decl.filter(|_| place.is_some() && place == receiver.place);
        let tells = match call.name.as_str() {
            "is_some" | "is_ok" => Some((receiver.guards, true)),
            "is_none" | "is_err" => Some((receiver.guards, false)),
            _ => None,
        };
        let tells = tells.filter(|_| self.model.role(ty) == Some(TypeRole::Enum) && self.holds_first(ty));
        let pending = if method.spec.receiver == Receiver::Value { receiver.pending } else { None };
        let task = results.task;
        Value { place, decl, guards, iterates, pending, tells, lazy, task, ..Value::of(returns) }
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
                self.state.give(&given, Owner::Nobody);
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
        if shows { receiver.guards.clone() } else { Vec::new() }
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
            self.event(EventKind::Acquire { acquire, guard: Some(*id) }, span);
        }
        self.change_mode(guards, LockMode::Exclusive);
    }

    fn change_mode(&mut self, guards: &[GuardId], mode: LockMode) {
        for id in guards {
            self.flow.guards[id.0 as usize].acquire.mode = mode;
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

    /// What the result names: the same thing through an adapter, what a lock protects, the entry of a key.
    fn result_place(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        returns: &Ty,
        key: Option<&String>,
    ) -> Option<Place> {
        let place = receiver.place.as_ref()?;
        let is_root_unnamed = matches!(place.root, Root::Unnamed(_)) && place.path.is_empty();
        match self.model.role(ty)? {
            TypeRole::Lock | TypeRole::Cell
                if method.spec.lock != LockMode::None || !returns.is_unknown() =>
            {
                Some(place.then(super::Step::Inside))
            }
            TypeRole::SharedMap | TypeRole::Map | TypeRole::Collection => {
                let is_keyed = method.spec.key.is_some();
                is_keyed.then(|| self.entry_place(Some(place), key))
            }
            TypeRole::Layer | TypeRole::Enum | TypeRole::Guard | TypeRole::Entry if !is_root_unnamed => {
                let unit =
                    matches!(returns, Ty::Tuple(items) if items.is_empty()) || matches!(returns, Ty::Prim(_));
                (!unit).then(|| place.clone())
            }
            _ => None,
        }
    }
}
