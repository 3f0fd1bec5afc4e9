//! `.await` and `?`: what a future does when it is completed, and what is inside a value.

use super::EventKind;
use super::value::Value;
use super::walk::Walker;
use crate::facts::ExprId;
use crate::knowledge::schema::Waits;
use crate::span::Span;
use crate::ty::Ty;

impl<'a> Walker<'a> {
    pub(super) fn await_(&mut self, operand: ExprId, span: Span) -> Value {
        let at = Span::new(span.end.saturating_sub("await".len() as u32), span.end);
        if let Some(value) = self.awaited_block(operand) {
            return value;
        }
        let value = self.argument(operand);
        if let Some(block) = value.closure.filter(|it| self.is_async_block(*it)) {
            self.release_captured(&value.guards);
            let given = self.run(block, Vec::new());
            self.end_values(&[value], at);
            return given;
        }
        self.run_unknown(&value);
        self.complete(value, at)
    }

    /// Runs a future to its end: suspends, takes what it waits for, gives its output.
    pub(super) fn complete(&mut self, value: Value, at: Span) -> Value {
        if value.pending.as_ref().is_none_or(|it| it.suspends) {
            let wait = value.pending.as_ref().map(|it| it.wait.clone()).filter(|it| it.waits != Waits::None);
            let mut wait = wait.map(Box::new).or(value.wait.clone()).unwrap_or_default();
            if self.is_foreign(&value) {
                wait.waits = Waits::Unknown;
            }
            // What is moved into a function of the workspace is alive at that function's own awaits, or at none.
            let call = value.pending.as_ref().and_then(|it| it.call.as_ref());
            wait.callee = call.map(|it| it.callee);
            let moved = call.map(|it| it.moved_guards()).unwrap_or_default();
            self.event_without(&moved, EventKind::Await(wait), at);
        }
        if let Some(task) = value.task {
            self.awaited += 1;
            self.run_task(task);
            self.awaited -= 1;
        }
        if let Some(pending) = value.pending.clone() {
            self.end_values(&[Value { pending: None, ..value }], at);
            return self.fulfil(*pending);
        }
        let output =
            self.deref_chain(&value.ty).into_iter().find_map(|ty| self.output_of(&ty)).unwrap_or_default();
        if self.keeps(&output) {
            return Value { guards: value.guards, ..Value::of(output) };
        }
        let flying = self.flying(&value);
        self.end(&flying, at);
        Value::of(output)
    }

    /// Whether nothing is known of a future: neither who makes it, nor its type.
    fn is_foreign(&self, value: &Value) -> bool {
        let is_made_here = value.pending.is_some() || value.wait.is_some() || value.task.is_some();
        !is_made_here && matches!(value.ty.peel_refs(), Ty::Unknown | Ty::Foreign(..))
    }

    /// What awaiting a value of this very type gives: a future's output, or what the knowledge files say.
    fn output_of(&self, ty: &Ty) -> Option<Ty> {
        match ty {
            Ty::Future(output) => Some((**output).clone()),
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                known.methods.get("await").map(|it| it.returns.instantiate(&known.params, args))
            }
            _ => None,
        }
    }

    pub(super) fn try_(&mut self, operand: ExprId, span: Span) -> Value {
        let value = self.use_value(operand);
        self.maybe_leave_call(&value.guards, span);
        let ty = self.unwrapped(&value.ty);
        Value { pending: None, ..value }.with_ty(ty)
    }

    /// What is in the `Ok` or `Some` of a type.
    pub(super) fn unwrapped(&self, ty: &Ty) -> Ty {
        let known = self.knowledge.well_known();
        match ty.peel_refs() {
            Ty::Known(id, args) if Some(*id) == known.option || Some(*id) == known.result => {
                args.first().cloned().unwrap_or_default()
            }
            Ty::Known(id, args) => {
                let it = self.knowledge.ty(*id);
                let some = ["Some", "Ok", "Present"].iter().find_map(|name| it.variants.get(*name));
                some.and_then(|it| it.first())
                    .map(|ty| ty.instantiate(&self.knowledge.ty(*id).params, args))
                    .unwrap_or_default()
            }
            _ => Ty::Unknown,
        }
    }
}
