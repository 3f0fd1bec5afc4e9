//! Methods of the knowledge files: the lock they take, the closures they run, the result and what it holds.

use std::sync::Arc;

use super::calls::Call;
use super::macros::argument_types;
use super::place::Root;
use super::state::Owner;
use super::value::{Lazy, Pending, Task, Value};
use super::walk::Walker;
use super::{Acquire, EventKind, GuardId, Lock, MapOp, Wait, Work};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::{ClosureClass, GuardClass, Hold, LockMode, Method, Op, TypeRole, Waits};
use crate::model::Holder;
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// What the closures among a call's arguments gave.
#[derive(Debug, Default)]
pub(super) struct ClosureResults {
    /// The result's type of the closure at each argument; unknown where there is none.
    pub(super) types: Vec<Ty>,
    /// What the result of a closure that has run names; none where no closure was written, as in `map(Arc::clone)`.
    pub(super) named: Option<Option<super::Place>>,
    /// The guards that they handed out.
    pub(super) guards: Vec<GuardId>,
    /// The guards that lazy closures gave when the call consumed them.
    pub(super) collected: Vec<GuardId>,
    /// Those that run when the result is consumed.
    pub(super) lazy: Vec<Lazy>,
    /// One that runs as a thread or task behind the result.
    pub(super) task: Option<Task>,
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
        self.record_op(ty, spec, &receiver, key.clone(), &call);
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
        let collected = self.consume_all(method, ty, &receiver, &call);
        let paused = self.pause(spec.guard_effect, &receiver);
        let mut results = self.run_closures(method, ty, &receiver, &call.args);
        results.collected = collected;
        let let_go = self.pause_all(spec.guard_effect, &call.args);
        self.costs(spec.waits, spec.heavy, spec.is_async, Some(&receiver), &call);
        if spec.foreign {
            self.call_of_foreign(&receiver, &call);
        }
        self.state.live.extend(paused.into_iter().chain(let_go));
        self.iterating.truncate(depth);
        if spec.op == Op::Clear {
            self.drop_contents(ty, call.span);
            self.end_elements(ty, &receiver, call.span);
        }
        self.known_value(method, ty, receiver, &call, key, taken, results)
    }

    /// The guards that are elements of a local collection, where that is cleared.
    fn end_elements(&mut self, ty: &Ty, receiver: &Value, at: Span) {
        let of = receiver.local.filter(|_| self.holds(ty).is_some());
        let guards = of.map(|it| self.state.owned_by(Owner::Local(it))).unwrap_or_default();
        self.end(&guards, at.at_end());
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
        let Ty::Known(id, args) = ty else { return None };
        if spec.lock == LockMode::None {
            return None;
        }
        let known = self.knowledge.ty(*id);
        let place = receiver.place.clone().unwrap_or_else(|| self.unnamed());
        let protects = matches!(known.role, TypeRole::Lock | TypeRole::Cell);
        let lock = Lock {
            place,
            decl: receiver.decl.clone(),
            role: known.role,
            type_name: known.name().into(),
            locking: known.locking,
            // The last parameter is the value's, whatever stands before it.
            content: args.last().filter(|_| protects).cloned().unwrap_or_default(),
            values: self.values_of(ty),
            is_private: self.is_private(receiver),
        };
        let returned = self.knowledge.guard_in(&method.returns).and_then(|it| self.knowledge.ty(it).guard);
        let class = match (known.role, spec.is_async, returned) {
            // Who waits for a shard by an async method is suspended, whatever the entry that it gets does to others.
            (TypeRole::SharedMap, true, _) => GuardClass::Async,
            (_, _, Some(class)) => class,
            (TypeRole::Cell, _, None) => GuardClass::RefCell,
            (_, true, None) => GuardClass::Async,
            _ => GuardClass::Blocking,
        };
        Some(Acquire {
            lock,
            mode: spec.lock,
            class,
            op: spec.op,
            key,
            whole: spec.whole || known.role != TypeRole::SharedMap,
            is_indirect: false,
            is_given: false,
            is_try: spec.is_try,
            recursive: spec.recursive,
            is_incidental: spec.incidental,
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
        self.event(EventKind::Acquire { acquire: Box::new(acquire.clone()), guard: lasting }, span);
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
        let spec = &method.spec;
        let returns = self.known_result(&method.returns, ty, call, &[]);
        let lasting = method.spec.hold == Hold::Result;
        let place = self.result_place(method, ty, receiver, &returns, acquire.key.as_ref(), None);
        let place = place.or_else(|| receiver.place.clone());
        let decl = receiver.decl.clone().filter(|_| place.is_some() && place == receiver.place);
        let value = Value { place, decl, ..Value::of(returns.clone()) };
        let wait = self.wait_of(spec.waits, Some(receiver), call);
        let pending = Pending {
            acquire: Some(acquire),
            call: None,
            wait,
            taken: Vec::new(),
            at: call.span,
            lasting,
            suspends: true,
            value,
        };
        Value { pending: Some(Box::new(pending)), ..Value::of(Ty::Future(Arc::new(returns))) }
    }

    /// What a call waits for, and the work it does.
    pub(super) fn costs(
        &mut self,
        waits: Waits,
        heavy: bool,
        is_async: bool,
        receiver: Option<&Value>,
        call: &Call<'_>,
    ) {
        if heavy {
            self.work(receiver, call);
        }
        if waits != Waits::None && !is_async && self.awaited == 0 {
            let wait = self.wait_of(waits, receiver, call);
            self.event(EventKind::Block(Box::new(wait)), call.span);
        }
    }

    /// Work on the CPU, done to a receiver that is a collection, or to an argument.
    fn work(&mut self, receiver: Option<&Value>, call: &Call<'_>) {
        let is_sequence = |it: &&Value| {
            let ty = it.ty.peel_refs();
            let role = self.model.role(ty);
            matches!(role, Some(TypeRole::Collection | TypeRole::Iterator)) || matches!(ty, Ty::Slice(_))
        };
        let ordered = receiver.filter(is_sequence);
        let given = call.args.iter().find(|it| self.is_large(&it.ty)).or(call.args.first()).or(receiver);
        let subject = ordered.or(given);
        let work = Work {
            what: call.name.clone(),
            subject: subject.and_then(|it| it.place.clone()),
            is_large: subject.is_some_and(|it| self.is_large(&it.ty)),
            orders: ordered.is_some(),
        };
        self.event(EventKind::Work(Box::new(work)), call.span);
    }

    /// Whether a value of this type holds a map, or is a collection itself.
    fn is_large(&self, ty: &Ty) -> bool {
        // A foreign map or set is known by its name only.
        let is_map = |it: &Ty| match it {
            Ty::Foreign(path, _) => path.ends_with("Map") || path.ends_with("Set"),
            _ => matches!(self.model.role(it), Some(TypeRole::Map | TypeRole::SharedMap)),
        };
        let ty = ty.peel_refs();
        let is_collection = self.model.role(ty) == Some(TypeRole::Collection) || matches!(ty, Ty::Slice(_));
        is_collection || self.model.any_part(ty, &mut |it| is_map(it))
    }

    /// What a call waits for, and on: its receiver, or the first argument that can be waited on.
    fn wait_of(&self, waits: Waits, receiver: Option<&Value>, call: &Call<'_>) -> Wait {
        let values = receiver.into_iter().chain(&call.args);
        let on = values.filter(|it| self.can_be_waited_on(&it.ty)).find_map(|it| it.place.clone());
        Wait { waits, what: call.name.clone(), on, callee: None }
    }

    fn can_be_waited_on(&self, ty: &Ty) -> bool {
        self.deref_chain(ty).iter().any(|it| match it {
            Ty::Param(_) | Ty::Trait(_) => true,
            _ => matches!(self.model.role(it), Some(TypeRole::Resource | TypeRole::Handle)),
        })
    }

    /// What awaiting the result of an async call waits for.
    pub(super) fn awaited_wait(
        &self,
        is_async: bool,
        waits: Waits,
        receiver: Option<&Value>,
        call: &Call<'_>,
    ) -> Option<Box<Wait>> {
        (is_async && waits != Waits::None).then(|| Box::new(self.wait_of(waits, receiver, call)))
    }

    /// What an awaited future does and gives.
    pub(super) fn fulfil(&mut self, pending: Pending) -> Value {
        if let Some(call) = pending.call {
            self.event(EventKind::Call(call), pending.at);
        }
        let mut value = pending.value;
        for acquire in pending.taken {
            let held = self.holds(&value.ty);
            value.guards.push(self.new_guard(acquire, held, false));
        }
        let Some(acquire) = pending.acquire else { return value };
        let span = acquire.span;
        let next = GuardId(self.flow.guards.len() as u32);
        let held = self.knowledge.guard_in(&value.ty).filter(|_| pending.lasting);
        let guard = held.map(|_| next);
        self.event(EventKind::Acquire { acquire: Box::new(acquire.clone()), guard }, span);
        if held.is_some() {
            let guard = self.guard_of(acquire, held);
            value.guards.push(guard);
        }
        value
    }

    /// What a call does to a plain map: known by place, whatever protects it.
    fn record_op(&mut self, ty: &Ty, spec: &Method, receiver: &Value, key: Option<String>, call: &Call<'_>) {
        let Some(place) = receiver.place.clone() else { return };
        let role = self.model.role(ty);
        let matters = role == Some(TypeRole::Map) && !self.is_lone(spec.op);
        let is_counted = self.settings.counts_uses && spec.lock == LockMode::None && is_of_map(role);
        if spec.op == Op::None || !matters && !is_counted {
            return;
        }
        let (decl, method, values) = (receiver.decl.clone(), call.name.clone(), self.values_of(ty));
        let op = MapOp { place, op: spec.op, decl, method, key, values };
        match matters {
            true => self.event(EventKind::MapOp(Box::new(op)), call.span),
            false => self.flow.quiet.push((op, call.span)),
        }
    }

    /// The entry of a plain map that an index names.
    pub(super) fn record_index(&mut self, ty: &Ty, base: &Value, key: Option<String>, span: Span) {
        let Some(place) = base.place.clone() else { return };
        let matters = !self.is_lone(Op::Get);
        if self.model.role(ty) != Some(TypeRole::Map) || !matters && !self.settings.counts_uses {
            return;
        }
        let (decl, values) = (base.decl.clone(), self.values_of(ty));
        let op = MapOp { place, op: Op::Get, decl, method: Name::new("[]"), key, values };
        match matters {
            true => self.event(EventKind::MapOp(Box::new(op)), span),
            false => self.flow.quiet.push((op, span)),
        }
    }

    /// The type of a map's values.
    pub(super) fn values_of(&self, ty: &Ty) -> Ty {
        let Ty::Known(id, args) = ty else { return Ty::Unknown };
        let params = &self.knowledge.ty(*id).params;
        match params.iter().position(|it| it == "V") {
            Some(index) => args.get(index).cloned().unwrap_or_default(),
            None if params.iter().any(|it| it == "K") => Ty::unit(),
            None => Ty::Unknown,
        }
    }

    /// Whether an operation on a plain map is one that nothing here could disturb or be disturbed by.
    fn is_lone(&self, op: Op) -> bool {
        !op.changes() && self.state.live.is_empty() && self.iterating.is_empty()
    }

    /// A type of the knowledge files seen from a receiver of type `ty`, with arguments and closure results put in.
    pub(super) fn seen(&self, returns: &Ty, ty: &Ty, args: &[Value], results: &[Ty]) -> Ty {
        let own = match ty {
            Ty::Known(id, own) => Some((&self.knowledge.ty(*id).params, own)),
            _ => None,
        };
        let with_args = argument_types(returns, args);
        with_args.subst(&|name| {
            match name {
                "Self" => return Some(ty.clone()),
                // What no turbofish names is inferred from elsewhere.
                "G0" => return Some(Ty::Unknown),
                _ => {}
            }
            if let Some(index) = name.strip_prefix('R').and_then(|it| it.parse::<usize>().ok()) {
                return Some(results.get(index).cloned().unwrap_or_default());
            }
            if let Some(index) = name.strip_prefix('I').and_then(|it| it.parse::<usize>().ok()) {
                return Some(results.get(index).map(|it| self.yielded(it)).unwrap_or_default());
            }
            let (params, own) = own?;
            let param = name.strip_prefix('*').unwrap_or(name);
            let index = params.iter().position(|it| it == param)?;
            let arg = own.get(index).cloned().unwrap_or_default();
            match arg {
                Ty::Ref(_, inner) if param != name => Some((*inner).clone()),
                arg => Some(arg),
            }
        })
    }

    /// What a value that a closure returns gives to the iterator that flattens it.
    fn yielded(&self, ty: &Ty) -> Ty {
        match self.unwrapped(ty) {
            Ty::Unknown => self.item_ty(ty),
            inside => inside,
        }
    }

    pub(super) fn known_result(&self, returns: &Ty, ty: &Ty, call: &Call<'_>, results: &[Ty]) -> Ty {
        if call.name == "collect" && returns.is_unknown() {
            return self.collected(ty, call);
        }
        if returns.is_unknown() {
            return call.turbofish.clone().or_else(|| self.expected.clone()).unwrap_or_default();
        }
        match &call.turbofish {
            Some(named) => {
                let returns = returns.subst(&|name| (name == "G0").then(|| named.clone()));
                self.seen(&returns, ty, &call.args, results)
            }
            None => self.seen(returns, ty, &call.args, results),
        }
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
}

/// Whether operations of a type like this are operations on a map: its own, or the one in a cell.
fn is_of_map(role: Option<TypeRole>) -> bool {
    matches!(role, Some(TypeRole::Map | TypeRole::SharedMap | TypeRole::Cell))
}
