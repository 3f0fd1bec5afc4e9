//! Work under a guard that has its place there: beside a change of what the guard protects, on the way out in the order of the
//! holds, or in a line of a log.
//!
//! In: a function with its body, and a guard or the place of the work. Out: which of these it is, as far as the code says.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatKind, SelfKind, StmtKind};
use safe_map_analysis::flow::{EventKind, Guard, GuardId, Held};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::summary::EffectKind;

use crate::bodies::{blocks, is_named};
use crate::callbacks::root_name;

/// Macros that write a line somewhere.
const LOGS: [&str; 14] = [
    "crit",
    "debug",
    "debug_span",
    "eprint",
    "eprintln",
    "error",
    "event",
    "info",
    "info_span",
    "log",
    "print",
    "println",
    "trace",
    "warn",
];

/// Methods and functions that send or write what they are given.
const GIVES: [&str; 11] = [
    "atomic_write",
    "blocking_send",
    "broadcast",
    "publish",
    "send",
    "send_to",
    "try_send",
    "unbounded_send",
    "write",
    "write_all",
    "write_str",
];

/// Whether what a guard protects is changed while it is alive.
pub(crate) fn is_changed(function: &FunctionView<'_>, body: &Body, id: GuardId) -> bool {
    let guard = function.flow.guard(id);
    is_changed_in_words(function, body, guard) || is_changed_by_calls(function, id)
}

/// By an assignment, by `&mut`, or through a name that is bound with `mut`, which a guard is only to be written through.
fn is_changed_in_words(function: &FunctionView<'_>, body: &Body, guard: &Guard) -> bool {
    let taken = guard.acquire.span;
    let is_mut = |(name, bound): &(Name, Span)| {
        body.pats
            .iter()
            .filter(|it| it.span == *bound)
            .any(|it| matches!(&it.kind, PatKind::Bind { name: it, mutable: true, .. } if it == name))
    };
    let names = |id: ExprId| match &guard.binding {
        Some((name, bound)) => {
            let within = body.expr(id).span;
            let is_it = |it: &Expr| match &it.kind {
                ExprKind::Path(path) => {
                    path.as_ident().is_some_and(|it| it == name) && !function.flow.is_another(*bound, it.span)
                }
                _ => false,
            };
            root_name(body, id) == Some(name.as_str())
                && body.exprs.iter().any(|it| within.contains(it.span) && is_it(it))
        }
        None => false,
    };
    let is_it = |id: ExprId| body.expr(id).span.contains(taken) || names(id);
    guard.binding.as_ref().is_some_and(is_mut)
        || body.exprs.iter().any(|it| match &it.kind {
            ExprKind::Ref { mutable: true, operand, .. } => is_it(*operand),
            ExprKind::Assign { lhs, .. } => is_it(*lhs),
            _ => false,
        })
}

/// By an operation on a map or a `&mut self` method, in a callee as well.
fn is_changed_by_calls(function: &FunctionView<'_>, id: GuardId) -> bool {
    let lock = &function.flow.guard(id).acquire.lock.place;
    let is_held = |held: &[Held]| held.iter().any(|it| it.guard == id);
    let by_operation = function.happenings().filter(|it| is_held(&it.held)).any(|it| match &it.kind {
        EffectKind::MapOp(op) => op.op.changes() && op.place.is_below(lock),
        _ => false,
    });
    by_operation
        || function.flow.events.iter().filter(|it| is_held(&it.held)).any(|it| match &it.kind {
            EventKind::Call(call) => {
                let is_it = call.receiver.as_ref().is_some_and(|it| it.is_below(lock));
                is_it && function.model().signature(call.callee).self_kind == Some(SelfKind::RefMut)
            }
            _ => false,
        })
}

/// Whether an expression is in an argument of a macro that logs.
pub(crate) fn is_logged(body: &Body, span: Span) -> bool {
    body.exprs.iter().filter(|it| it.span.contains(span)).any(|it| match &it.kind {
        ExprKind::Macro(call) => call.path.last().is_some_and(|it| LOGS.contains(&it.name.as_str())),
        _ => false,
    })
}

/// Whether the value of an expression is sent or written while a guard is alive: where it stands, or by the name that it is
/// bound to.
pub(crate) fn is_given_away(body: &Body, span: Span, is_alive: impl Fn(Span) -> bool) -> bool {
    let bound = blocks(body).flat_map(|it| &it.stmts).find_map(|it| match it.kind {
        StmtKind::Let { pat, init: Some(init), .. } if body.expr(init).span.contains(span) => {
            Some(body.pat(pat))
        }
        _ => None,
    });
    let name = bound.and_then(|it| match &it.kind {
        PatKind::Bind { name, .. } => Some(name.as_str()),
        _ => None,
    });
    let is_it = |id: &ExprId| {
        let it = body.expr(*id).span;
        it.contains(span) || it.start >= span.end && name.is_some_and(|name| is_named(body, it, name))
    };
    body.exprs.iter().any(|it| given(body, it).iter().any(is_it) && is_alive(it.span))
}

/// What an expression sends or writes.
fn given<'a>(body: &Body, expr: &'a Expr) -> &'a [ExprId] {
    let gives = |it: &str| GIVES.contains(&it);
    match &expr.kind {
        ExprKind::MethodCall { method, args, .. } if gives(method.as_str()) => args,
        ExprKind::Call { callee, args } => match &body.expr(*callee).kind {
            ExprKind::Path(path) if path.last().is_some_and(|it| gives(it.name.as_str())) => args,
            _ => &[],
        },
        _ => &[],
    }
}
