//! Keys that nobody else can have: a random number, the next of a counter.
//!
//! In: a function that inserts into a map. Out: whether it makes up the key that it inserts under, or is given one by callers
//! that do.

use safe_map_analysis::facts::{Body, ExprId, ExprKind, PatKind};
use safe_map_analysis::flow::EventKind;
use safe_map_analysis::knowledge::schema::Op;
use safe_map_analysis::model::FnId;
use safe_map_analysis::span::Span;
use safe_map_analysis::{Analysis, FunctionView};

use crate::access::{Access, accesses};
use crate::bodies::{binds, lets};
use crate::fix::body_of;
use crate::parents::arguments;

/// How many calls a key is followed back.
const MAX_HOPS: u32 = 3;

/// Whether a function inserts under keys that were just made, by itself or by all who call it.
pub(crate) fn makes_keys(analysis: &Analysis, id: FnId, access: &Access<'_>) -> bool {
    let file = analysis.file(analysis.model.func(id).at.file);
    let Some(flow) = analysis.flow(id) else { return false };
    let function = FunctionView { file, id, flow };
    let Some(body) = body_of(&function) else { return false };
    let inserts = accesses(&function)
        .into_iter()
        .filter(|it| it.decl == access.decl && !it.is_called() && matches!(it.op, Op::Insert | Op::Entry));
    let mut inserts = inserts.peekable();
    let is_new = |key: ExprId| is_made_up(&body, key) || is_given_new(analysis, id, &body, key, MAX_HOPS);
    inserts.peek().is_some()
        && inserts.all(|it| arguments(&body, it.span()).first().is_some_and(|it| is_new(*it)))
}

/// Whether an expression is, or is plainly made of, a parameter for which every caller makes up a value.
fn is_given_new(analysis: &Analysis, id: FnId, body: &Body, key: ExprId, hops: u32) -> bool {
    let Some(name) = name_of(body, key) else { return false };
    let index = body
        .params
        .iter()
        .position(|it| matches!(&body.pat(*it).kind, PatKind::Bind { name: it, .. } if *it == *name));
    let callers = analysis.callers(id);
    let (Some(index), true) = (index, hops > 0) else { return false };
    !callers.is_empty() && callers.iter().all(|it| gives_new(analysis, it.id, id, index, hops - 1))
}

/// Whether every call of a function in another gives it something that was just made up.
fn gives_new(analysis: &Analysis, caller: FnId, callee: FnId, index: usize, hops: u32) -> bool {
    let (Some(flow), Some(body)) = (analysis.flow(caller), analysis.body(caller)) else { return false };
    let calls =
        flow.events.iter().filter(|it| matches!(&it.kind, EventKind::Call(it) if it.callee == callee));
    let mut calls = calls.peekable();
    let is_new = |key: ExprId| is_made_up(&body, key) || is_given_new(analysis, caller, &body, key, hops);
    calls.peek().is_some()
        && calls.all(|it| arguments(&body, it.span).get(index).is_some_and(|it| is_new(*it)))
}

/// The name that an expression is or is a part of, references and copies aside.
fn name_of(body: &Body, id: ExprId) -> Option<&str> {
    match &body.expr(id).kind {
        ExprKind::Path(path) => path.as_ident().map(|it| it.as_str()),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => name_of(body, *operand),
        ExprKind::Field { base, .. } => name_of(body, *base),
        ExprKind::MethodCall { receiver, method, args, .. } if args.is_empty() => {
            matches!(method.as_str(), "clone" | "to_owned" | "to_string" | "into")
                .then(|| name_of(body, *receiver))?
        }
        _ => None,
    }
}

/// Whether an expression, or what its name is bound to, draws a number or makes an id; of a part of a local, whether the struct that it
/// is bound to is written with such a part.
fn is_made_up(body: &Body, id: ExprId) -> bool {
    if let Some((base, part)) = part_of(body, id) {
        let Some(name) = name_of(body, base) else { return false };
        return lets(body).any(|(pat, init)| binds(body, pat, name) && makes_part(body, init, part));
    }
    let span = body.expr(id).span;
    draws_in(body, span)
        || lets(body).any(|(pat, init)| {
            names(body, span).any(|name| binds(body, pat, name)) && draws_in(body, body.expr(init).span)
        })
}

/// The field that an expression is, references and copies aside.
fn part_of(body: &Body, id: ExprId) -> Option<(ExprId, &str)> {
    match &body.expr(id).kind {
        ExprKind::Field { base, name } => Some((*base, name.as_str())),
        ExprKind::Ref { operand, .. } | ExprKind::Unary { operand, .. } => part_of(body, *operand),
        ExprKind::MethodCall { receiver, args, .. } if args.is_empty() => part_of(body, *receiver),
        _ => None,
    }
}

/// Whether a struct is written with a part that is drawn or made.
fn makes_part(body: &Body, init: ExprId, part: &str) -> bool {
    match &body.expr(init).kind {
        ExprKind::Struct { fields, .. } => {
            fields.iter().any(|(name, value)| *name == *part && is_made_up(body, *value))
        }
        _ => false,
    }
}

/// What the paths and calls in a place are named.
fn names(body: &Body, within: Span) -> impl Iterator<Item = &str> {
    body.exprs.iter().filter(move |it| within.contains(it.span)).filter_map(|it| match &it.kind {
        ExprKind::Path(path) => path.last().map(|it| it.name.as_str()),
        ExprKind::MethodCall { method, .. } => Some(method.as_str()),
        _ => None,
    })
}

fn draws_in(body: &Body, within: Span) -> bool {
    let draws = |it: &str| {
        matches!(it, "fetch_add" | "new_v4" | "now_v7" | "random" | "gen")
            || it.starts_with("next_")
            || it.starts_with("get_next_")
            || it.contains("generate")
    };
    names(body, within).any(draws)
}
