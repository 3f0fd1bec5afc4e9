//! Who else asks for a lock: the other acquires of its declaration in the workspace.
//!
//! In: an acquire in a function. Out: whether anybody can wait for its guard, as far as the workspace says. A lock that is in
//! no field and no static is asked for by whom nobody knows.

use safe_map_analysis::facts::{Body, Expr, StaticMacro};
use safe_map_analysis::flow::{Acquire, Decl, EventKind, Root};
use safe_map_analysis::knowledge::schema::LockMode;
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FunctionView};

use crate::declared::are_declared_together;
use crate::private::is_only_taken_from_here;
use crate::taken::takes_out;

/// Whether a scrutinee takes a value out of a lock that nobody waits for: it is asked for nowhere else, or everybody who
/// asks takes out what this function put in.
pub(crate) fn takes_alone(
    function: &FunctionView<'_>,
    body: &Body,
    scrutinee: Span,
    acquire: &Acquire,
) -> bool {
    let is_in = |it: &&Expr| scrutinee.contains(it.span);
    let takes = body.exprs.iter().filter(is_in).any(|it| takes_out(body, it, acquire.span));
    let is_only = || acquire.lock.decl.is_some() && !others(function, acquire, |_| true);
    takes && (is_only() || is_only_taken_from_here(function, body, acquire))
}

/// Whether somebody can wait for a guard: not for one of a thread-local, and for one of a reader only who waits to write.
pub(crate) fn is_contended(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let (model, analysis) = (function.model(), function.file.analysis);
    let is_of_thread = |decl: &Decl| match decl {
        Decl::Static(id) => model.static_facts(*id).declared_by == StaticMacro::ThreadLocal,
        Decl::Field(..) => false,
    };
    let statics = match acquire.lock.place.root {
        Root::Static(id) => Some(Decl::Static(id)),
        _ => None,
    };
    let decl = acquire.lock.decl.as_ref();
    let writes = |decl: &Decl| writers(analysis, decl).next().is_some();
    !statics.iter().chain(decl).any(is_of_thread)
        && (acquire.mode != LockMode::Shared || decl.is_none_or(writes))
}

/// Whether nobody waits for the lock of a guard: this one was an attempt, and so is everybody's in the workspace.
pub(crate) fn is_only_tried(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let decl = acquire.lock.decl.as_ref().filter(|_| acquire.is_try);
    decl.is_some_and(|it| function.file.analysis.waiters(it).is_empty())
}

/// The functions that wait to have a lock of this declaration alone, some more than once.
pub(crate) fn writers(analysis: &Analysis, decl: &Decl) -> impl Iterator<Item = FnId> {
    let alone = analysis.waiters(decl).iter().filter(|(_, mode)| *mode == LockMode::Exclusive);
    alone.map(|(id, _)| *id)
}

/// Whether code of the workspace takes the lock alone, to change what it protects.
pub(crate) fn is_written(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    others(function, acquire, |it| it.mode == LockMode::Exclusive)
}

/// Whether another acquire of the same declaration waits, and is as `asked`.
fn others(function: &FunctionView<'_>, acquire: &Acquire, asked: impl Fn(&Acquire) -> bool) -> bool {
    let analysis = function.file.analysis;
    let asks = |id: FnId, it: &Acquire| {
        let waits = !it.is_try && it.mode != LockMode::None;
        let is_here = id == function.id && it.span == acquire.span;
        let is_same = || are_declared_together(function.model(), (function.id, acquire), (id, it));
        waits && asked(it) && !is_here && is_same()
    };
    let waiters = acquire.lock.decl.iter().flat_map(|it| analysis.waiters(it)).map(|it| it.0);
    waiters.filter_map(|id| analysis.flow(id)).any(|flow| {
        flow.events.iter().any(|event| match &event.kind {
            EventKind::Acquire { acquire: it, .. } => asks(flow.id, it),
            _ => false,
        })
    })
}
