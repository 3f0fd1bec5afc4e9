//! Slots that are asked under one guard and filled under another: `Mutex<Option<T>>`, found empty, and filled later on.
//!
//! In: a function. Out: each place that fills a slot because it was empty when an earlier guard of the same lock was alive,
//! unless it is asked again under the second one.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, UnaryOp};
use safe_map_analysis::flow::{Event, EventKind, Guard};
use safe_map_analysis::knowledge::schema::{LockMode, TypeRole};
use safe_map_analysis::span::Span;

use crate::bodies::is_named;
use crate::conditions::{Conditions, Gives};
use crate::private::is_own;

/// A slot that is filled after the question was over.
pub(crate) struct Filled<'a> {
    /// The guard under which it is asked.
    pub(crate) asked: &'a Guard,
    /// The guard under which it is filled.
    pub(crate) guard: &'a Guard,
    /// The question.
    pub(crate) question: Span,
    /// The assignment.
    pub(crate) filling: Span,
}

/// The slots that are filled after the question was over.
pub(crate) fn filled<'a>(function: &'a FunctionView<'a>, body: &'a Body) -> Vec<Filled<'a>> {
    let fillings = body.exprs.iter().filter_map(|it| filling(body, it));
    fillings.filter_map(|(slot, at)| answer(function, body, slot, at)).collect()
}

/// What `*slot = Some(..)` fills.
fn filling(body: &Body, expr: &Expr) -> Option<(ExprId, Span)> {
    let ExprKind::Assign { op: None, lhs, rhs } = &expr.kind else { return None };
    let ExprKind::Unary { op: UnaryOp::Deref, operand } = &body.expr(*lhs).kind else { return None };
    let ExprKind::Call { callee, .. } = &body.expr(*rhs).kind else { return None };
    let ExprKind::Path(path) = &body.expr(*callee).kind else { return None };
    path.last().is_some_and(|it| it.name == "Some").then_some((*operand, expr.span))
}

/// The question to which a filling is the answer.
fn answer<'a>(
    function: &'a FunctionView<'a>,
    body: &'a Body,
    slot: ExprId,
    filling: Span,
) -> Option<Filled<'a>> {
    let guard = guard_of(function, body, slot).filter(|it| is_slot(function, it))?;
    let taken = guard.acquire.span;
    let names = |it: &Span| guard.binding.as_ref().is_some_and(|(name, _)| is_named(body, *it, name));
    if guard.binding.is_some() && names(&Span::new(taken.end, filling.start)) {
        return None;
    }
    let earlier = function.flow.guards.iter().filter(|it| is_before(function, it, guard));
    earlier.flat_map(|asked| questions(body, asked, taken).map(move |it| (asked, it))).find_map(
        |(asked, (question, is_none))| {
            let conditions = Conditions::of(function, body, question, Gives::Bool);
            let outcome = conditions.at(filling)?;
            (outcome.presence == Some(is_none)).then_some(Filled { asked, guard, question, filling })
        },
    )
}

/// The exclusive guard that an expression names, or takes.
fn guard_of<'a>(function: &FunctionView<'a>, body: &Body, slot: ExprId) -> Option<&'a Guard> {
    let expr = body.expr(slot);
    let mut guards = function.flow.guards.iter().filter(|it| it.acquire.mode == LockMode::Exclusive).rev();
    match &expr.kind {
        ExprKind::Path(path) => {
            let name = path.as_ident()?;
            let is_it = |it: &&Guard| {
                let is_bound = |(bound, at): &(_, Span)| *bound == *name && at.end <= expr.span.start;
                it.binding.as_ref().is_some_and(is_bound)
            };
            guards.find(is_it)
        }
        _ => guards.find(|it| expr.span.contains(it.acquire.span)),
    }
}

/// Whether a guard is one of a slot that others have as well.
fn is_slot(function: &FunctionView<'_>, guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    acquire.class.is_waited_for()
        && acquire.lock.role == TypeRole::Lock
        && function.model().role(&acquire.lock.content) == Some(TypeRole::Enum)
        && !acquire.lock.is_private
        && !is_own(function, acquire)
}

/// Whether a guard of the same lock was alive before another one, with nothing that is held all the while.
fn is_before(function: &FunctionView<'_>, asked: &Guard, guard: &Guard) -> bool {
    let (first, second) = (&asked.acquire, &guard.acquire);
    if first.lock.place != second.lock.place || first.span.end > second.span.start {
        return false;
    }
    let taken = |span: Span| {
        let is_it =
            |it: &&Event| matches!(&it.kind, EventKind::Acquire { acquire, .. } if acquire.span == span);
        function.flow.events.iter().find(is_it)
    };
    let (Some(first), Some(second)) = (taken(first.span), taken(second.span)) else { return false };
    let is_alive =
        second.held.iter().any(|it| function.flow.guard(it.guard).acquire.span == asked.acquire.span);
    let is_gated = first.held.iter().any(|it| second.held.iter().any(|other| other.guard == it.guard));
    !is_alive && !is_gated
}

/// Where a slot is asked under a guard whether it is empty, before `end`; and whether `true` says so.
fn questions<'a>(body: &'a Body, asked: &'a Guard, end: Span) -> impl Iterator<Item = (Span, bool)> + 'a {
    body.exprs.iter().filter(move |it| it.span.end <= end.start).filter_map(move |it| {
        let ExprKind::MethodCall { receiver, method, .. } = &it.kind else { return None };
        let is_none = match method.as_str() {
            "is_none" => true,
            "is_some" => false,
            _ => return None,
        };
        let receiver = body.expr(*receiver).span;
        let names = || {
            let (name, bound) = asked.binding.as_ref()?;
            (receiver.start > bound.end && is_named(body, receiver, name)).then_some(())
        };
        (receiver.contains(asked.acquire.span) || names().is_some()).then_some((it.span, is_none))
    })
}
