//! Calls: which locks they take, what they do with the guards they are given, what their result holds.

use std::sync::Arc;

use super::lookup::Callee;
use super::place::Step;
use super::results::future_of;
use super::state::Owner;
use super::value::Value;
use super::walk::Walker;
use super::{Had, Wait};
use crate::facts::{ExprId, ExprKind, SelfKind, TypeExpr};
use crate::knowledge::KnownMethod;
use crate::knowledge::schema::{CloneKind, ClosureClass, Hold, LockMode, Method, Receiver, TypeRole, Waits};
use crate::model::{Def, FnId, ValueDef};
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// A call being evaluated: its arguments, and where it stands.
pub(super) struct Call<'e> {
    pub(super) name: Name,
    pub(super) args: Vec<Value>,
    pub(super) exprs: &'e [ExprId],
    /// The type named by a turbofish.
    pub(super) turbofish: Option<Ty>,
    pub(super) span: Span,
}

impl<'a> Walker<'a> {
    pub(super) fn method_call(
        &mut self,
        receiver: ExprId,
        name: &Name,
        turbofish: &[TypeExpr],
        args: &'a [ExprId],
        span: Span,
    ) -> Value {
        let mut value = self.eval(receiver);
        if name == "clone" && args.is_empty() && !self.locks_to_clone(&value.ty) {
            self.settle(&value);
            self.count_copy(&value, span);
            return self.clone_of(&value);
        }
        let callee = self.callee(&value.ty, name);
        if matches!(callee, Callee::Unknown) && is_deref(name) && args.is_empty() {
            self.settle(&value);
            let ty = self.deref_once(value.ty.peel_refs()).unwrap_or_default();
            return Value { place: value.place, decl: value.decl, ..Value::of(Ty::shared_ref(ty)) };
        }
        let is_wrapped = matches!(callee, Callee::Unknown) && self.is_wrapped_by(&value, name);
        if is_wrapped || self.by_value(&callee) && !self.behind_guard(&value.ty, &callee) {
            value = self.take(value);
        } else {
            self.settle(&value);
        }
        let expected = self.expected.take();
        let args_values = args.iter().map(|it| self.argument(*it)).collect();
        self.expected = expected;
        if is_wrapped {
            return self.wrapped(value, name, args_values, span);
        }
        let turbofish = turbofish.first().map(|it| self.lower(it));
        let call = Call { name: name.clone(), args: args_values, exprs: args, turbofish, span };
        let known = self.assumed.len();
        self.assume_alternative(receiver, name);
        let value = self.dispatch(callee, value, call);
        self.assumed.truncate(known);
        value
    }

    /// Whether a method wraps a future that has not begun: one of an extension trait, that knows no more of it.
    fn is_wrapped_by(&self, value: &Value, method: &Name) -> bool {
        let is_block = || value.closure.is_some_and(|it| self.is_async_block(it));
        let looks = matches!(method.as_str(), "poll" | "as_mut" | "as_ref" | "now_or_never");
        !looks && (value.pending.is_some() || is_block())
    }

    /// A future in another one, which does what it does: `load().instrument(span)`.
    fn wrapped(&mut self, future: Value, method: &Name, args: Vec<Value>, span: Span) -> Value {
        args.iter().for_each(|it| self.run_unknown(it));
        self.end_values(&args, span.at_end());
        let known = self.knowledge.well_known().future.map(|it| self.knowledge.ty(it));
        match known.is_some_and(|it| it.methods.contains_key(method)) {
            true => future,
            false => Value { ty: Ty::Future(Arc::default()), ..future },
        }
    }

    /// Whether a clone of this very type copies what it protects, under its lock.
    fn locks_to_clone(&self, ty: &Ty) -> bool {
        let Ty::Known(id, _) = ty.peel_refs() else { return false };
        self.knowledge.ty(*id).methods.get("clone").is_some_and(|it| it.spec.lock != LockMode::None)
    }

    /// A method called by name on a value, without an expression of its own.
    pub(super) fn call_method(
        &mut self,
        value: Value,
        name: &Name,
        args: Vec<Value>,
        exprs: &[ExprId],
        span: Span,
    ) -> Value {
        let callee = self.callee(&value.ty, name);
        let call = Call { name: name.clone(), args, exprs, turbofish: None, span };
        self.dispatch(callee, value, call)
    }

    fn dispatch(&mut self, callee: Callee, receiver: Value, call: Call<'_>) -> Value {
        match callee {
            Callee::Known(ty, method) if self.is_meant(&ty, &method, &call) => {
                self.learn_items(&receiver, &ty, &call);
                let receiver = self.dereferenced(receiver, &ty);
                self.known_method(&ty, &method, receiver, call)
            }
            Callee::Workspace(ty, id) if self.fits(id, &call) => {
                let receiver = self.dereferenced(receiver, &ty);
                self.workspace_call(id, Some((ty, receiver)), call)
            }
            Callee::Known(..) | Callee::Workspace(..) | Callee::Unknown => {
                let wait = self.foreign_wait(&receiver, &call.name);
                self.abandon(&call);
                Value { wait, ..Value::default() }
            }
        }
    }

    /// What awaiting a method's result waits for, where another package has the method. A handle of its own is nothing that
    /// others have to be kept from.
    fn foreign_wait(&self, receiver: &Value, method: &Name) -> Option<Box<Wait>> {
        if receiver.wait.as_ref().is_some_and(|it| it.waits == Waits::Unknown) {
            return receiver.wait.clone();
        }
        let innermost = self.deref_chain(&receiver.ty).pop()?;
        if !matches!(innermost, Ty::Foreign(..) | Ty::Param(_)) {
            return None;
        }
        let on = receiver.place.clone().filter(|_| self.had(receiver) != Had::Shared);
        Some(Box::new(Wait { waits: Waits::Unknown, what: method.clone(), on, callee: None }))
    }

    /// Whether a call can be that of a known method: what hands out a lock's guard and waits for it takes no argument, and a
    /// trait's method of its name is meant where there is one.
    fn is_meant(&self, ty: &Ty, method: &KnownMethod, call: &Call<'_>) -> bool {
        let spec = &method.spec;
        let is_lock = matches!(self.model.role(ty), Some(TypeRole::Lock | TypeRole::Cell));
        let hands_out = is_lock && spec.hold == Hold::Result && !spec.is_try && !spec.associated;
        !hands_out || spec.closures != ClosureClass::Unknown || call.args.is_empty()
    }

    /// Whether a function takes as many arguments as it is given; another one of its name is meant where it does not, which
    /// a macro may have declared.
    fn fits(&self, id: FnId, call: &Call<'_>) -> bool {
        self.model.fn_facts(id).params.len() == call.args.len()
    }

    fn by_value(&self, callee: &Callee) -> bool {
        match callee {
            Callee::Known(_, method) => method.spec.receiver == Receiver::Value || method.spec.takes,
            Callee::Workspace(_, id) => self.model.signature(*id).self_kind == Some(SelfKind::Value),
            Callee::Unknown => false,
        }
    }

    /// Whether the method was found behind a guard: by value it takes a copy of what the guard protects, and leaves the
    /// guard where it is.
    fn behind_guard(&self, ty: &Ty, callee: &Callee) -> bool {
        let (Callee::Known(found, _) | Callee::Workspace(found, _)) = callee else { return false };
        self.is_behind_guard(ty, found)
    }

    /// Whether a type was reached from `ty` through a guard: it is what the guard protects.
    pub(super) fn is_behind_guard(&self, ty: &Ty, found: &Ty) -> bool {
        let is_guard = |it: &Ty| matches!(self.model.role(it), Some(TypeRole::Guard | TypeRole::Entry));
        let before = self.deref_chain(ty).into_iter().take_while(|it| it != found).collect::<Vec<_>>();
        before.iter().any(|it| is_guard(it) && self.holds(it).is_some())
    }

    /// The arguments of a call of which nothing is known: moved in, and gone when it returns.
    pub(super) fn abandon(&mut self, call: &Call<'_>) {
        for arg in &call.args {
            self.run_unknown(arg);
        }
        self.end_values(&call.args, call.span.at_end());
    }

    /// A handle's clone is the same thing, a struct's is field by field, a map's is what the knowledge says.
    pub(super) fn clone_of(&mut self, value: &Value) -> Value {
        let ty = value.ty.peel_refs().clone();
        let (shared, copied) = match &ty {
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                // Through a guard or a `Deref` layer without a clone of its own, what is cloned is inside.
                if matches!(known.role, TypeRole::Guard | TypeRole::Entry) && known.guard.is_some() {
                    let inner = self.deref_once(&ty).unwrap_or_default();
                    return self.clone_of(&Value { place: value.place.clone(), ..Value::of(inner) });
                }
                let wraps_handle =
                    known.role == TypeRole::Enum && args.first().is_some_and(|it| self.is_handle(it));
                (known.clone == CloneKind::Shared || wraps_handle, false)
            }
            Ty::Adt(..) => (false, true),
            _ => (false, false),
        };
        let place = match (&value.place, shared, copied) {
            (Some(place), true, _) => Some(place.clone()),
            (Some(place), _, true) => {
                self.next_unnamed += 1;
                Some(place.then(Step::Copy(self.next_unnamed)))
            }
            _ => None,
        };
        let decl = if shared { value.decl.clone() } else { None };
        let made_of = if shared || copied { value.made_of.clone() } else { Vec::new() };
        Value { place, decl, made_of, ..Value::of(ty) }
    }

    pub(super) fn call(&mut self, callee: ExprId, args: &'a [ExprId], span: Span) -> Value {
        let body = self.body;
        let ExprKind::Path(path) = &body.expr(callee).kind else {
            return self.call_of_value(callee, args, span);
        };
        if path.as_ident().is_some_and(|it| self.lookup(it).is_some() || self.is_macro_argument(it)) {
            return self.call_of_value(callee, args, span);
        }
        let def = self.model.resolve_value(path, &self.scope);
        if let ValueDef::Def(Def::Variant(..) | Def::Adt(_)) = &def {
            return self.construct(path, args);
        }
        if let ValueDef::Def(Def::Foreign(full)) = &def
            && let Some(value) = self.construct_foreign(full, args)
        {
            return value;
        }
        let name = path.last().map(|it| it.name.clone()).unwrap_or_default();
        let turbofish = path.last().and_then(|it| it.args.first()).map(|it| self.lower(it));
        let args_values: Vec<Value> = args.iter().map(|it| self.argument(*it)).collect();
        let call = Call { name, args: args_values, exprs: args, turbofish, span };
        match def {
            ValueDef::Def(Def::Fn(id)) if self.fits(id, &call) => self.workspace_call(id, None, call),
            ValueDef::Def(Def::Foreign(full)) => self.foreign_call(&full, call),
            ValueDef::Assoc(ty, name) => self.associated_call(&ty, &name, call),
            _ => {
                self.abandon(&call);
                Value::default()
            }
        }
    }

    /// A call of a local or of an expression: a closure runs here.
    fn call_of_value(&mut self, callee: ExprId, args: &[ExprId], span: Span) -> Value {
        let value = self.eval(callee);
        self.settle(&value);
        let args: Vec<Value> = args.iter().map(|it| self.argument(*it)).collect();
        if let Some(closure) = value.closure {
            let captured = value.guards.clone();
            self.release_captured(&captured);
            let given = self.run(closure, args);
            let left: Vec<_> = captured.into_iter().filter(|it| self.state.live.contains_key(it)).collect();
            let owner = value.local.map_or(Owner::Flight, Owner::Local);
            self.state.give(&left, owner);
            return given;
        }
        args.iter().for_each(|it| self.run_unknown(it));
        self.call_back(&value, callee, &args, span);
        self.end_values(&args, span.at_end());
        let output = self.deref_chain(&value.ty).into_iter().find_map(|ty| match ty {
            Ty::Callable(_, output) => Some((*output).clone()),
            _ => None,
        });
        Value::of(output.unwrap_or_default())
    }

    /// `Some(x)`, `Wrapper(x)`: what goes in is held by what comes out.
    fn construct(&mut self, path: &crate::facts::Path, args: &[ExprId]) -> Value {
        let (ty, is_struct) = match self.model.resolve_value(path, &self.scope) {
            ValueDef::Def(Def::Variant(id, _)) => (Ty::Adt(id, crate::ty::no_args()), false),
            ValueDef::Def(Def::Adt(id)) => (Ty::Adt(id, crate::ty::no_args()), true),
            _ => (Ty::Unknown, false),
        };
        let fields: Vec<(Name, Value)> =
            (0..).zip(args).map(|(index, it)| (position(index), self.use_value(*it))).collect();
        self.hand_to_fields(&ty, fields.iter().map(|(name, it)| (name, it)));
        let guards = fields.iter().flat_map(|it| it.1.guards.iter().copied()).collect();
        let made_of = if is_struct { self.parts_of(&fields) } else { Vec::new() };
        Value { guards, made_of, ..Value::of(ty) }
    }

    fn construct_foreign(&mut self, full: &Name, args: &[ExprId]) -> Option<Value> {
        let known = self.knowledge.well_known();
        let (id, is_err) = match full.as_str() {
            "std::option::Option::Some" => (known.option?, false),
            "std::result::Result::Ok" => (known.result?, false),
            "std::result::Result::Err" => (known.result?, true),
            _ => return None,
        };
        let value = self.argument(*args.first()?);
        self.run_unknown(&value);
        let inner = value.ty.clone();
        let ty = Ty::Known(id, if is_err { Arc::from([Ty::Unknown, inner]) } else { Arc::from([inner]) });
        Some(Value { pending: None, is_empty: is_err, ..value }.with_ty(ty))
    }

    /// `Type::name(..)`: a constructor, an associated function, or a method with `self` written first.
    fn associated_call(&mut self, ty: &Ty, name: &Name, mut call: Call<'_>) -> Value {
        if name == "clone" && call.args.len() == 1 {
            let value = call.args.remove(0);
            self.settle(&value);
            // `Map::clone(&handle)` clones what the handle leads to.
            let named = self.deref_chain(&value.ty).into_iter().find(|it| same_head(it, ty));
            return self.clone_of(&Value { ty: named.unwrap_or_else(|| value.ty.clone()), ..value });
        }
        if let Ty::Known(id, _) = ty
            && let Some(method) = self.knowledge.ty(*id).methods.get(name).cloned()
        {
            if method.spec.associated {
                return self.associated_known(ty, &method, call);
            }
            if !call.args.is_empty() {
                let receiver = call.args.remove(0);
                call.exprs = &call.exprs[1..];
                let own = self
                    .deref_chain(&receiver.ty)
                    .into_iter()
                    .find(|it| matches!(it, Ty::Known(own, _) if own == id));
                return self.known_method(&own.unwrap_or_else(|| ty.clone()), &method, receiver, call);
            }
        }
        match self.model.associated_fn(ty, name).or_else(|| self.bound_fn(ty, name)) {
            Some(id) if self.model.signature(id).self_kind.is_some() && !call.args.is_empty() => {
                let receiver = call.args.remove(0);
                call.exprs = &call.exprs[1..];
                self.workspace_call(id, Some((ty.clone(), receiver)), call)
            }
            Some(id) => self.workspace_call(id, None, call),
            None => {
                let constructs = matches!(name.as_str(), "new" | "default" | "with_capacity" | "from");
                self.abandon(&call);
                Value::of(if constructs { ty.clone() } else { Ty::Unknown })
            }
        }
    }

    /// `Arc::new(x)`, `MutexGuard::map(g, f)`: argument 0 is what a method has as `self`.
    fn associated_known(&mut self, ty: &Ty, method: &KnownMethod, mut call: Call<'_>) -> Value {
        let first = call.args.first().cloned().unwrap_or_default();
        let takes_guard = self.holds(&first.ty).is_some() || !first.guards.is_empty();
        let seen = match (ty, self.deref_chain(&first.ty).into_iter().find(|it| same_head(it, ty))) {
            (Ty::Known(_, args), Some(actual)) if args.is_empty() => actual,
            _ => ty.clone(),
        };
        if takes_guard || method.spec.lock != LockMode::None {
            if !call.args.is_empty() {
                call.args.remove(0);
                call.exprs = call.exprs.get(1..).unwrap_or(&[]);
            }
            return self.associated_guard(&seen, method, first, call);
        }
        let results = self.run_closures(method, &seen, &Value::default(), &call.args);
        let returns = self.known_result(&method.returns, &seen, &call, &results.types);
        let spec = &method.spec;
        self.costs(spec.waits, spec.heavy, spec.is_async, None, &call);
        let wait = self.awaited_wait(spec.is_async, spec.waits, None, &call);
        let value =
            self.wrap_arguments(future_of(returns, spec.is_async), call, spec.guard_effect, spec.waits);
        Value { wait: wait.or(value.wait), ..value }
    }

    /// The type language counts argument 0 of an associated function as `A0`.
    fn associated_guard(&mut self, ty: &Ty, method: &KnownMethod, first: Value, call: Call<'_>) -> Value {
        let shifted = method.returns.subst(&|name| shift(name, &first.ty));
        let spec = Method { receiver: Receiver::Value, ..method.spec.clone() };
        let method = KnownMethod { spec, returns: shifted, closure_params: method.closure_params.clone() };
        self.known_method(ty, &method, first, call)
    }
}

/// `A0` is the receiver now, and every other argument moves up by one.
fn shift(name: &str, first: &Ty) -> Option<Ty> {
    let (letter, digits) = name.split_at_checked(1)?;
    let index = digits.parse::<u32>().ok().filter(|_| matches!(letter, "A" | "R"))?;
    match index.checked_sub(1) {
        Some(index) => Some(Ty::Param(Name::new(&format!("{letter}{index}")))),
        None => Some(if letter == "A" { first.clone() } else { Ty::Unknown }),
    }
}

/// Whether two types start alike.
fn same_head(a: &Ty, b: &Ty) -> bool {
    matches!((a, b), (Ty::Known(a, _), Ty::Known(b, _)) if a == b)
}

/// The name of a field without one.
fn position(index: u32) -> Name {
    Name::new(&index.to_string())
}

/// A `*` that is written as a call.
fn is_deref(name: &str) -> bool {
    matches!(name, "deref" | "deref_mut")
}
