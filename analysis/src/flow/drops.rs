//! Drops: the `Drop` impls of the workspace that run where a value goes away while something is held.

use super::state::LocalId;
use super::value::Value;
use super::walk::Walker;
use super::{Call, EventKind, Held, Place, Root};
use crate::facts::{ExprId, ExprKind};
use crate::knowledge::schema::{CloneKind, TypeRole};
use crate::model::FnId;
use crate::span::Span;
use crate::ty::Ty;

/// How deep fields and arguments of a type are searched for one that has a `Drop` impl.
const MAX_DEPTH: u32 = 3;

/// A local that goes out of scope on an early way out.
#[derive(Debug)]
pub(super) struct EarlyDrop {
    local: LocalId,
    /// Index of the event.
    event: usize,
    /// It does so at the end of its block too, under the same guards.
    is_repeated: bool,
}

impl Walker<'_> {
    /// A value goes away here.
    pub(super) fn drop_value(&mut self, value: &Value, at: Span) {
        if self.state.live.is_empty() || !self.state.reachable {
            return;
        }
        let Some((callee, is_possible)) = self.drop_of(&value.ty, MAX_DEPTH) else { return };
        let is_itself = self.model.drop_impl(&value.ty) == Some(callee);
        // What goes away with another value has no name, but its fields lead somewhere.
        let receiver = value.place.clone().filter(|_| is_itself).or_else(|| Some(self.unnamed()));
        let made_of = value.made_of.iter().filter(|_| is_itself).map(|it| (None, it.clone())).collect();
        let (args, moved, receiver_decl) = (Vec::new(), Vec::new(), None);
        let call = Call { callee, is_possible, is_drop: true, receiver, receiver_decl, args, made_of, moved };
        self.event(EventKind::Call(Box::new(call)), at);
    }

    /// The values of a map or collection go away: `clear()`.
    pub(super) fn drop_contents(&mut self, ty: &Ty, at: Span) {
        let Ty::Known(_, args) = ty else { return };
        for arg in args.iter() {
            self.drop_value(&Value::of(arg.clone()), at);
        }
    }

    /// A local goes out of scope, unless it was moved on some path. Where it does so under the same guards at the end of its
    /// block, the early ways out say nothing more.
    pub(super) fn drop_at_end(&mut self, id: LocalId, at: Span) {
        let first_new = self.flow.events.len();
        self.drop_local(id, self.last_of(at));
        let Some(event) = self.flow.events.get(first_new) else { return };
        for early in self.early_drops.iter_mut().filter(|it| it.local == id) {
            early.is_repeated |= same_guards(&self.flow.events[early.event].held, &event.held);
        }
    }

    /// Where the end of a scope is shown: at its closing brace.
    fn last_of(&self, end: Span) -> Span {
        if end.start < end.end {
            return end;
        }
        let text = &self.model.workspace().file(self.model.func(self.flow.id).at.file).source.text;
        let last =
            text.get(..end.start as usize).and_then(|it| it.chars().next_back()).map_or(0, char::len_utf8);
        Span::new(end.start - last as u32, end.end)
    }

    /// A local goes out of scope on an early way out: `?`, `return`, `break`. Told once for the same guards.
    pub(super) fn drop_early(&mut self, id: LocalId, at: Span) {
        if self.state.live.is_empty() {
            return;
        }
        let held: Vec<Held> = self.state.held().collect();
        let is_told = |it: &EarlyDrop| it.local == id && same_guards(&self.flow.events[it.event].held, &held);
        if self.early_drops.iter().any(is_told) {
            return;
        }
        let event = self.flow.events.len();
        self.drop_local(id, at);
        if self.flow.events.len() > event {
            self.early_drops.push(EarlyDrop { local: id, event, is_repeated: false });
        }
    }

    /// Takes away the early drops that the end of the block tells of as well.
    pub(super) fn forget_repeated_drops(&mut self) {
        for early in self.early_drops.iter().rev().filter(|it| it.is_repeated) {
            self.flow.events.remove(early.event);
        }
    }

    fn drop_local(&mut self, id: LocalId, at: Span) {
        let local = &self.locals[id.0 as usize];
        let owns = |it: &Place| it.path.is_empty() && matches!(it.root, Root::Local(own, _) if own == id.0);
        if !local.is_moved && local.value.place.as_ref().is_some_and(owns) {
            let value = local.value.clone();
            self.drop_value(&value, at);
        }
    }

    /// Whether an expression makes a value, rather than names one that stays where it is.
    pub(super) fn makes_value(&self, id: ExprId) -> bool {
        use ExprKind::{Await, Call, MethodCall, Try};
        matches!(self.body.expr(id).kind, Call { .. } | MethodCall { .. } | Await(_) | Try(_))
    }

    /// The `Drop` impl that runs with a value of this type, and whether it may not: an `Option` can be empty.
    fn drop_of(&self, ty: &Ty, depth: u32) -> Option<(FnId, bool)> {
        let depth = depth.checked_sub(1)?;
        match ty {
            Ty::Adt(id, _) => {
                if let Some(own) = self.model.drop_impl(ty) {
                    return Some((own, false));
                }
                let fields = self.model.adt_fields(*id);
                let is_enum = fields.iter().any(|it| it.variant.is_some());
                let found = fields.iter().find_map(|it| self.drop_of(&it.ty, depth));
                found.map(|(callee, is_possible)| (callee, is_possible || is_enum))
            }
            Ty::Known(id, args) => {
                let known = self.knowledge.ty(*id);
                let owns = matches!(
                    known.role,
                    TypeRole::Enum | TypeRole::Collection | TypeRole::Map | TypeRole::Layer
                );
                // The last of several handles may be another one.
                let owns = owns && known.clone != CloneKind::Shared;
                let found = args.iter().filter(|_| owns).find_map(|it| self.drop_of(it, depth));
                found.map(|(callee, _)| (callee, known.role != TypeRole::Layer))
            }
            Ty::Tuple(items) => items.iter().find_map(|it| self.drop_of(it, depth)),
            _ => None,
        }
    }
}

fn same_guards(one: &[Held], other: &[Held]) -> bool {
    one.iter().map(|it| it.guard).eq(other.iter().map(|it| it.guard))
}
