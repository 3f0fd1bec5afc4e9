//! Macro calls: their arguments where they parse, `macro_rules!` of the workspace in place where they are simple.

use super::EventKind;
use super::frames::FrameKind;
use super::state::State;
use super::value::Value;
use super::walk::Walker;
use crate::facts::{
    BlockKind, Body, BodyId, Expr, ExprId, ExprKind, ItemKind, MacroArgs, MacroCall, SelectArm,
};
use crate::knowledge::KnownMacro;
use crate::model::ItemRef;
use crate::name::Name;
use crate::source::FileId;
use crate::span::Span;
use crate::ty::Ty;

/// How many macros are followed into each other.
const MAX_INLINE: usize = 4;

/// Macro rules nested deeper than this are not walked in place.
const MAX_RULE_DEPTH: u32 = 200;

/// A macro rule that is walked in place of its call.
#[derive(Debug)]
pub(super) struct MacroFrame<'a> {
    /// The parameters with the arguments, expressions of `caller`.
    args: Vec<(Name, ExprId)>,
    /// The body that the call stands in.
    caller: &'a Body,
    /// The call.
    pub(super) call: Span,
}

impl MacroFrame<'_> {
    /// Whether a name is a parameter of the rule.
    pub(super) fn binds(&self, name: &Name) -> bool {
        self.args.iter().any(|(it, _)| it == name)
    }
}

impl<'a> Walker<'a> {
    pub(super) fn macro_call(&mut self, call: &'a MacroCall, span: Span) -> Value {
        let Some(name) = call.path.last().map(|it| it.name.clone()) else { return Value::default() };
        let knowledge = self.knowledge;
        // The workspace's own macro of a name hides a foreign one.
        let own = self.model.macro_named(self.scope.module, &name);
        let known = knowledge.macro_named(&name).filter(|_| own.is_none());
        if let Some(value) = own.and_then(|it| self.inline_macro(it, call, span)) {
            return value;
        }
        let ends = known.is_none_or(|it| it.spec.ends_temporaries || it.spec.awaits);
        let frame = ends.then(|| self.push(FrameKind::Temps));
        let is_debug = u32::from(known.is_some_and(|it| it.spec.debug_only));
        self.debug_only += is_debug;
        let value = self.macro_arguments(call, known, span);
        self.debug_only -= is_debug;
        if let Some(frame) = frame {
            self.pop(frame, span.at_end());
        }
        // `join!` makes its futures in a `let` of its own, and polls them when the arguments' temporaries are gone.
        let is_select = matches!(call.args, MacroArgs::Select(_));
        if known.is_some_and(|it| it.spec.awaits) && !is_select && self.can_await() {
            self.event(EventKind::Await(Box::default()), span);
        }
        if known.is_some_and(|it| it.spec.diverges) {
            // Most of them panic: what goes away then is not what the code is about.
            self.leave_quietly(span);
            return Value::of(Ty::Never);
        }
        if own.is_some_and(|it| self.always_leaves(it)) {
            self.leave_call(span);
            return Value::of(Ty::Never);
        }
        value
    }

    /// Whether every rule of a workspace macro returns from the function: `bail!`.
    fn always_leaves(&self, at: ItemRef) -> bool {
        match &self.model.item(at).kind {
            ItemKind::MacroRules(rules) => !rules.is_empty() && rules.iter().all(|it| it.leaves),
            _ => false,
        }
    }

    /// Whether anything in the function can await: a `select!` where nothing can is that of a crate for threads.
    fn can_await(&self) -> bool {
        let has_async = |it: &Expr| match &it.kind {
            ExprKind::Block(block) => matches!(block.kind, BlockKind::Async { .. }),
            ExprKind::Closure(closure) => closure.is_async,
            _ => false,
        };
        self.model.signature(self.flow.id).is_async || self.body.exprs.iter().any(has_async)
    }

    fn macro_arguments(&mut self, call: &'a MacroCall, known: Option<&KnownMacro>, span: Span) -> Value {
        match &call.args {
            MacroArgs::Exprs(args) => self.macro_exprs(args, known),
            MacroArgs::Repeat(value, len) => {
                self.use_value(*len);
                let value = self.use_value(*value);
                let ty =
                    known.map_or(Ty::Unknown, |it| argument_types(&it.returns, std::slice::from_ref(&value)));
                value.with_ty(ty)
            }
            MacroArgs::Matches(scrutinee, pat, guard) => {
                let value = self.use_place(*scrutinee);
                let names = self.push(FrameKind::Block);
                let before = self.state.clone();
                self.bind(*pat, value);
                if let Some(guard) = guard {
                    self.in_temps(*guard);
                }
                self.pop(names, span.at_end());
                self.state = before;
                Value::of(Ty::Prim(Name::new("bool")))
            }
            MacroArgs::Block(block) => {
                self.use_value(*block);
                Value::default()
            }
            MacroArgs::Select(arms) => self.select(arms, span),
            MacroArgs::Opaque => Value::default(),
        }
    }

    fn macro_exprs(&mut self, args: &[ExprId], known: Option<&KnownMacro>) -> Value {
        let by_ref = known.is_none_or(|it| it.spec.by_ref);
        // What an unknown macro makes of an argument may be a statement of its own.
        let separates = known.is_none_or(|it| it.spec.separates);
        let mut values = Vec::new();
        let asserts = known.is_some_and(|it| it.spec.asserts);
        for (index, arg) in args.iter().enumerate() {
            if asserts && index == 0 {
                // Where it does not hold, nothing follows.
                self.condition(*arg, &mut Vec::new());
                values.push(Value::default());
                continue;
            }
            let frame = separates.then(|| self.push(FrameKind::Temps));
            let value = if by_ref { self.use_place(*arg) } else { self.use_value(*arg) };
            if by_ref {
                self.run_unknown(&value);
            }
            if let Some(frame) = frame {
                self.pop(frame, self.span(*arg).at_end());
            }
            values.push(value);
        }
        let Some(known) = known else { return Value::default() };
        let ty = argument_types(&known.returns, &values);
        let guards = match self.keeps(&ty) {
            true => values.iter().flat_map(|it| it.guards.iter().copied()).collect(),
            false => Vec::new(),
        };
        if guards.is_empty() && !by_ref {
            values.iter().for_each(|it| self.settle(it));
        }
        Value { guards, ..Value::of(ty) }
    }

    /// `select!`: the futures are made, all are polled, then one handler runs.
    fn select(&mut self, arms: &[SelectArm], span: Span) -> Value {
        let futures = self.push(FrameKind::Temps);
        let mut outputs = Vec::new();
        for arm in arms {
            if let Some(guard) = arm.guard {
                self.in_temps(guard);
            }
            let output = arm.future.map(|it| self.use_value(it)).unwrap_or_default();
            outputs.push(output);
        }
        // What the futures were made with is gone when they are polled; what they hold is not.
        self.pop(futures, span.at_end());
        if self.can_await() {
            self.event(EventKind::Await(Box::default()), Span::new(span.start, span.start + 1));
        }
        self.end_values(&outputs, span);
        let base = self.state.clone();
        let mut end = State::unreachable();
        for (arm, output) in arms.iter().zip(outputs) {
            self.state = base.clone();
            // The output lives in the arm, whatever its pattern takes of it.
            let temps = self.push(FrameKind::Temps);
            let names = self.push(FrameKind::Block);
            let first_new = self.flow.guards.len() as u32;
            if let Some(pat) = arm.pat {
                let value = match output.pending {
                    Some(pending) => self.fulfil(*pending),
                    None => Value::default(),
                };
                self.bind(pat, value);
                self.settle_rest(first_new);
            }
            let value = self.in_temps(arm.handler);
            self.end_values(&[value], span);
            self.pop(names, span.at_end());
            self.pop(temps, span.at_end());
            end = end.join(std::mem::replace(&mut self.state, State::unreachable()));
        }
        self.state = if arms.is_empty() { base } else { end };
        Value::default()
    }

    /// Walks the one rule that fits a call of a workspace macro, its parameters bound to the arguments.
    fn inline_macro(&mut self, at: ItemRef, call: &'a MacroCall, span: Span) -> Option<Value> {
        let MacroArgs::Exprs(args) = &call.args else { return None };
        if self.macro_args.len() >= MAX_INLINE {
            return None;
        }
        let ItemKind::MacroRules(rules) = &self.model.item(at).kind else { return None };
        let fits = rules.iter().find(|it| it.simple && it.params.len() == args.len())?;
        let body = self.rule_body(at.file, fits.body?)?;
        let bound = fits.params.iter().map(|(name, _)| name.clone()).zip(args.iter().copied()).collect();
        let call = self.macro_args.first().map_or(span, |it| it.call);
        self.macro_args.push(MacroFrame { args: bound, caller: self.body, call });
        let caller = std::mem::replace(&mut self.body, body);
        let value = self.use_value(body.root);
        self.body = caller;
        self.macro_args.pop();
        Some(value)
    }

    /// The body of a macro rule, unpacked once a walk.
    fn rule_body(&mut self, file: FileId, id: BodyId) -> Option<&'a Body> {
        if let Some((_, body)) = self.rules.iter().find(|(it, _)| *it == (file, id)) {
            return Some(body);
        }
        let packed = self.model.workspace().file(file).facts.body(id);
        if packed.max_depth > MAX_RULE_DEPTH {
            return None;
        }
        let body = self.unpacked.push_get(Box::new(packed.unpack()));
        self.rules.push(((file, id), body));
        self.bodies.push(body);
        Some(body)
    }

    /// The argument that a name stands for inside a macro rule, evaluated where the call stands.
    pub(super) fn macro_argument(&mut self, name: &Name) -> Option<Value> {
        self.in_caller(name, |walker, arg| walker.eval(arg))
    }

    /// Does something with a macro argument in the body that the call stands in.
    fn in_caller<T>(&mut self, name: &Name, action: impl FnOnce(&mut Self, ExprId) -> T) -> Option<T> {
        let arg = self.macro_args.last()?.args.iter().find(|(it, _)| it == name)?.1;
        let frame = self.macro_args.pop()?;
        let inner = std::mem::replace(&mut self.body, frame.caller);
        let value = action(self, arg);
        self.body = inner;
        self.macro_args.push(frame);
        Some(value)
    }
}

/// Puts the arguments' types for `A0`, `A1`, .., and what they refer to for `*A0`, `*A1`, ..
pub(super) fn argument_types(ty: &Ty, args: &[Value]) -> Ty {
    ty.subst(&|name| {
        let plain = name.strip_prefix('*');
        let index = plain.unwrap_or(name).strip_prefix('A')?.parse::<usize>().ok()?;
        let ty = args.get(index).map(|it| &it.ty);
        let ty = if plain.is_some() { ty.map(Ty::peel_refs) } else { ty };
        Some(ty.cloned().unwrap_or_default())
    })
}
