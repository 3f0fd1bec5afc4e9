//! Maps that are filled from elsewhere by loops in loops, under the guard that everybody waits for.
//!
//! In: a function. Out: the named exclusive guards under which a loop goes over something else, another loop is in it, and the
//! map is filled there, each with the outer loop and the first insertion.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprKind};
use safe_map_analysis::flow::{EventKind, Guard};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode, Op, TypeRole};
use safe_map_analysis::span::Span;

use crate::bodies::is_named;
use crate::contended::is_contended;
use crate::private::is_own;

/// A guard under which its map is filled.
pub(crate) struct Refilled {
    pub(crate) guard: Guard,
    /// The first insertion in the inner loop.
    pub(crate) insertion: Span,
}

/// The guards under which loops in loops fill their maps.
pub(crate) fn refilled(function: &FunctionView<'_>, body: &Body) -> Vec<Refilled> {
    let guards = function.flow.guards.iter().filter(|it| keeps_away(function, it));
    guards
        .filter_map(|guard| {
            let insertion = insertion(function, body, guard)?;
            Some(Refilled { guard: guard.clone(), insertion })
        })
        .collect()
}

/// Whether threads wait for a named guard of a map.
fn keeps_away(function: &FunctionView<'_>, guard: &Guard) -> bool {
    let acquire = &guard.acquire;
    let is_map = || {
        let role = function.model().role(acquire.lock.content.peel_refs());
        matches!(role, Some(TypeRole::Map | TypeRole::Collection))
    };
    guard.binding.is_some()
        && acquire.mode == LockMode::Exclusive
        && matches!(acquire.class, GuardClass::Blocking | GuardClass::Spinning)
        && acquire.lock.role == TypeRole::Lock
        && !acquire.lock.is_private
        && !acquire.is_try
        && !acquire.is_indirect
        && is_map()
        && !is_own(function, acquire)
        && is_contended(function, acquire)
}

/// Where a loop in a loop, over something else both, fills the map while the guard is alive.
fn insertion(function: &FunctionView<'_>, body: &Body, guard: &Guard) -> Option<Span> {
    let loops: Vec<Loop> = body.exprs.iter().filter_map(|it| Loop::of(body, it)).collect();
    let lock = &guard.acquire.lock.place;
    let inserted = function.flow.events.iter().filter(|event| match &event.kind {
        EventKind::MapOp(it) => matches!(it.op, Op::Insert | Op::Entry) && it.place.is_in(lock),
        _ => false,
    });
    let is_held =
        |at: &Span| guard.ends.iter().all(|it| it.start >= at.end) && at.start > guard.acquire.span.end;
    let counts = |it: &&Loop| is_held(&it.whole) && it.is_over_another(body, guard);
    let mut filled = inserted.filter(|event| {
        let around = loops.iter().filter(|it| it.turns.contains(event.span)).filter(counts);
        around.count() > 1
    });
    filled.next().map(|it| it.span)
}

/// A `for` loop.
struct Loop {
    whole: Span,
    head: Span,
    turns: Span,
    /// Over a range or a list that is written out.
    is_counted: bool,
}

impl Loop {
    fn of(body: &Body, expr: &Expr) -> Option<Loop> {
        let ExprKind::For { iter, body: turns, .. } = &expr.kind else { return None };
        let head = body.expr(*iter);
        let is_counted = matches!(head.kind, ExprKind::Range { .. } | ExprKind::Array(_));
        Some(Loop { whole: expr.span, head: head.span, turns: body.expr(*turns).span, is_counted })
    }

    /// Whether it goes over something that the guard does not protect.
    fn is_over_another(&self, body: &Body, guard: &Guard) -> bool {
        let names = guard.binding.as_ref().is_some_and(|(name, _)| is_named(body, self.head, name));
        !self.is_counted && !names
    }
}
