//! Scopes of the walk, and what jumps out of them do.

use super::GuardId;
use super::state::{FrameId, LocalId, Owner, State};
use super::value::Value;
use super::walk::Walker;
use crate::facts::ExprId;
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// A scope of the walk.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) id: FrameId,
    pub(super) kind: FrameKind,
    /// The locals declared in it, in order.
    pub(super) names: Vec<(Name, LocalId)>,
}

/// What a scope is.
#[derive(Clone, Debug)]
pub(super) enum FrameKind {
    /// A block: locals, and temporaries that a `let` extends.
    Block,
    /// A statement, a condition, an arm: temporaries.
    Temps,
    /// A loop or labelled block: the states in which it is left or begun again.
    Loop { label: Option<Name>, breaks: Vec<State>, continues: Vec<State>, values: Vec<Value> },
    /// A labelled block: the states in which it is left. An unlabelled jump passes it by.
    Labelled { label: Name, breaks: Vec<State>, values: Vec<Value> },
    /// A function's, closure's or async block's body: the states in which it returns.
    Call(Vec<State>),
}

impl Walker<'_> {
    pub(super) fn push(&mut self, kind: FrameKind) -> FrameId {
        let id = FrameId(self.next_frame);
        self.next_frame += 1;
        self.frames.push(Frame { id, kind, names: Vec::new() });
        id
    }

    /// Leaves a scope: its locals are dropped in reverse order, then its temporaries. Jumps that end here join.
    pub(super) fn pop(&mut self, id: FrameId, at: Span) {
        self.pop_values(id, at);
    }

    /// The same, with the values that its `break`s gave.
    pub(super) fn pop_values(&mut self, id: FrameId, at: Span) -> Vec<Value> {
        let Some(frame) = self.frames.pop() else { return Vec::new() };
        debug_assert_eq!(frame.id, id, "scopes are left in the order in which they were entered");
        for (_, local) in frame.names.iter().rev() {
            self.drop_at_end(*local, at);
            let guards = self.state.owned_by(Owner::Local(*local));
            self.end(&guards, at);
        }
        let guards = self.state.owned_by(Owner::Frame(id));
        self.end(&guards, at);
        let (left, values) = match frame.kind {
            FrameKind::Block | FrameKind::Temps => return Vec::new(),
            FrameKind::Loop { breaks, values, .. } | FrameKind::Labelled { breaks, values, .. } => {
                (breaks, values)
            }
            FrameKind::Call(returns) => (returns, Vec::new()),
        };
        for state in left {
            self.state = std::mem::replace(&mut self.state, State::new()).join(state);
        }
        values
    }

    /// The innermost scope's id.
    pub(super) fn frame_id(&self) -> FrameId {
        self.frames.last().map_or(FrameId(0), |it| it.id)
    }

    /// Where a `let` declares: the innermost scope that is not just a statement.
    pub(super) fn binding_frame(&self) -> usize {
        let is_block = |it: &Frame| !matches!(it.kind, FrameKind::Temps);
        self.frames.iter().rposition(is_block).unwrap_or(0)
    }

    /// The block around this statement: where an extended temporary lives.
    pub(super) fn block_frame(&self) -> FrameId {
        self.frames[self.binding_frame()].id
    }

    /// Where a temporary lives: the innermost statement, condition, arm or body.
    pub(super) fn temps_frame(&self) -> Option<FrameId> {
        let holds = |it: &&Frame| matches!(it.kind, FrameKind::Temps | FrameKind::Call(_));
        self.frames.iter().rev().find(holds).map(|it| it.id)
    }

    /// A value that is used by reference becomes a temporary.
    pub(super) fn settle(&mut self, value: &Value) {
        let flying = self.flying(value);
        if let Some(frame) = self.temps_frame() {
            self.state.give(&flying, Owner::Frame(frame));
        }
    }

    /// Evaluates in a scope of temporaries of its own.
    pub(super) fn in_temps(&mut self, id: ExprId) -> Value {
        let frame = self.push(FrameKind::Temps);
        let value = self.use_value(id);
        self.pop(frame, self.span(id).at_end());
        value
    }

    /// The same in a branch: it may not happen.
    pub(super) fn in_branch(&mut self, id: ExprId) -> Value {
        self.branches += 1;
        let known = self.assumed.len();
        let value = self.in_temps(id);
        self.assumed.truncate(known);
        self.branches -= 1;
        // A branch that is left early gives nothing to what comes behind.
        if self.state.reachable { value } else { Value { guards: value.guards, ..Value::of(Ty::Never) } }
    }

    /// The local of this name.
    pub(super) fn lookup(&self, name: &str) -> Option<LocalId> {
        // A closure's or async block's body sees the locals around it; an item's body is walked on its own.
        self.frames
            .iter()
            .rev()
            .find_map(|frame| frame.names.iter().rev().find(|(it, _)| *it == *name).map(|it| it.1))
    }

    /// `return`: the rest of the body does not happen on this path.
    pub(super) fn leave_call(&mut self, at: Span) {
        self.has_returned = true;
        self.give_back(at);
    }

    /// The caller goes on with what is alive behind the innermost function or closure.
    fn give_back(&mut self, at: Span) {
        let Some((target, state)) = self.left_call(at) else { return };
        if let FrameKind::Call(returns) = &mut self.frames[target].kind {
            returns.push(state);
        }
    }

    /// `panic!`: the drops on the way are not told of, and who called a closure goes no further either.
    pub(super) fn leave_quietly(&mut self, at: Span) {
        let told = self.flow.events.len();
        let early = self.early_drops.len();
        self.left_call(at);
        self.flow.events.truncate(told);
        self.early_drops.truncate(early);
    }

    /// Leaves the innermost function or closure: which frame that is, and what is alive behind it.
    fn left_call(&mut self, at: Span) -> Option<(usize, State)> {
        self.has_left = true;
        let target = self.frames.iter().rposition(|it| matches!(it.kind, FrameKind::Call(_)))?;
        let state = self.leaving(target, &[], at);
        self.state = State::unreachable();
        Some((target, state))
    }

    /// The early way out of `?`, while the path goes on. There the operand holds no guard: a failure has none.
    pub(super) fn maybe_leave_call(&mut self, operand: &[GuardId], at: Span) {
        let here = self.state.clone();
        let marks: Vec<(GuardId, usize)> =
            here.live.keys().map(|id| (*id, self.flow.guards[id.0 as usize].ends.len())).collect();
        self.state.live.retain(|id, _| !operand.contains(id));
        self.give_back(at);
        // An early return's ends would drown the real one.
        for (id, len) in marks {
            self.flow.guards[id.0 as usize].ends.truncate(len);
        }
        self.state = here;
    }

    /// `break`.
    pub(super) fn break_to(&mut self, label: Option<&Name>, value: Value, at: Span) {
        self.has_left = true;
        self.has_returned = true;
        let target = self.loop_frame(label);
        if let Some(target) = target.filter(|_| self.state.reachable) {
            let flying = self.flying(&value);
            let state = self.leaving(target, &flying, at);
            let kind = &mut self.frames[target].kind;
            if let FrameKind::Loop { breaks, values, .. } | FrameKind::Labelled { breaks, values, .. } = kind
            {
                breaks.push(state);
                values.push(value);
            }
        }
        self.state = State::unreachable();
    }

    /// `continue`.
    pub(super) fn continue_to(&mut self, label: Option<&Name>, at: Span) {
        self.has_left = true;
        self.has_returned = true;
        let target = self.loop_frame(label);
        if let Some(target) = target {
            let state = self.leaving(target, &[], at);
            if let FrameKind::Loop { continues, .. } = &mut self.frames[target].kind {
                continues.push(state);
            }
        }
        self.state = State::unreachable();
    }

    fn loop_frame(&self, label: Option<&Name>) -> Option<usize> {
        let barrier = self.frames.iter().rposition(|it| matches!(it.kind, FrameKind::Call(_))).unwrap_or(0);
        let fits = |it: &Frame| match (&it.kind, label) {
            (FrameKind::Loop { label: own, .. }, Some(label)) => own.as_ref() == Some(label),
            (FrameKind::Labelled { label: own, .. }, Some(label)) => own == label,
            (FrameKind::Loop { .. }, None) => true,
            _ => false,
        };
        self.frames.iter().rposition(fits).filter(|index| *index > barrier)
    }

    /// The state after everything inside the frame `target` has been dropped, itself included; `kept` goes along.
    fn leaving(&mut self, target: usize, kept: &[GuardId], at: Span) -> State {
        let before = self.state.clone();
        for index in (target..self.frames.len()).rev() {
            let id = self.frames[index].id;
            for (_, local) in self.frames[index].names.clone().iter().rev() {
                self.drop_early(*local, at);
                let guards = self.state.owned_by(Owner::Local(*local));
                self.end(&guards, at);
            }
            let guards = self.state.owned_by(Owner::Frame(id));
            self.end(&guards, at);
        }
        let flying: Vec<_> =
            self.state.owned_by(Owner::Flight).into_iter().filter(|it| !kept.contains(it)).collect();
        self.end(&flying, at);
        std::mem::replace(&mut self.state, before)
    }
}
