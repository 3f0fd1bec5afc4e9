//! Locks that nobody else can ask for: those of a value that a function has to itself.
//!
//! In: a function and an acquire in it. Out: whether another thread, or code that the function calls, can have the lock.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, ExprId, ExprKind};
use safe_map_analysis::flow::{Acquire, Root, Step};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{Mutability, Ty};

use crate::bodies::{binds, lets};
use crate::fix::body_of;
use crate::story::is_exclusive;

/// Whether no other thread can have the lock now: it is in a value that this function owns and lends to no closure, or in
/// one that it was given by `&mut`.
pub(crate) fn is_own(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let place = &acquire.lock.place;
    if !place.path.iter().all(|it| matches!(it, Step::Field(_))) {
        return false;
    }
    match &place.root {
        Root::SelfValue => is_exclusive(function, acquire),
        Root::Param(index, _) if is_given_mutably(function, *index) => true,
        Root::Local(_, name) | Root::Param(_, name) => {
            let mut locals = function.flow.locals.iter().filter(|it| it.name == *name).peekable();
            locals.peek().is_some() && locals.all(|it| it.is_sole) && !is_lent_to_a_closure(function, name)
        }
        Root::Static(_) | Root::ForeignStatic(_) | Root::Call(_) | Root::Unnamed(_) => false,
    }
}

/// Whether nobody waits for the lock of a guard: this one was an attempt, and so is everybody's in the workspace.
pub(crate) fn is_only_tried(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let decl = acquire.lock.decl.as_ref().filter(|_| acquire.is_try);
    decl.is_some_and(|it| function.file.analysis.waiters(it).is_empty())
}

fn is_given_mutably(function: &FunctionView<'_>, index: u32) -> bool {
    let params = &function.model().signature(function.id).params;
    matches!(params.get(index as usize), Some(Ty::Ref(Mutability::Mut, _)))
}

fn is_lent_to_a_closure(function: &FunctionView<'_>, name: &str) -> bool {
    let Some(body) = body_of(function) else { return true };
    let closures = body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Closure(closure) => Some(body.expr(closure.body).span),
        _ => None,
    });
    closures.into_iter().any(|it| is_named(&body, it, name))
}

fn is_named(body: &Body, within: Span, name: &str) -> bool {
    body.exprs.iter().filter(|it| within.contains(it.span)).any(|it| match &it.kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
        ExprKind::Macro(_) => true,
        _ => false,
    })
}

/// Whether the lock is in a local of which every clone stays in this function: no code that is called can ask for it,
/// unless it is code of this function.
pub(crate) fn stays_here(function: &FunctionView<'_>, body: &Body, acquire: &Acquire) -> bool {
    let Root::Local(id, name) = &acquire.lock.place.root else { return false };
    let local = function.flow.locals.get(*id as usize).filter(|it| it.name == *name);
    let Some(local) = local else { return false };
    let Some(made) = lets(body).find(|(pat, _)| pat.contains(local.span)) else { return false };
    let is_made_here = matches!(body.expr(made.1).kind, ExprKind::Call { .. });
    let behind = body.expr(made.1).span.end;
    is_made_here
        && body.exprs.iter().enumerate().all(|(id, it)| match &it.kind {
            ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == name) => {
                it.span.start < behind || is_asked(body, ExprId(id as u32), name)
            }
            _ => true,
        })
}

/// Whether a name stands where its value goes nowhere: before the dot of a method, or in a clone that is bound to the same
/// name again.
fn is_asked(body: &Body, named: ExprId, name: &str) -> bool {
    let span = body.expr(named).span;
    let is_clone = lets(body).any(|(pat, init)| {
        let clones = match &body.expr(init).kind {
            ExprKind::Call { callee, args } => {
                let ends_in_clone = match &body.expr(*callee).kind {
                    ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "clone"),
                    _ => false,
                };
                ends_in_clone && args.len() == 1
            }
            ExprKind::MethodCall { method, .. } => method == "clone",
            _ => false,
        };
        clones && body.expr(init).span.contains(span) && binds(body, pat, name)
    });
    let is_receiver = body.exprs.iter().any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => *receiver == named && method != "clone",
        _ => false,
    });
    is_clone || is_receiver
}
