//! What several lints look for in a body: blocks, `let` statements, names that a pattern binds, whole awaits, loops, code
//! that is run by others.

use safe_map_analysis::facts::{Block, BlockKind, Body, Expr, ExprId, ExprKind, PatKind, StmtKind};
use safe_map_analysis::span::Span;

pub(crate) fn blocks(body: &Body) -> impl Iterator<Item = &Block> {
    body.exprs.iter().filter_map(|it| match &it.kind {
        ExprKind::Block(block) => Some(block),
        _ => None,
    })
}

/// The patterns of the `let` statements with their initialisers.
pub(crate) fn lets(body: &Body) -> impl Iterator<Item = (Span, ExprId)> {
    blocks(body).flat_map(|it| &it.stmts).filter_map(|it| match it.kind {
        StmtKind::Let { pat, init: Some(init), .. } => Some((body.pat(pat).span, init)),
        _ => None,
    })
}

/// Whether a pattern within a span binds a name.
pub(crate) fn binds(body: &Body, within: Span, name: &str) -> bool {
    let mut inside = body.pats.iter().filter(|it| within.contains(it.span));
    inside.any(|it| matches!(&it.kind, PatKind::Bind { name: bound, .. } if *bound == *name))
}

/// The whole expression of an await, of which the event has the last word only; any other event is its own.
pub(crate) fn whole_await(body: &Body, event: Span) -> Span {
    let mut awaits = body.exprs.iter().filter(|it| matches!(it.kind, ExprKind::Await(_)));
    awaits.find(|it| it.span.end == event.end && it.span.contains(event)).map_or(event, |it| it.span)
}

pub(crate) fn is_loop(it: &Expr) -> bool {
    matches!(it.kind, ExprKind::For { .. } | ExprKind::While { .. } | ExprKind::Loop { .. })
}

/// Whether code may be run by somebody else, or later: a closure, or what is behind a future.
pub(crate) fn is_code(it: &Expr) -> bool {
    match &it.kind {
        ExprKind::Closure(_) => true,
        ExprKind::Block(block) => matches!(block.kind, BlockKind::Async { .. }),
        _ => false,
    }
}

/// Whether `name` is named within a span.
pub(crate) fn is_named(body: &Body, within: Span, name: &str) -> bool {
    body.exprs
        .iter()
        .filter(|it| within.contains(it.span))
        .any(|it| matches!(&it.kind, ExprKind::Path(path) if path.as_ident().is_some_and(|it| it == name)))
}
