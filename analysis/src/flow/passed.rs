//! The closures that a call is given: run now, when a lazy chain is consumed, on another thread, or not known.

use super::calls::Call;
use super::known::ClosureResults;
use super::state::{Live, State};
use super::value::{Code, Lazy, Task, Value};
use super::walk::Walker;
use super::{GuardId, Place};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::{ClosureClass, GuardEffect, Method, Op, Receiver, TypeRole, Waits};
use crate::ty::Ty;

impl<'a> Walker<'a> {
    /// Runs the closures among the arguments when the method runs them.
    pub(super) fn run_closures(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        args: &[Value],
    ) -> ClosureResults {
        let mut results = ClosureResults::default();
        for (index, arg) in args.iter().enumerate() {
            let is_thread = self.model.role(&method.returns) == Some(TypeRole::Handle);
            let given = match (arg.closure, method.spec.closures) {
                (None, _) => Value::of(self.callable_result(&arg.ty)),
                (Some(closure), ClosureClass::Elsewhere) if is_thread => {
                    // A scope's thread: it runs until the scope waits for it, when the scope's own guards are gone.
                    self.run_unknown(arg);
                    let task = self.task(closure);
                    self.deferred.push(task);
                    results.task = Some(task);
                    Value::of(self.callable_result(&arg.ty))
                }
                (Some(closure), ClosureClass::Now | ClosureClass::Elsewhere) => {
                    let given = self.run_closure(closure, method, ty, receiver, index);
                    results.named = Some(given.place.clone());
                    given
                }
                (Some(closure), ClosureClass::Lazy) => {
                    let params = self.closure_values(method, ty, receiver, false);
                    let given = self.run_fresh(closure, params.clone(), &[]);
                    results.lazy.push(Lazy { closure, params });
                    Value { guards: Vec::new(), ..given }
                }
                (Some(closure), ClosureClass::Unknown | ClosureClass::Detached) => {
                    self.run_unknown(arg);
                    results.task = Some(self.task(closure)).filter(|_| is_thread);
                    Value::of(self.callable_result(&arg.ty))
                }
            };
            results.guards.extend(self.flying(&given));
            results.types.push(given.ty);
        }
        results
    }

    /// A call that is not lazy itself runs the lazy chains it is given.
    pub(super) fn consume_all(
        &mut self,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        call: &Call<'_>,
    ) -> Vec<GuardId> {
        let mut given = Vec::new();
        let goes_on = self.model.role(&method.returns) == Some(TypeRole::Iterator);
        if self.model.role(ty) == Some(TypeRole::Iterator) && !goes_on {
            given.extend(self.consume(receiver));
        }
        given.extend(call.args.iter().flat_map(|it| self.consume(it)).collect::<Vec<_>>());
        if let Some(task) = receiver.task.filter(|_| method.spec.waits == Waits::Join) {
            self.run_task(task);
        }
        given
    }

    /// Runs the closures of a lazy chain here. Where nothing is held they did what they do when they were made.
    /// Gives the guards that they hand out.
    pub(super) fn consume(&mut self, value: &Value) -> Vec<GuardId> {
        let mut guards = Vec::new();
        let gives = !value.lazy.is_empty() && self.holds(&self.item_ty(&value.ty)).is_some();
        if self.state.live.is_empty() && value.iterates.is_none() && !gives {
            return guards;
        }
        let depth = self.iterating.len();
        for lazy in &value.lazy {
            let at = self.bodies[lazy.closure.body as usize].expr(lazy.closure.id).span;
            self.iterating.extend(value.iterates.iter().map(|it| (it.clone(), at)));
            let before = self.state.clone();
            let given = self.run(lazy.closure, lazy.params.clone());
            match gives {
                true => guards.extend(self.flying(&given)),
                false => self.end_values(&[given], at.at_end()),
            }
            self.state = std::mem::replace(&mut self.state, State::unreachable()).join(before);
            self.iterating.truncate(depth);
        }
        guards
    }

    /// Runs a thread's or task's closure while this frame waits for it: what the frame holds is held by another.
    pub(super) fn run_task(&mut self, task: Task) {
        let before = self.state.clone();
        let younger = self.state.live.split_off(&GuardId(task.since));
        let given = self.run_waiting(task.code, Vec::new());
        self.end_values(&[given], self.body.expr(self.body.root).span.at_end());
        self.state.live.extend(younger);
        self.state = std::mem::replace(&mut self.state, State::unreachable()).join(before);
    }

    /// Code that starts to run here as a thread or task.
    pub(super) fn task(&self, code: Code) -> Task {
        Task { code, since: self.flow.guards.len() as u32 }
    }

    /// Takes away, for the closures of the call, the guard that it lets go of: `MutexGuard::unlocked`.
    pub(super) fn pause(&mut self, effect: GuardEffect, receiver: &Value) -> Vec<(GuardId, Live)> {
        if effect != GuardEffect::Pause {
            return Vec::new();
        }
        receiver.guards.iter().filter_map(|id| self.state.live.remove(id).map(|live| (*id, live))).collect()
    }

    /// The same for the guards among the arguments, while the call waits: `Condvar::wait`.
    pub(super) fn pause_all(&mut self, effect: GuardEffect, args: &[Value]) -> Vec<(GuardId, Live)> {
        args.iter().flat_map(|it| self.pause(effect, it)).collect()
    }

    /// The plain map that the closures of a call walk over: `map.keys().for_each(..)`, `map.retain(..)`.
    pub(super) fn iterated_by(&self, ty: &Ty, spec: &Method, receiver: &Value) -> Option<Place> {
        let retains = spec.op == Op::Retain && self.model.role(ty) == Some(TypeRole::Map);
        receiver.iterates.clone().or_else(|| receiver.place.clone().filter(|_| retains))
    }

    /// Runs one closure in place. It gets what the receiver holds where its first parameter is the receiver's payload
    /// by value: `map.get(k).map(|r| ..)` ends the guard inside, `lock().unwrap_or_else(|e| e.into_inner())` may not run.
    fn run_closure(
        &mut self,
        closure: Code,
        method: &KnownMethod,
        ty: &Ty,
        receiver: &Value,
        index: usize,
    ) -> Value {
        let before = self.state.clone();
        // The first closure of `map_or_else` is for the variant that carries nothing.
        let is_default = index == 0 && method.spec.names.iter().any(|it| it == "map_or_else");
        let payload = self.payload(method, ty).filter(|_| !is_default);
        let fails = self.runs_without_guard(method, ty, payload);
        if fails {
            self.state.live.retain(|id, _| !receiver.guards.contains(id));
        }
        let params = self.closure_values(method, ty, receiver, payload.is_some());
        let told = self.flow.events.len();
        let given = match method.spec.waits {
            Waits::BlockOn => self.run_waiting(closure, params),
            _ => self.run(closure, params),
        };
        if payload.is_some_and(|it| it > 0) && self.holds(ty).is_some() && !fails {
            // The failure that has the guard of a lock: another thread has panicked. What is done then is not what the code is about.
            self.flow.events.truncate(told);
        }
        let mut after = std::mem::replace(&mut self.state, State::unreachable());
        if fails && self.model.role(&method.returns) == Some(TypeRole::Enum) {
            // `ok_or_else`: the result has a guard where the receiver had one, and its failure has none either.
            let kept = before.live.iter().filter(|(id, _)| receiver.guards.contains(id));
            after.live.extend(kept.map(|(id, live)| (*id, *live)));
        }
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

    /// Whether a closure runs only where the receiver holds no guard: `unwrap_or_else` of an `Option`, and of a failed
    /// attempt, whose error holds one only if the lock is poisoned.
    fn runs_without_guard(&self, method: &KnownMethod, ty: &Ty, payload: Option<usize>) -> bool {
        let Ty::Known(_, args) = ty else { return false };
        let consumes = method.spec.receiver == Receiver::Value && self.model.role(ty) == Some(TypeRole::Enum);
        let given = method.closure_params.first();
        match payload {
            _ if !consumes => false,
            Some(index) => {
                index > 0 && args.get(index).is_some_and(|it| self.is_try_error(it) || self.has_none(it))
            }
            // By reference the payload is there: `filter`, `inspect`.
            None => !matches!(given, Some(Ty::Ref(..))),
        }
    }

    /// Whether a type is known to hold no guard.
    fn has_none(&self, ty: &Ty) -> bool {
        !ty.is_open() && self.holds(ty).is_none()
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
        // What an `Option` or `Arc` has in it is declared where that is.
        let is_transparent = matches!(self.model.role(ty), Some(TypeRole::Enum | TypeRole::Layer));
        let params = method.closure_params.iter().map(|param| {
            let ty = self.seen(param, ty, &[], &[]);
            let place = receiver.place.clone().filter(|_| is_wrapper);
            let decl = receiver.decl.clone().filter(|_| is_transparent);
            Value { place, decl, guards: std::mem::take(&mut guards), ..Value::of(ty) }
        });
        params.collect()
    }

    /// The result of calling a value of this type.
    fn callable_result(&self, ty: &Ty) -> Ty {
        match ty.peel_refs() {
            Ty::Callable(_, output) => (**output).clone(),
            _ => Ty::Unknown,
        }
    }
}
