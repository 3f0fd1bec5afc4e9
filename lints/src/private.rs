//! Locks that nobody else can ask for: those of a value that a function has to itself.
//!
//! In: a function and an acquire in it. Out: whether another thread, or code that the function calls, can have the lock.

use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, MacroArgs, PatKind, SelfKind, Visibility};
use safe_map_analysis::flow::{Acquire, EventKind, Root, Step};
use safe_map_analysis::model::{FnId, Model};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::{AdtId, Mutability, Ty};
use safe_map_analysis::{Analysis, Caller, FunctionView};

use crate::bodies::{binds, is_loop, is_named, lets};
use crate::fix::body_of;
use crate::taken::takes_out;

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

/// Whether the function has `self` to itself, and so nobody else has the lock now: it is in `self` itself, not behind a
/// handle.
pub(crate) fn is_exclusive(function: &FunctionView<'_>, acquire: &Acquire) -> bool {
    let place = &acquire.lock.place;
    place.root == Root::SelfValue
        && place.path.iter().all(|it| matches!(it, Step::Field(_)))
        && has_self_alone(function.file.analysis, function.id, MAX_CALLERS)
}

/// Whether a function that takes a lock in its `self` or a parameter has all of that to itself.
pub(crate) fn has_owner_alone(analysis: &Analysis, id: FnId) -> bool {
    let params = &analysis.model.signature(id).params;
    let is_given = || params.iter().any(|it| matches!(it, Ty::Ref(Mutability::Mut, _)));
    has_self_alone(analysis, id, MAX_CALLERS)
        || analysis.model.signature(id).self_kind.is_none() && is_given()
}

/// Whether a lock is in a value that this function has made, and nobody else has got by the end of `span`.
pub(crate) fn is_of_new_value(function: &FunctionView<'_>, acquire: &Acquire, span: Span) -> bool {
    // A lock behind a handle may be one that the new value was given.
    let is_within = acquire.lock.place.path.iter().all(|it| matches!(it, Step::Field(_)));
    matches!(acquire.lock.place.root, Root::Local(..))
        && is_within
        && body_of(function).is_some_and(|body| is_unshared(function, &body, acquire, span))
}

/// Whether one function has `&mut self` of the very value that another is lent as `self`: values of one type that cannot be
/// cloned are taken to share nothing.
pub(crate) fn needs_same_owner(analysis: &Analysis, lent: FnId, alone: FnId) -> bool {
    let model = &analysis.model;
    let (lent, sig) = (model.signature(lent), model.signature(alone));
    let is_same = lent.self_kind.is_some() && sig.self_kind == Some(SelfKind::RefMut);
    match (&lent.self_ty, &sig.self_ty) {
        (Some(Ty::Adt(one, _)), Some(ty @ Ty::Adt(other, _))) if is_same => {
            one == other && !is_cloned(model, *other, ty)
        }
        _ => false,
    }
}

/// Whether values of a type can be cloned: each may be a handle to what others have too.
pub(crate) fn is_cloned(model: &Model, id: AdtId, ty: &Ty) -> bool {
    let derives = &model.item(model.adt(id).at).attrs.derives;
    derives.iter().any(|it| *it == *"Clone") || model.method(ty, "clone").is_some()
}

/// How many calls are followed back to a method that has `&mut self`.
const MAX_CALLERS: u32 = 6;

/// Whether a method runs only while nobody else can have its `self`: it takes `&mut self`, or it is the crate's and all its
/// callers are such methods and call it on their own `self`, or make the value that they call it on.
fn has_self_alone(analysis: &Analysis, id: FnId, hops: u32) -> bool {
    let model = &analysis.model;
    let callers = || analysis.callers(id);
    let is_private = || {
        let def = model.func(id);
        let is_of_trait = def.impl_.and_then(|at| model.impl_facts(at)).is_none_or(|it| it.trait_.is_some());
        !is_of_trait && model.item(def.at).vis != Visibility::Public
    };
    match model.signature(id).self_kind {
        Some(SelfKind::RefMut) => true,
        Some(SelfKind::Ref) if hops > 0 && is_private() && !callers().is_empty() => {
            let makes = |it: &Caller| is_maker(model, it.id, id);
            callers().iter().all(|it| makes(it) || it.on_self && has_self_alone(analysis, it.id, hops - 1))
        }
        _ => false,
    }
}

/// Whether a function makes values of the type that another is a method of: `fn open(path: &Path) -> io::Result<Self>`.
fn is_maker(model: &Model, id: FnId, method: FnId) -> bool {
    match &model.signature(method).self_ty {
        Some(Ty::Adt(made, _)) => makes(model, id, *made),
        _ => false,
    }
}

/// Whether a function without a `self` gives values of a type of the workspace.
pub(crate) fn makes(model: &Model, id: FnId, made: AdtId) -> bool {
    let sig = model.signature(id);
    sig.self_kind.is_none() && gives(&sig.output, made)
}

/// Whether a function without a `self` gives values of a type, or of one that has such a value in it, however many handles
/// between.
pub(crate) fn makes_part(model: &Model, id: FnId, part: AdtId) -> bool {
    let sig = model.signature(id);
    let is_part = &mut |it: &Ty| matches!(it, Ty::Adt(id, _) if *id == part);
    let is_made = |it: &Ty| model.any_part(it, is_part);
    sig.self_kind.is_none() && with_output(&sig.output, is_made)
}

/// The same of what a call gives in the end.
fn with_output(output: &Ty, is_made: impl FnOnce(&Ty) -> bool) -> bool {
    match output {
        Ty::Future(inner) => is_made(inner),
        _ => is_made(output),
    }
}

/// Whether a value of this type is, or is about to be, one of a type of the workspace.
fn gives(ty: &Ty, made: AdtId) -> bool {
    match ty {
        Ty::Adt(id, _) => *id == made,
        Ty::Known(_, args) | Ty::Tuple(args) => args.iter().any(|it| gives(it, made)),
        Ty::Future(inner) => gives(inner, made),
        _ => false,
    }
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
    closures.into_iter().any(|it| may_be_named(&body, it, name))
}

/// Whether a name is, or may be, used within a span: what a macro makes is not known.
fn may_be_named(body: &Body, within: Span, name: &str) -> bool {
    let is_macro = |it: &Expr| within.contains(it.span) && matches!(it.kind, ExprKind::Macro(_));
    is_named(body, within, name) || body.exprs.iter().any(is_macro)
}

/// Whether the lock is in a local of which every clone stays in this function: no code that is called can ask for it,
/// unless it is code of this function.
pub(crate) fn stays_here(function: &FunctionView<'_>, body: &Body, acquire: &Acquire) -> bool {
    let Some((Name { name, .. }, init)) = made_here(function, body, acquire) else { return false };
    let behind = body.expr(init).span.end;
    matches!(body.expr(init).kind, ExprKind::Call { .. })
        && body.exprs.iter().enumerate().all(|(id, it)| match &it.kind {
            ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == name) => {
                it.span.start < behind || is_asked(body, ExprId(id as u32), name)
            }
            _ => true,
        })
}

/// Whether the lock is in a local that this function has made, and that nobody else has got by the end of `span`.
pub(crate) fn is_unshared(function: &FunctionView<'_>, body: &Body, acquire: &Acquire, span: Span) -> bool {
    let Some((local, init)) = made_here(function, body, acquire) else { return false };
    let behind = body.expr(init).span.end;
    // A later part of a loop is an earlier one of its next turn.
    let turns = body.exprs.iter().filter(|it| is_loop(it) && it.span.contains(span)).map(|it| it.span);
    let turns = turns.filter(|it| it.start >= behind);
    let until = turns.map(|it| it.end).max().unwrap_or(span.end);
    let is_then = |it: Span| behind <= it.start && it.start < until;
    is_constructor(body, init)
        && body.exprs.iter().zip(0..).filter(|(it, _)| is_then(it.span)).all(|(it, id)| match &it.kind {
            ExprKind::Closure(closure) => !may_be_named(body, body.expr(closure.body).span, local.name),
            ExprKind::Macro(call) => call.args != MacroArgs::Opaque,
            _ => !local.is_named_by(function, it) || is_receiver(body, ExprId(id)),
        })
}

/// Whether the lock is around a slot that this function fills when it makes it, and that everybody, in this function or a
/// closure of it, only takes from: who waits for it finds nothing there.
pub(crate) fn is_only_taken_from_here(function: &FunctionView<'_>, body: &Body, acquire: &Acquire) -> bool {
    let Some((local, init)) = made_here(function, body, acquire) else { return false };
    let acquires = function.flow.events.iter().filter_map(|it| match &it.kind {
        EventKind::Acquire { acquire, .. } => Some(acquire),
        _ => None,
    });
    let mut same = acquires.filter(|it| it.lock.place == acquire.lock.place);
    let takes = |at: Span| {
        body.exprs.iter().any(|it| match &it.kind {
            ExprKind::MethodCall { method, .. } => method == "take" && takes_out(body, it, at),
            _ => false,
        })
    };
    let clones = lets(body)
        .filter(|(_, it)| is_clone(body, *it) && may_be_named(body, body.expr(*it).span, local.name));
    let clones: Vec<(Name<'_>, Span)> =
        clones.filter_map(|(pat, it)| Some((bound(body, pat)?, body.expr(it).span))).collect();
    let behind = body.expr(init).span.end;
    let stays = |it: &Expr, id: ExprId| {
        let is_cloned = clones.iter().any(|(_, clone)| clone.contains(it.span));
        it.span.start < behind || is_cloned || is_receiver(body, id)
    };
    is_constructor(body, init)
        && same.all(|it| takes(it.span))
        && body.exprs.iter().zip(0..).all(|(it, id)| {
            let mut handles = clones.iter().map(|(it, _)| it).chain([&local]);
            !handles.any(|name| name.is_named_by(function, it)) || stays(it, ExprId(id))
        })
}

/// A local by its name, with where it is bound.
struct Name<'a> {
    name: &'a str,
    bound: Span,
}

impl Name<'_> {
    fn is_named_by(&self, function: &FunctionView<'_>, expr: &Expr) -> bool {
        match &expr.kind {
            ExprKind::Path(path) => {
                let is_it = path.as_ident().is_some_and(|it| it == self.name);
                is_it && !function.flow.is_another(self.bound, expr.span)
            }
            _ => false,
        }
    }
}

/// The local that a lock is in, with what it is made of.
fn made_here<'a>(
    function: &FunctionView<'_>,
    body: &Body,
    acquire: &'a Acquire,
) -> Option<(Name<'a>, ExprId)> {
    let Root::Local(id, name) = &acquire.lock.place.root else { return None };
    let local = function.flow.locals.get(*id as usize).filter(|it| it.name == *name)?;
    let (_, init) = lets(body).find(|(pat, _)| pat.contains(local.span))?;
    Some((Name { name, bound: local.span }, init))
}

/// Whether an expression makes a new value: `Arc::new(..)`, `Pool::with_capacity(8)`, `Pool { .. }`.
fn is_constructor(body: &Body, expr: ExprId) -> bool {
    match &body.expr(expr).kind {
        ExprKind::Struct { .. } => true,
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => path.last().is_some_and(|it| {
                let is_made = |prefix| it.name.starts_with(prefix);
                path.as_ident().is_none()
                    && (matches!(it.name.as_str(), "new" | "default" | "from")
                        || is_made("new_")
                        || is_made("with_"))
            }),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a name stands before the dot of a method that makes no other handle, or what is in it does.
fn is_receiver(body: &Body, named: ExprId) -> bool {
    body.exprs.iter().zip(0..).any(|(it, id)| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => *receiver == named && method != "clone",
        ExprKind::Field { base, .. } => *base == named && is_receiver(body, ExprId(id)),
        _ => false,
    })
}

/// The name that a whole pattern is.
fn bound(body: &Body, pat: Span) -> Option<Name<'_>> {
    body.pats.iter().filter(|it| it.span == pat).find_map(|it| match &it.kind {
        PatKind::Bind { name, .. } => Some(Name { name, bound: pat }),
        _ => None,
    })
}

/// Whether a name stands where its value goes nowhere: before the dot of a method, or in a clone that is bound to the same
/// name again.
fn is_asked(body: &Body, named: ExprId, name: &str) -> bool {
    let span = body.expr(named).span;
    let is_cloned = lets(body).any(|(pat, init)| {
        is_clone(body, init) && body.expr(init).span.contains(span) && binds(body, pat, name)
    });
    is_cloned || is_receiver(body, named)
}

fn is_clone(body: &Body, expr: ExprId) -> bool {
    match &body.expr(expr).kind {
        ExprKind::Call { callee, args } => {
            let ends_in_clone = match &body.expr(*callee).kind {
                ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "clone"),
                _ => false,
            };
            ends_in_clone && args.len() == 1
        }
        ExprKind::MethodCall { method, .. } => method == "clone",
        _ => false,
    }
}
