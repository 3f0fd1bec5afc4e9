//! Keys that are collected from a map, and what is done with them afterwards.
//!
//! In: an access that walks a map. Out: whether its entries are chosen by what they hold, and whether a key that is used later
//! is one of those that were chosen.

use safe_map_analysis::facts::{Body, Closure, Expr, ExprId, ExprKind, PatId, PatKind};
use safe_map_analysis::span::Span;

use crate::conditions::Conditions;

/// By what entries are chosen while a map is walked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Chosen {
    /// All of them are taken.
    All,
    /// By their keys.
    ByKey,
    /// By what they hold.
    ByValue,
}

/// By what the entries are chosen that the walk at `walk` goes over.
pub(crate) fn chosen(body: &Body, walk: Span) -> Chosen {
    let chain = chain(body, walk);
    let in_chain = chain.iter().filter_map(|id| match &body.expr(*id).kind {
        ExprKind::MethodCall { method, args, .. } if method.starts_with("filter") => {
            args.iter().find_map(|it| closure(body, *it))
        }
        _ => None,
    });
    let found: Vec<Chosen> = in_chain.map(|it| by_closure(body, it)).chain(in_loop(body, &chain)).collect();
    match found.as_slice() {
        [] => Chosen::All,
        found if found.contains(&Chosen::ByValue) => Chosen::ByValue,
        _ => Chosen::ByKey,
    }
}

/// Whether only so many of the entries below a limit are taken: `.filter(|it| *it.value() < 2).take(9)`.
pub(crate) fn takes_few(body: &Body, walk: Span) -> bool {
    let chain = chain(body, walk);
    let is_limit = |id: &ExprId| match &body.expr(*id).kind {
        ExprKind::MethodCall { method, args, .. } => method == "take" && args.len() == 1,
        _ => false,
    };
    let is_in_chain = |at: Span| chain.iter().any(|it| body.expr(*it).span.contains(at));
    let orders = |it: &Expr| matches!(&it.kind, ExprKind::Binary { op, .. } if op == "<" || op == "<=");
    chain.iter().any(is_limit) && body.exprs.iter().any(|it| is_in_chain(it.span) && orders(it))
}

/// The calls that are chained to an expression, itself first: `map.iter()`, `map.iter().filter(..)`.
pub(crate) fn chain(body: &Body, start: Span) -> Vec<ExprId> {
    let is_start = |it: &Expr| it.span == start && matches!(it.kind, ExprKind::MethodCall { .. });
    let Some(first) = body.exprs.iter().position(is_start) else { return Vec::new() };
    let mut chain = vec![ExprId(first as u32)];
    while let Some(next) = chain.last().and_then(|it| chained(body, *it)) {
        chain.push(next);
    }
    chain
}

fn chained(body: &Body, id: ExprId) -> Option<ExprId> {
    let is_next = |it: &Expr| match &it.kind {
        ExprKind::MethodCall { receiver, .. } => *receiver == id,
        ExprKind::Ref { operand, .. } => *operand == id,
        _ => false,
    };
    body.exprs.iter().position(is_next).map(|it| ExprId(it as u32))
}

fn closure(body: &Body, id: ExprId) -> Option<&Closure> {
    match &body.expr(id).kind {
        ExprKind::Closure(closure) => Some(closure),
        _ => None,
    }
}

fn by_closure(body: &Body, closure: &Closure) -> Chosen {
    let looks =
        closure.params.iter().any(|(pat, _)| looks_at_value(body, *pat, body.expr(closure.body).span));
    if looks { Chosen::ByValue } else { Chosen::ByKey }
}

/// `for entry in map.iter() { if entry.is_old() { old.push(..) } }`.
fn in_loop(body: &Body, chain: &[ExprId]) -> Option<Chosen> {
    let (pat, turn) = body.exprs.iter().find_map(|it| match &it.kind {
        ExprKind::For { pat, iter, body, .. } if chain.contains(iter) => Some((*pat, *body)),
        _ => None,
    })?;
    let turn = body.expr(turn).span;
    let conditions = body.exprs.iter().filter(|it| turn.contains(it.span)).filter_map(|it| match &it.kind {
        ExprKind::If { cond, .. } => Some(*cond),
        ExprKind::Match { scrutinee, .. } => Some(*scrutinee),
        _ => None,
    });
    let mut all = conditions.map(|it| looks_at_value(body, pat, body.expr(it).span)).peekable();
    all.peek()?;
    Some(if all.any(|it| it) { Chosen::ByValue } else { Chosen::ByKey })
}

/// Whether code looks at the value of an entry that a pattern takes apart, not only at its key.
fn looks_at_value(body: &Body, pat: PatId, within: Span) -> bool {
    match &body.pat(pat).kind {
        PatKind::Ref(inner) | PatKind::Typed(inner, _) => looks_at_value(body, *inner, within),
        PatKind::Tuple(items) => items.get(1).is_some_and(|it| {
            let value = body.pat(*it).span;
            let names =
                body.pats.iter().filter(|it| value.contains(it.span)).filter_map(|it| match &it.kind {
                    PatKind::Bind { name, .. } => Some(name),
                    _ => None,
                });
            names.into_iter().any(|it| crate::bodies::is_named(body, within, it))
        }),
        PatKind::Bind { name, .. } => uses_more_than_key(body, name, within),
        _ => false,
    }
}

/// Whether something else than `key()` is asked of an entry.
fn uses_more_than_key(body: &Body, name: &str, within: Span) -> bool {
    let is_entry = |id: ExprId| match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
        _ => false,
    };
    body.exprs.iter().filter(|it| within.contains(it.span)).any(|it| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } => is_entry(*receiver) && method != "key",
        ExprKind::Field { base, name } => is_entry(*base) && name.as_str() != "0",
        ExprKind::Unary { operand, .. } => is_entry(*operand),
        _ => false,
    })
}

/// Whether the key of the call at `call` is the name that a loop over what was collected gives.
pub(crate) fn is_of_collected(body: &Body, conditions: &Conditions<'_>, key: ExprId, call: Span) -> bool {
    let Some(name) = root(body, key) else { return false };
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::For { pat, iter, body: turn, .. } => {
            let is_bound = crate::bodies::binds(body, body.pat(*pat).span, name);
            is_bound && body.expr(*turn).span.contains(call) && conditions.relation(*iter).is_some()
        }
        _ => false,
    })
}

fn root(body: &Body, id: ExprId) -> Option<&str> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => root(body, *operand),
        ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => root(body, *receiver),
        _ => None,
    }
}
