//! Who else asks for a lock: the other acquires of its declaration in the workspace.
//!
//! In: an acquire in a function. Out: whether anybody can wait for its guard, as far as the workspace says. A lock that is in
//! no field and no static is asked for by whom nobody knows.

use safe_map_analysis::facts::{Body, Expr, StaticMacro};
use safe_map_analysis::flow::{Acquire, Decl, EventKind, Root};
use safe_map_analysis::knowledge::schema::LockMode;
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;
use safe_map_analysis::{Analysis, Caller, FunctionView, Waiter};

use crate::declared::are_declared_together;
use crate::entries::is_entry;
use crate::private::{has_owner_alone, is_only_taken_from_here};
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
    let writes = |decl: &Decl| writers(function.file.analysis, decl).next().is_some();
    let is_wanted = acquire.mode != LockMode::Shared || acquire.lock.decl.as_ref().is_none_or(writes);
    is_wanted && !is_of_thread(function, acquire)
}

/// Whether a lock is seen where several have it at once: in a static, or in a value that several have.
pub(crate) fn is_seen_shared(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    match &acquire.lock.decl {
        Some(Decl::Static(_)) => true,
        Some(Decl::Field(owner, _)) => function.file.analysis.is_shared(*owner),
        None => false,
    }
}

/// Whether whoever calls the function from outside of the workspace lends it the lock, itself or by a method of the same value:
/// who else has it is not known.
pub(crate) fn is_lent_from_outside(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let analysis = function.file.analysis;
    match acquire.lock.place.root {
        Root::SelfValue => has_outside_self(analysis, function.id, MAX_CALLERS),
        Root::Param(..) => is_entry(analysis, function.id),
        _ => false,
    }
}

/// Whether a method runs on the `self` of one that is called from outside.
fn has_outside_self(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    let is_above = |it: &Caller| it.on_self && it.id != id && has_outside_self(analysis, it.id, hops - 1);
    is_entry(analysis, id) || hops > 0 && analysis.callers(id).iter().any(is_above)
}

/// Whether a lock is in a thread-local: no other thread has it.
pub(crate) fn is_of_thread(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let model = function.model();
    let is_local = |id| model.static_facts(id).declared_by == StaticMacro::ThreadLocal;
    let is_root = matches!(acquire.lock.place.root, Root::Static(id) if is_local(id));
    is_root || matches!(&acquire.lock.decl, Some(Decl::Static(id)) if is_local(*id))
}

/// Whether nobody waits for the lock of a guard: this one was an attempt, and so is everybody's in the workspace.
pub(crate) fn is_only_tried(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let decl = acquire.lock.decl.as_ref().filter(|_| acquire.is_try);
    decl.is_some_and(|it| function.file.analysis.waiters(it).is_empty())
}

/// The functions that wait to have a lock of this declaration alone while others can have it too, some more than once. Not
/// one that has the lock's owner to itself: nobody reads then.
pub(crate) fn writers(analysis: &Analysis, decl: &Decl) -> impl Iterator<Item = FnId> {
    let alone =
        |it: &&Waiter| it.mode == LockMode::Exclusive && !it.is_once && !has_nobody_else(analysis, it);
    analysis.waiters(decl).iter().filter(alone).map(|it| it.id)
}

/// Whether nobody else can have the lock where this one waits for it: it has the lock's owner to itself.
pub(crate) fn has_nobody_else(analysis: &Analysis, waiter: &Waiter) -> bool {
    waiter.is_own && has_owner_alone(analysis, waiter.id)
}

/// Whether tasks of a thread can ask for a cell while another task there is suspended: one that is started, not awaited,
/// does, by itself or through calls, in a way that conflicts with `mode`.
pub(crate) fn is_borrowed_meanwhile(function: &FunctionView<'_>, decl: &Decl, mode: LockMode) -> bool {
    let analysis = function.file.analysis;
    let conflicts = |it: &&Waiter| mode == LockMode::Exclusive || it.mode == LockMode::Exclusive;
    let is_other = |it: &&Waiter| it.is_apart || it.id != function.id;
    let mut others = analysis.waiters(decl).iter().filter(conflicts).filter(is_other);
    others.any(|it| it.is_apart || is_run_apart(analysis, it.id, MAX_CALLERS))
}

/// Whether a task that this function starts borrows the same cell in a way that conflicts with a borrow.
pub(crate) fn is_borrowed_by_own_task(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    function.flow.events.iter().filter(|it| !it.is_own).any(|it| match &it.kind {
        EventKind::Acquire { acquire: other, .. } => {
            let conflicts = acquire.mode == LockMode::Exclusive || other.mode == LockMode::Exclusive;
            conflicts && !other.is_try && other.lock.place == acquire.lock.place && other.span != acquire.span
        }
        _ => false,
    })
}

/// Whether a guard was handed out by an async function of the workspace: who asks for it waits there for its turn.
pub(crate) fn is_waited_for(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let is_future = |id| matches!(function.model().signature(id).output, Ty::Future(_));
    let mut calls = function.flow.events.iter().filter(|it| it.span == acquire.span);
    calls.any(|it| matches!(&it.kind, EventKind::Call(call) if is_future(call.callee)))
}

/// How many calls are followed back to a task.
const MAX_CALLERS: u32 = 6;

/// Whether a function runs in a task or closure that nobody is known to wait for: one of its callers does, or nobody
/// awaits it.
fn is_run_apart(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    let callers = analysis.callers(id);
    let is_started = callers.is_empty() && matches!(analysis.model.signature(id).output, Ty::Future(_));
    let is_below = |it: &Caller| it.is_apart || hops > 0 && is_run_apart(analysis, it.id, hops - 1);
    is_started || callers.iter().any(is_below)
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
    let waiters = acquire.lock.decl.iter().flat_map(|it| analysis.waiters(it)).map(|it| it.id);
    waiters.filter_map(|id| analysis.flow(id)).any(|flow| {
        flow.events.iter().any(|event| match &event.kind {
            EventKind::Acquire { acquire: it, .. } => asks(flow.id, it),
            _ => false,
        })
    })
}
