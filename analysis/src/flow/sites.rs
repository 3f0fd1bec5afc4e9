//! Call sites: what a callee of the workspace knows as `self` and its parameters, and what it runs of what it is given.

use std::sync::Arc;

use super::calls::Call;
use super::state::LocalId;
use super::value::Value;
use super::walk::Walker;
use super::{
    Acquire, Argument, Call as Site, Callback, Caller, Decl, EventKind, GuardId, Had, ParamCall, Place, Root,
    Shape,
};
use crate::facts::{ExprId, ExprKind, PatId, Path, TypeKind};
use crate::model::{FnId, Holder};
use crate::name::Name;
use crate::span::Span;
use crate::ty::{KnownId, Ty};

impl Walker<'_> {
    /// The function that a trait's method can only be: that of its one impl in the workspace.
    pub(super) fn implementation(&self, id: FnId) -> (FnId, bool) {
        match self.model.only_implementation(id) {
            Some(only) => (only, true),
            None => (id, false),
        }
    }

    /// The call as the callee's summary is seen through it.
    pub(super) fn site(
        &self,
        callee: FnId,
        is_possible: bool,
        receiver: Option<&Value>,
        call: &Call<'_>,
    ) -> Site {
        let names = self.param_names(callee);
        let args = call.args.iter().zip(0_u32..).map(|(value, index)| Argument {
            index,
            name: names.get(index as usize).cloned().unwrap_or_default(),
            place: value.place.clone().filter(|it| self.can_matter(it) || self.goes_into(callee, index)),
            decl: value.decl.clone(),
            key: call.exprs.get(index as usize).and_then(|it| self.key_text(*it)),
            truth: call.exprs.get(index as usize).and_then(|it| self.literal_truth(*it)),
            moved: self.flying(value),
        });
        let says = |it: &Argument| {
            it.place.is_some()
                || it.decl.is_some()
                || it.key.is_some()
                || it.truth.is_some()
                || !it.moved.is_empty()
        };
        let args = args.filter(says).collect();
        let moved = receiver.map(|it| self.flying(it)).unwrap_or_default();
        let receiver_decl = receiver.and_then(|it| it.decl.clone());
        let of_self = receiver.into_iter().flat_map(|it| it.made_of.iter().map(|it| (None, it.clone())));
        let of_args = call
            .args
            .iter()
            .zip(0..)
            .flat_map(|(value, index)| value.made_of.iter().map(move |it| (Some(index), it.clone())));
        let made_of = of_self.chain(of_args).collect();
        let receiver = receiver.and_then(|it| it.place.clone());
        Site { callee, is_possible, is_drop: false, receiver, receiver_decl, args, made_of, moved }
    }

    /// A local that nothing else knows matters only while a lock may be held.
    fn can_matter(&self, place: &Place) -> bool {
        !matches!(place.root, Root::Unnamed(_) | Root::Local(..)) || !self.state.live.is_empty()
    }

    /// Whether a function makes its result of what this parameter is.
    fn goes_into(&self, callee: FnId, index: u32) -> bool {
        let parts = self.shapes.get(callee).map_or(&[][..], |it| &it.made_of);
        parts.iter().any(|it| matches!(it.place.root, Root::Param(own, _) if own == index))
    }

    /// The names by which a function's body knows its parameters, as keys are written.
    fn param_names(&self, id: FnId) -> &[Name] {
        let def = self.model.func(id);
        let facts = &self.model.workspace().file(def.at.file).facts;
        def.body.map_or(&[], |it| &facts.body(it).params)
    }

    /// Runs the closures among the arguments: under the locks of the callee where it calls them itself, for themselves
    /// where nobody knows when they run.
    pub(super) fn run_called(
        &mut self,
        shape: Option<&Shape>,
        site: &Site,
        receiver: Option<&Ty>,
        call: &Call<'_>,
    ) {
        let calls = shape.map(|it| it.calls.as_slice()).unwrap_or_default();
        for (arg, index) in call.args.iter().zip(0_u32..) {
            let mut runs = calls.iter().filter(|it| it.index == index).peekable();
            let Some(closure) = arg.closure else {
                runs.for_each(|it| self.hand_on(arg, site, it));
                continue;
            };
            if runs.peek().is_none() {
                self.run_unknown(arg);
            }
            for run in runs {
                let held: Vec<GuardId> =
                    run.held.iter().map(|it| self.held_by_callee(site, it, call.span)).collect();
                let before = self.state.clone();
                let params = self.closure_params(site.callee, index, receiver);
                let given = self.run(closure, params);
                self.end_values(&[given], call.span.at_end());
                self.state =
                    std::mem::replace(&mut self.state, super::state::State::unreachable()).join(before);
                self.end(&held, call.span.at_end());
            }
        }
    }

    /// A closure that this function was given itself, and that the callee runs in the end.
    fn hand_on(&mut self, arg: &Value, site: &Site, run: &ParamCall) {
        let Some(Place { root: Root::Param(index, _), path }) = &arg.place else { return };
        if !path.is_empty() || !self.state.reachable || self.apart > 0 {
            return;
        }
        let own = self
            .state
            .held()
            .map(|it| Acquire { mode: it.mode, ..self.flow.guard(it.guard).acquire.clone() });
        let held = own.chain(run.held.iter().map(|it| site.seen_acquire(it))).collect();
        self.handed_on.push(ParamCall { index: *index, held });
    }

    /// What the callee gives to a closure of this function.
    fn closure_params(&self, callee: FnId, index: u32, receiver: Option<&Ty>) -> Vec<Value> {
        let sig = self.model.signature(callee);
        let seen = |ty: Ty| receiver.map_or(ty.clone(), |it| self.model.seen_from(&ty, sig, it));
        let params = self.model.callable_params(callee, index).into_iter();
        params.map(|ty| Value::of(seen(ty))).collect()
    }

    /// A guard that the callee has while it runs a closure of this function.
    fn held_by_callee(&mut self, site: &Site, acquire: &Acquire, span: Span) -> GuardId {
        let seen = Acquire { span, ..site.seen_acquire(acquire) };
        let type_name = seen.lock.type_name.clone();
        let guard = self.new_guard(seen, None::<Holder>, false);
        self.flow.guards[guard.0 as usize].type_name = type_name;
        self.settle(&Value { guards: vec![guard], ..Value::default() });
        guard
    }

    /// A call of a value whose code is not known here: a parameter's, a stored closure's.
    pub(super) fn call_back(&mut self, value: &Value, callee: ExprId, args: &[Value], span: Span) {
        let Some((params, output)) = self.callable(&value.ty) else { return };
        // A future does nothing before it is awaited, and who fills a table of functions knows what they are.
        if self.is_future(&output) || self.is_function_pointer(value) {
            return;
        }
        let caller = match &value.place {
            Some(Place { root: Root::Param(index, _), path }) if path.is_empty() => Caller::Param(*index),
            // A closure's own trait: `impl<F: FnOnce()> Task for F`.
            Some(Place { root: Root::SelfValue, .. }) => Caller::Stored,
            Some(place) if place.path.is_empty() && !matches!(place.root, Root::Static(_)) => {
                if !value.local.is_some_and(|it| self.is_item(it)) {
                    return;
                }
                Caller::Stored
            }
            _ => Caller::Stored,
        };
        let callback = Callback {
            caller,
            name: self.called_name(callee).unwrap_or_default(),
            place: value.place.clone(),
            had: self.had(value),
            is_notice: self.is_notice(&output),
            given: self.leading(params.iter().chain(args.iter().map(|it| &it.ty))),
        };
        self.event(EventKind::Callback(Box::new(callback)), span);
    }

    /// How the code names what it calls.
    fn called_name(&self, callee: ExprId) -> Option<Name> {
        match &self.body.expr(callee).kind {
            ExprKind::Path(path) => path.last().map(|it| it.name.clone()),
            ExprKind::Field { name, .. } => Some(name.clone()),
            ExprKind::Unary { operand, .. } => self.called_name(*operand),
            _ => None,
        }
    }

    /// Whether what a callback gives says no more than that it has run.
    fn is_notice(&self, output: &Ty) -> bool {
        let is_result = |it: &KnownId| self.knowledge.well_known().result == Some(*it);
        match output {
            Ty::Known(id, args) if is_result(id) => args.first() == Some(&Ty::unit()),
            other => *other == Ty::unit(),
        }
    }

    /// A method of a `dyn Trait` of which the workspace has several kinds, or none.
    pub(super) fn call_of_dyn(&mut self, id: FnId, receiver: Option<&(Ty, Value)>, call: &Call<'_>) {
        let Some((Ty::Trait(trait_), value)) = receiver else { return };
        if self.model.func(id).trait_ != Some(*trait_) || self.model.implementation_count(*trait_) == 1 {
            return;
        }
        let signature = self.model.signature(id);
        let output = &signature.output;
        if self.is_future(output) {
            return;
        }
        let callback = Callback {
            caller: Caller::Dyn,
            name: call.name.clone(),
            place: value.place.clone(),
            had: self.had(value),
            is_notice: self.is_notice(output),
            given: self.leading(signature.params.iter().chain(call.args.iter().map(|it| &it.ty))),
        };
        self.event(EventKind::Callback(Box::new(callback)), call.span);
    }

    /// A method that runs what somebody outside has put behind it.
    pub(super) fn call_of_foreign(&mut self, receiver: &Value, call: &Call<'_>) {
        let callback = Callback {
            caller: Caller::Foreign,
            name: call.name.clone(),
            place: receiver.place.clone(),
            had: self.had(receiver),
            is_notice: true,
            given: Arc::default(),
        };
        self.event(EventKind::Callback(Box::new(callback)), call.span);
    }

    /// The types, each once, that lead to a type of the workspace.
    fn leading<'t>(&self, types: impl Iterator<Item = &'t Ty>) -> Arc<[Ty]> {
        let mut leading: Vec<Ty> = Vec::new();
        for ty in types {
            let leads = || self.model.any_part(ty, &mut |it| matches!(it, Ty::Adt(..)));
            if !leading.contains(ty) && leads() {
                leading.push(ty.clone());
            }
        }
        leading.into()
    }

    /// How this function has a callback. A local of a type that cannot be cloned has what was moved into it.
    pub(super) fn had(&self, value: &Value) -> Had {
        let layers = self.deref_chain(&value.ty);
        let is_handle = |it: &Ty| !matches!(it, Ty::Ref(..)) && self.is_handle(it);
        match value.local {
            _ if layers.iter().any(is_handle) => Had::Shared,
            Some(_) if self.is_owned(&value.ty) => Had::Taken,
            _ => Had::InPlace,
        }
    }

    /// What a value of this type gets and gives when it is called: a closure, `dyn Fn`, `F: Fn()`.
    fn callable(&self, ty: &Ty) -> Option<(Arc<[Ty]>, Ty)> {
        self.deref_chain(ty).into_iter().find_map(|it| match it {
            Ty::Callable(params, output) => Some((params, (*output).clone())),
            Ty::Param(name) => {
                self.scope.bounds(&name).any(is_callable).then(|| (Arc::from([]), Ty::Unknown))
            }
            _ => None,
        })
    }

    /// Whether a value is a field written as `fn()`: it captures nothing.
    fn is_function_pointer(&self, value: &Value) -> bool {
        let Some(Decl::Field(adt, name)) = &value.decl else { return false };
        let written = self.model.written_field(*adt, name);
        written.is_some_and(|it| matches!(it.kind, TypeKind::FnPtr { .. }))
    }

    fn is_future(&self, ty: &Ty) -> bool {
        self.deref_chain(ty).iter().any(|it| matches!(it, Ty::Future(_)))
    }

    /// Whether a local is bound by the pattern of a loop, or is a closure's parameter: one of many.
    fn is_item(&self, local: LocalId) -> bool {
        let span = self.locals[local.0 as usize].span;
        let binds = |pat: &PatId| self.body.pat(*pat).span.contains(span);
        self.body.exprs.iter().any(|it| match &it.kind {
            ExprKind::For { pat, .. } => binds(pat),
            ExprKind::Closure(closure) => closure.params.iter().any(|(pat, _)| binds(pat)),
            _ => false,
        })
    }
}

fn is_callable(bound: &Path) -> bool {
    bound.segments.last().is_some_and(|it| it.name.starts_with("Fn") || it.name.starts_with("AsyncFn"))
}
