//! What becomes of the value of an expression: who takes it, or that nobody does.

use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, MacroArgs, PatKind, StmtKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::{blocks, is_loop};

/// The call or index whose span this is.
pub(crate) fn expr_at(body: &Body, span: Span) -> Option<ExprId> {
    let is_op = |it: &Expr| {
        let is_op =
            matches!(it.kind, ExprKind::Call { .. } | ExprKind::MethodCall { .. } | ExprKind::Index { .. });
        it.span == span && is_op
    };
    body.exprs.iter().position(is_op).map(|it| ExprId(it as u32))
}

/// The arguments of the call at a span.
pub(crate) fn arguments(body: &Body, span: Span) -> &[ExprId] {
    match expr_at(body, span).map(|it| &body.expr(it).kind) {
        Some(ExprKind::Call { args, .. } | ExprKind::MethodCall { args, .. }) => args,
        _ => &[],
    }
}

/// Whether nobody takes the value of an expression.
pub(crate) fn is_discarded(body: &Body, id: ExprId) -> bool {
    let is_stmt = |it: &StmtKind| match it {
        StmtKind::Expr { expr, semi } => *expr == id && (*semi || is_of_unit(body, id)),
        StmtKind::Let { pat, init: Some(init), .. } => {
            *init == id && matches!(body.pat(*pat).kind, PatKind::Wild)
        }
        _ => false,
    };
    if blocks(body).flat_map(|it| &it.stmts).any(|it| is_stmt(&it.kind)) {
        return true;
    }
    let parent = body.exprs.iter().zip(0..).find(|(it, _)| hands_on(it, id));
    parent.is_some_and(|(it, at)| is_loop(it) || is_discarded(body, ExprId(at)))
}

/// A block, branch or loop that stands as a statement without a semicolon.
fn is_of_unit(body: &Body, id: ExprId) -> bool {
    let it = body.expr(id);
    is_loop(it) || matches!(it.kind, ExprKind::If { .. } | ExprKind::Match { .. } | ExprKind::Block(_))
}

/// Whether the value of an expression is that of the part `id` of it.
fn hands_on(it: &Expr, id: ExprId) -> bool {
    match &it.kind {
        ExprKind::Await(inner) => *inner == id,
        ExprKind::Block(block) => block.tail == Some(id),
        ExprKind::If { then, otherwise, .. } => *then == id || *otherwise == Some(id),
        ExprKind::Match { arms, .. } => arms.iter().any(|it| it.body == id),
        ExprKind::For { body, .. } | ExprKind::While { body, .. } | ExprKind::Loop { body, .. } => {
            *body == id
        }
        _ => false,
    }
}

/// The method that is called on the value of an expression, awaits and references aside.
pub(crate) fn next_method(body: &Body, id: ExprId) -> Option<&Name> {
    body.exprs.iter().zip(0..).find_map(|(it, at)| match &it.kind {
        ExprKind::MethodCall { receiver, method, .. } if *receiver == id => Some(method),
        ExprKind::Await(inner) if *inner == id => next_method(body, ExprId(at)),
        _ => None,
    })
}

/// Whether the value is taken for granted: `.unwrap()`, `.expect(..)`, `map[&key]`.
pub(crate) fn is_granted(body: &Body, id: ExprId) -> bool {
    matches!(body.expr(id).kind, ExprKind::Index { .. })
        || next_method(body, id).is_some_and(|it| matches!(it.as_str(), "unwrap" | "expect"))
}

/// The `if` without `else` that does nothing but evaluate the expression at `only`: its span and condition.
pub(crate) fn only_in_if(body: &Body, only: Span) -> Option<(Span, ExprId)> {
    body.exprs.iter().find_map(|it| {
        let ExprKind::If { cond, then, otherwise: None } = &it.kind else { return None };
        let ExprKind::Block(block) = &body.expr(*then).kind else { return None };
        let [stmt] = block.stmts.as_slice() else { return None };
        match stmt.kind {
            StmtKind::Expr { expr, semi: true } if block.tail.is_none() && body.expr(expr).span == only => {
                Some((it.span, *cond))
            }
            _ => None,
        }
    })
}

/// Whether an expression can be put into a closure: it leaves nothing and awaits nothing, as far as it parsed.
pub(crate) fn fits_closure(body: &Body, within: Span) -> bool {
    body.exprs.iter().filter(|it| within.contains(it.span)).all(|it| match &it.kind {
        ExprKind::Await(_) | ExprKind::Try(_) | ExprKind::Return(_) | ExprKind::Unknown => false,
        ExprKind::Break { .. } | ExprKind::Continue { .. } | ExprKind::Yield(_) => false,
        ExprKind::Macro(call) => call.args != MacroArgs::Opaque,
        _ => true,
    })
}
