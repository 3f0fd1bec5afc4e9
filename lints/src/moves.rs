//! Where a local is given away: passed on by value, stored, returned, captured by `move`.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{BlockKind, Body, Expr, ExprId, ExprKind, StmtKind};
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

/// The expressions that take a local by value; `drop` is none of them.
pub(crate) fn moves(function: &FunctionView<'_>, body: &Body, local: &(Name, Span)) -> Vec<Span> {
    let is_it = |id: &ExprId| is_local(function, body, local, *id);
    body.exprs.iter().filter(|it| given(body, it).iter().any(is_it)).map(|it| it.span).collect()
}

/// Whether a local may be another's, or nobody's, at a byte: it was given away before, and did not get its value back in
/// the same assignment, or a closure or task has it.
pub(crate) fn is_moved_before(
    function: &FunctionView<'_>,
    body: &Body,
    local: &(Name, Span),
    byte: u32,
) -> bool {
    let names = |within: Span| {
        let inside = body.exprs.iter().enumerate().filter(|(_, it)| within.contains(it.span));
        inside.into_iter().any(|(id, _)| is_local(function, body, local, ExprId(id as u32)))
    };
    let comes_back = |it: Span| {
        body.exprs.iter().any(|assign| match &assign.kind {
            ExprKind::Assign { op: None, lhs, rhs } => {
                body.expr(*rhs).span.contains(it) && is_local(function, body, local, *lhs)
            }
            _ => false,
        })
    };
    let is_before = |it: Span| local.1.end <= it.start && it.end <= byte;
    let mut captures = body.exprs.iter().filter(|it| is_before(it.span) && is_move_capture(&it.kind));
    captures.any(|it| names(it.span))
        || moves(function, body, local).into_iter().any(|it| is_before(it) && !comes_back(it))
}

fn is_local(function: &FunctionView<'_>, body: &Body, local: &(Name, Span), id: ExprId) -> bool {
    let it = body.expr(id);
    let named = matches!(&it.kind, ExprKind::Path(path) if path.as_ident() == Some(&local.0));
    named && it.span.start > local.1.start && !function.flow.is_another(local.1, it.span)
}

/// Whether an expression takes what it names by value, whatever it does with it.
pub(crate) fn is_move_capture(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Closure(closure) => closure.is_move,
        ExprKind::Block(block) => block.kind == BlockKind::Async { is_move: true },
        _ => false,
    }
}

/// What an expression takes by value.
fn given(body: &Body, it: &Expr) -> Vec<ExprId> {
    match &it.kind {
        ExprKind::Call { callee, args } => match &body.expr(*callee).kind {
            ExprKind::Path(path) if path.last().is_some_and(|it| it.name == "drop") => Vec::new(),
            _ => args.clone(),
        },
        ExprKind::MethodCall { args, .. } => args.clone(),
        ExprKind::Struct { fields, .. } => fields.iter().map(|it| it.1).collect(),
        ExprKind::Tuple(items) | ExprKind::Array(items) => items.clone(),
        ExprKind::Return(value) | ExprKind::Break { value, .. } => value.iter().copied().collect(),
        ExprKind::Assign { rhs, .. } => vec![*rhs],
        ExprKind::Block(block) => {
            let inits = block.stmts.iter().filter_map(|it| match it.kind {
                StmtKind::Let { init, .. } => init,
                _ => None,
            });
            inits.chain(block.tail).collect()
        }
        _ => Vec::new(),
    }
}
