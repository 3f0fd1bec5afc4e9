//! Branches and loops: scopes of scrutinees by edition, what each arm can still hold, what loops carry round.

use super::frames::{Frame, FrameKind};
use super::state::{Owner, State};
use super::value::Value;
use super::walk::Walker;
use super::{GuardId, Scrutinee};
use crate::facts::{Arm, ExprId, ExprKind, LazyOp, Lit, PatId, PatKind};
use crate::knowledge::schema::TypeRole;
use crate::name::Name;
use crate::span::Span;
use crate::ty::Ty;

/// How many loops inside an outermost one are walked twice: nested ones would otherwise double each other.
const MAX_SECOND_TURNS: u32 = 24;

impl<'a> Walker<'a> {
    pub(super) fn if_(&mut self, cond: ExprId, then: ExprId, otherwise: Option<ExprId>) -> Value {
        // From 2024 on the temporaries of `let` scrutinees end before `else`.
        let early = self.edition.drops_tails_early().then(|| self.push(FrameKind::Temps));
        let names = self.push(FrameKind::Block);
        let mut failed = Vec::new();
        let known = self.assumed.len();
        self.condition(cond, &mut failed);
        let taken = self.in_branch(then);
        self.assumed.truncate(known);
        let scopes = self.frames[self.frames.len() - 1 - usize::from(early.is_some())..].to_vec();
        self.pop(names, self.span(then).at_end());
        if let Some(early) = early {
            self.pop(early, self.span(then).at_end());
        }
        let after_then = std::mem::replace(&mut self.state, State::unreachable());
        for mut state in failed {
            scopes.iter().for_each(|it| purge(&mut state, it));
            self.state = std::mem::replace(&mut self.state, State::unreachable()).join(state);
        }
        self.assume(cond, false);
        let value = match otherwise {
            Some(otherwise) => {
                let value = self.in_branch(otherwise);
                self.merge(vec![taken, value])
            }
            None => taken.with_ty(Ty::unit()),
        };
        if after_then.reachable {
            self.assumed.truncate(known);
        }
        self.state = std::mem::replace(&mut self.state, State::unreachable()).join(after_then);
        value
    }

    /// A condition: a chain of `&&` whose `let` operands keep their temporaries, while plain ones do not. Leaves the
    /// state in which it holds, and what that says of the parameters; `failed` collects those in which it does not.
    pub(super) fn condition(&mut self, cond: ExprId, failed: &mut Vec<State>) {
        let body = self.body;
        match &body.expr(cond).kind {
            ExprKind::Lazy { op: LazyOp::And, lhs, rhs } => {
                self.condition(*lhs, failed);
                self.branches += 1;
                self.condition(*rhs, failed);
                self.branches -= 1;
            }
            ExprKind::Lazy { op: LazyOp::Or, lhs, rhs } => {
                let mut first = Vec::new();
                let known = self.assumed.len();
                self.condition(*lhs, &mut first);
                self.assumed.truncate(known);
                let held = std::mem::replace(&mut self.state, State::unreachable());
                self.state = first.into_iter().fold(State::unreachable(), State::join);
                self.branches += 1;
                self.assume(*lhs, false);
                self.condition(*rhs, failed);
                self.assumed.truncate(known);
                self.branches -= 1;
                self.state = std::mem::replace(&mut self.state, State::unreachable()).join(held);
            }
            ExprKind::Let { pat, init } => {
                self.let_condition(*pat, *init, failed);
                self.assume(cond, true);
            }
            ExprKind::Lit(Lit::Bool(true)) => {}
            _ => {
                let value = self.in_temps(cond);
                let mut state = self.state.clone();
                if let Some((guards, alive_if)) = value.tells {
                    forget(if alive_if { &mut state } else { &mut self.state }, &guards);
                }
                failed.push(state);
                self.assume(cond, true);
            }
        }
    }

    fn let_condition(&mut self, pat: PatId, init: ExprId, failed: &mut Vec<State>) {
        let value = self.use_place(init);
        self.looked_into(init, &value);
        if !self.is_irrefutable(pat) {
            let mut state = self.state.clone();
            if !self.rest_carries(&value.ty, &self.exhausts(pat)) {
                forget(&mut state, &value.guards);
            }
            failed.push(state);
        }
        self.enter_pattern(pat, value);
    }

    /// The path on which a pattern matches: guards that the variant cannot hold were never there.
    fn enter_pattern(&mut self, pat: PatId, value: Value) {
        self.forget_absent(pat, &value);
        self.bind(pat, value);
    }

    /// Takes off this path the guards of the parts that cannot hold one where the pattern matches.
    fn forget_absent(&mut self, pat: PatId, value: &Value) {
        if let (PatKind::Tuple(elems), false) = (&self.body.pat(pat).kind, value.parts.is_empty()) {
            for (elem, index) in self.positions(elems, value.parts.len()) {
                if let Some(part) = value.parts.get(index) {
                    self.forget_absent(elem, part);
                }
            }
            return;
        }
        if let (PatKind::Lit(Lit::Bool(matched)), Some((guards, alive_if))) =
            (&self.body.pat(pat).kind, &value.tells)
        {
            if matched != alive_if {
                forget(&mut self.state, guards);
            }
            return;
        }
        if !self.carries(pat, &value.ty) {
            forget(&mut self.state, &value.guards);
        }
    }

    pub(super) fn let_else(
        &mut self,
        pat: PatId,
        value: Value,
        otherwise: ExprId,
        made: &[GuardId],
        span: Span,
    ) {
        let matched = self.state.clone();
        // On the way to `else` every temporary is dropped, extended ones too.
        if !self.rest_carries(&value.ty, &self.exhausts(pat)) {
            forget(&mut self.state, &value.guards);
        }
        self.end(made, span);
        self.in_branch(otherwise);
        self.state = matched;
        self.enter_pattern(pat, value);
    }

    pub(super) fn match_(&mut self, scrutinee: ExprId, arms: &'a [Arm]) -> Value {
        let value = self.use_place(scrutinee);
        self.looked_into(scrutinee, &value);
        let base = self.state.clone();
        let mut taken = Vec::new();
        let mut end = State::unreachable();
        let mut values = Vec::new();
        for arm in arms {
            self.state = base.clone();
            if self.is_irrefutable(arm.pat) && !self.rest_carries(&value.ty, &taken) {
                forget(&mut self.state, &value.guards);
            }
            let known = self.assumed.len();
            self.assume_pattern(scrutinee, arm.pat, true);
            values.push(self.arm(arm, value.clone()));
            self.assumed.truncate(known);
            end = end.join(std::mem::replace(&mut self.state, State::unreachable()));
            if arm.guard.is_none() {
                taken.extend(self.exhausts(arm.pat));
            }
        }
        self.state = if arms.is_empty() { State::unreachable() } else { end };
        self.merge(values)
    }

    fn arm(&mut self, arm: &Arm, value: Value) -> Value {
        let names = self.push(FrameKind::Block);
        self.enter_pattern(arm.pat, value);
        if let Some(guard) = arm.guard {
            // A plain guard's temporaries end before the arm, those of an `if let` guard live through it.
            let mut failed = Vec::new();
            self.condition(guard, &mut failed);
        }
        let value = self.in_branch(arm.body);
        self.pop(names, self.span(arm.body).at_end());
        value
    }

    /// The value of a branching expression.
    pub(super) fn merge(&mut self, values: Vec<Value>) -> Value {
        let mut guards: Vec<GuardId> = values.iter().flat_map(|it| it.guards.iter().copied()).collect();
        guards.dedup();
        let known = |it: &&Value| !matches!(it.ty, Ty::Never | Ty::Unknown) && !it.ty.is_open();
        let half = |it: &&Value| !matches!(it.ty, Ty::Never | Ty::Unknown);
        let full = |it: &&Value| !it.is_empty;
        let some = values.iter().filter(full).find(known).or_else(|| values.iter().find(known));
        let best = some.or_else(|| values.iter().find(half)).cloned().unwrap_or_default();
        let mut others = values.iter().filter(|it| !matches!(it.ty, Ty::Never) && !it.is_empty);
        let same_place = others.all(|it| it.place == best.place);
        let place = if same_place { best.place } else { None };
        let iterates = best.iterates;
        let pending = best.pending;
        let is_empty = values.iter().all(|it| it.is_empty || matches!(it.ty, Ty::Never));
        // Where only one branch gives a value, that is the whole's, part by part.
        let is_only = values.iter().filter(|it| !matches!(it.ty, Ty::Never)).count() == 1;
        let parts = if is_only { best.parts } else { Vec::new() };
        Value { place, decl: best.decl, guards, iterates, pending, is_empty, parts, ..Value::of(best.ty) }
    }

    pub(super) fn loop_(&mut self, label: Option<&Name>, body: ExprId, span: Span) -> Value {
        let values = self.turns(label, span, |walker| {
            walker.in_temps(body);
            Vec::new()
        });
        self.merge(values)
    }

    pub(super) fn while_(&mut self, label: Option<&Name>, cond: ExprId, body: ExprId, span: Span) -> Value {
        self.turns(label, span, |walker| walker.while_turn(cond, body));
        Value::of(Ty::unit())
    }

    /// One turn: the condition's temporaries live through the body; gives the states in which the condition fails.
    fn while_turn(&mut self, cond: ExprId, body: ExprId) -> Vec<State> {
        let temps = self.push(FrameKind::Temps);
        let names = self.push(FrameKind::Block);
        let mut failed = Vec::new();
        let known = self.assumed.len();
        self.condition(cond, &mut failed);
        self.in_branch(body);
        self.assumed.truncate(known);
        let scopes = self.frames[self.frames.len() - 2..].to_vec();
        self.pop(names, self.span(body).at_end());
        self.pop(temps, self.span(body).at_end());
        for state in &mut failed {
            scopes.iter().for_each(|it| purge(state, it));
        }
        failed
    }

    /// Walks a loop's turns: once, and a second time where a turn leaves behind a guard that it did not find.
    /// Gives the values of its `break`s.
    fn turns(
        &mut self,
        label: Option<&Name>,
        span: Span,
        mut turn: impl FnMut(&mut Self) -> Vec<State>,
    ) -> Vec<Value> {
        let exits = |label: Option<&Name>| FrameKind::Loop {
            label: label.cloned(),
            breaks: Vec::new(),
            continues: Vec::new(),
            values: Vec::new(),
        };
        if !self.frames.iter().any(|it| matches!(it.kind, FrameKind::Loop { .. })) {
            self.second_turns = 0;
        }
        let frame = self.push(exits(label));
        let entry = self.state.clone();
        let known = self.assumed.len();
        let mut left = turn(self);
        self.assumed.truncate(known);
        self.join_continues();
        let carried = self.state.reachable && self.state.live.keys().any(|id| !entry.live.contains_key(id));
        if carried && self.second_turns < MAX_SECOND_TURNS {
            self.second_turns += 1;
            self.state = std::mem::replace(&mut self.state, State::unreachable()).join(entry);
            left.extend(turn(self));
            self.assumed.truncate(known);
            self.join_continues();
        }
        // The loop is left where its condition fails, or by `break`; the end of a turn leads back to its head.
        self.state = left.into_iter().fold(State::unreachable(), State::join);
        self.pop_values(frame, span.at_end())
    }

    fn join_continues(&mut self) {
        let Some(Frame { kind: FrameKind::Loop { continues, .. }, .. }) = self.frames.last_mut() else {
            return;
        };
        for state in std::mem::take(continues) {
            self.state = std::mem::replace(&mut self.state, State::unreachable()).join(state);
        }
    }

    pub(super) fn for_(
        &mut self,
        label: Option<&Name>,
        pat: PatId,
        iter: ExprId,
        body: ExprId,
        span: Span,
    ) -> Value {
        let head = self.use_value(iter);
        let head = self.loop_head(head, iter);
        self.looked_into(iter, &head);
        let given = self.consume(&head);
        self.end(&given, self.span(iter).at_end());
        // The iterator itself lives until the loop ends; the head's temporaries are the statement's.
        let holder = self.push(FrameKind::Block);
        let flying = self.flying(&head);
        self.state.give(&flying, Owner::Frame(holder));
        let item = self.item_ty(&head.ty);
        let depth = self.iterating.len();
        if let Some(place) = &head.iterates {
            self.iterating.push((place.clone(), self.span(iter)));
        }
        self.turns(label, span, |walker| {
            let before = walker.state.clone();
            let names = walker.push(FrameKind::Block);
            walker.bind(pat, Value::of(item.clone()));
            walker.in_branch(body);
            walker.pop(names, walker.span(body).at_end());
            // No item, or no further one.
            vec![before, walker.state.clone()]
        });
        self.iterating.truncate(depth);
        self.pop(holder, span.at_end());
        Value::of(Ty::unit())
    }

    /// Whether a reference is to a shared map, or to a view of one.
    fn is_view(&self, ty: &Ty) -> bool {
        let chain = self.deref_chain(ty.peel_refs());
        chain.iter().take(2).any(|it| self.model.role(it) == Some(TypeRole::SharedMap))
    }

    /// What a `for` makes of its head: a reference to a shared map is iterated under its locks, a plain map by place.
    fn loop_head(&mut self, head: Value, at: ExprId) -> Value {
        let behind_ref = matches!(head.ty, Ty::Ref(..));
        match self.model.role(head.ty.peel_refs()) {
            Some(TypeRole::SharedMap | TypeRole::Layer) if behind_ref && self.is_view(&head.ty) => {
                self.call_method(head, &Name::new("iter"), Vec::new(), &[], self.span(at))
            }
            Some(TypeRole::Map) => {
                self.count_walk(&head, self.span(at));
                Value { iterates: head.place.clone(), ..head }
            }
            _ => head,
        }
    }

    /// What iterating a value of this type gives, turn by turn.
    pub(super) fn item_ty(&self, ty: &Ty) -> Ty {
        let by_ref = matches!(ty, Ty::Ref(..));
        let behind = |item: Ty| match (by_ref, item) {
            (false, item) => item,
            (true, Ty::Tuple(parts)) => Ty::Tuple(parts.iter().cloned().map(Ty::shared_ref).collect()),
            (true, item) => Ty::shared_ref(item),
        };
        for ty in self.deref_chain(ty) {
            match &ty {
                Ty::Known(id, args) => {
                    let known = self.knowledge.ty(*id);
                    if let Some(item) = &known.item {
                        let item = item.instantiate(&known.params, args);
                        return if known.role == TypeRole::Iterator { item } else { behind(item) };
                    }
                }
                Ty::Slice(item) => return behind((**item).clone()),
                Ty::Adt(..) => {
                    if let Some(id) = self.model.method(&ty, "next") {
                        let sig = self.model.signature(id);
                        return self.unwrapped(&self.model.seen_from(&sig.output, sig, &ty));
                    }
                }
                _ => {}
            }
        }
        Ty::Unknown
    }
}

impl Walker<'_> {
    /// Notes what a branch or loop looks into, where that could keep something alive.
    fn looked_into(&mut self, scrutinee: ExprId, value: &Value) {
        if self.state.live.is_empty() || !self.macro_args.is_empty() {
            return;
        }
        let it =
            Scrutinee { span: self.span(scrutinee), is_owned: value.is_owned || self.is_owned(&value.ty) };
        if !self.flow.scrutinees.contains(&it) {
            self.flow.scrutinees.push(it);
        }
    }
}

/// Takes guards off a path on which they never were.
fn forget(state: &mut State, guards: &[GuardId]) {
    for id in guards {
        state.live.remove(id);
    }
}

/// Drops what a scope owns, on a path that leaves it without passing its end.
fn purge(state: &mut State, scope: &Frame) {
    let mut gone = state.owned_by(Owner::Frame(scope.id));
    for (_, local) in &scope.names {
        gone.extend(state.owned_by(Owner::Local(*local)));
    }
    forget(state, &gone);
}
