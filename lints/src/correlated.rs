//! Conditions that may exclude each other: a guard that only some paths have, asked for on some paths only.

use safe_map_analysis::facts::{Expr, ExprId, ExprKind};
use safe_map_analysis::flow::{Acquire, EventKind, Guard};
use safe_map_analysis::knowledge::schema::{GuardClass, LockMode};
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::{Effect, EffectKind, Happening};
use safe_map_analysis::{Analysis, FunctionView};

use crate::fix::body_of;

/// Whether a guard that is alive on some paths only meets what happens in a branch that is younger than the guard. The two
/// conditions are often one: `let g = if c { Some(m.lock()) } else { None }; if !c { m.lock() }`.
pub(crate) fn may_exclude(function: &FunctionView<'_>, guard: &Guard, maybe: bool, hazard: Span) -> bool {
    let Some(body) = maybe.then(|| body_of(function)).flatten() else { return false };
    let branches: Vec<Span> = body.exprs.iter().flat_map(|it| branches(&body.exprs, it)).collect();
    let taken = guard.acquire.span;
    // Not so in a closure, which runs or not for reasons of its own.
    branches.iter().any(|it| it.contains(taken) && !it.contains(hazard))
        && branches.iter().any(|it| it.contains(hazard) && !it.contains(taken))
}

/// Whether what a callee may do is what it did when it made the guard: it fills a cell that is empty, and gives a reference to
/// what is in it; or another one that fills the same cell did.
pub(crate) fn is_filled(function: &FunctionView<'_>, guard: &Guard, happening: &Happening<'_>) -> bool {
    // What it does on every run it does again: a lock of the workspace's own is taken each time.
    let analysis = function.file.analysis;
    // Nor is the guard that it gives what it fills a cell with, unless it decides by something else whether to take it.
    let fills = |id: FnId| {
        analysis.effects(id).iter().all(|it| match &it.kind {
            EffectKind::Acquire(acquire) => {
                let is_given = || is_given(analysis, id, it.at) && !is_decided(analysis, id, it);
                acquire.mode == LockMode::Shared || !it.is_sure && !is_given()
            }
            _ => true,
        })
    };
    let fills_this = |id: FnId| {
        analysis.effects(id).iter().any(|it| match &it.kind {
            EffectKind::Acquire(acquire) => acquire.mode != LockMode::Shared && same_cell(acquire, guard),
            _ => false,
        })
    };
    let is_on_the_way =
        |id: FnId| fills(id) && (happening.chain.iter().any(|it| it.function == id) || fills_this(id));
    let mut events = function.flow.events.iter().filter(|it| it.span == guard.acquire.span);
    !happening.is_sure
        && events.any(|it| match &it.kind {
            EventKind::Call(call) => is_on_the_way(call.callee),
            _ => false,
        })
}

/// Whether a function hands out the guard that it takes here.
fn is_given(analysis: &Analysis, id: FnId, at: Span) -> bool {
    analysis.flow(id).is_some_and(|it| it.shape.guards.iter().any(|given| given.span == at))
}

/// Whether something happens in a branch of a function, or of one that it calls for it: a lock that is taken once a thread is
/// not taken again where it is held.
fn is_decided(analysis: &Analysis, id: FnId, effect: &Effect) -> bool {
    let is_in_branch = analysis.body(id).is_none_or(|body| {
        let branches = body.exprs.iter().flat_map(|it| branches(&body.exprs, it));
        branches.into_iter().any(|it| it.contains(effect.at))
    });
    let inner = || {
        let (callee, index) = effect.via?;
        Some(is_decided(analysis, callee, analysis.effects(callee).get(index as usize)?))
    };
    is_in_branch || inner().unwrap_or(false)
}

/// Whether two borrows are of cells of one declaration.
fn same_cell(acquire: &Acquire, guard: &Guard) -> bool {
    let (one, other) = (acquire, &guard.acquire);
    other.class == GuardClass::RefCell && one.lock.decl.is_some() && one.lock.decl == other.lock.decl
}

/// The branches that an expression chooses from.
fn branches(exprs: &[Expr], it: &Expr) -> Vec<Span> {
    let span = |id: ExprId| exprs[id.0 as usize].span;
    match &it.kind {
        ExprKind::If { then, otherwise, .. } => std::iter::once(*then).chain(*otherwise).map(span).collect(),
        ExprKind::Match { arms, .. } if arms.len() > 1 => arms.iter().map(|it| span(it.body)).collect(),
        _ => Vec::new(),
    }
}
