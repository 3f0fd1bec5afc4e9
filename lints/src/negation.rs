//! Conditions turned around.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, ExprId, ExprKind, UnaryOp};
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::typing::Typed;

/// The text of a condition with the contrary meaning; `text` gives that of its parts.
pub(crate) fn negated(
    function: &FunctionView<'_>,
    body: &Body,
    cond: ExprId,
    text: impl Fn(Span) -> Option<String>,
) -> Option<String> {
    let expr = body.expr(cond);
    let whole = text(expr.span)?;
    match &expr.kind {
        ExprKind::Unary { op: UnaryOp::Not, operand } => text(body.expr(*operand).span),
        ExprKind::Binary { op, lhs, rhs } => {
            let contrary = contrary(op).filter(|_| is_total(function, op, [*lhs, *rhs]));
            let (lhs, rhs) = (body.expr(*lhs).span, body.expr(*rhs).span);
            let between = text(Span::new(lhs.end, rhs.start))?;
            match (contrary, between.trim() == op.as_str()) {
                (Some(contrary), true) => Some(format!("{} {contrary} {}", text(lhs)?, text(rhs)?)),
                _ => Some(format!("!({whole})")),
            }
        }
        ExprKind::MethodCall { .. } | ExprKind::Field { .. } | ExprKind::Path(_) | ExprKind::Macro(_) => {
            Some(format!("!{whole}"))
        }
        _ => Some(format!("!({whole})")),
    }
}

fn contrary(op: &str) -> Option<&'static str> {
    Some(match op {
        "==" => "!=",
        "!=" => "==",
        "<" => ">=",
        "<=" => ">",
        ">" => "<=",
        ">=" => "<",
        _ => return None,
    })
}

/// Whether one of a comparison and its contrary always holds: not so of floats, which may be no number.
fn is_total(function: &FunctionView<'_>, op: &str, operands: [ExprId; 2]) -> bool {
    if matches!(op, "==" | "!=") {
        return true;
    }
    let Some(typed) = Typed::of(function.file.analysis, function.id) else { return false };
    operands.into_iter().any(|it| {
        is_now(&typed, typed.init(it).unwrap_or(it))
            || match typed.ty(it) {
                Ty::Prim(name) => name.starts_with(['u', 'i']),
                Ty::Known(id, _) => {
                    let name = typed.model.knowledge().ty(id).name();
                    matches!(name, "Instant" | "SystemTime" | "Duration" | "String")
                }
                Ty::Foreign(path, _) => path.ends_with("::Instant") || path.ends_with("::Duration"),
                _ => false,
            }
    })
}

/// `Instant::now()`.
fn is_now(typed: &Typed<'_>, id: ExprId) -> bool {
    let ExprKind::Call { callee, .. } = &typed.expr(id).kind else { return false };
    let ExprKind::Path(path) = &typed.expr(*callee).kind else { return false };
    let names: Vec<&str> = path.segments.iter().rev().take(2).map(|it| it.name.as_str()).collect();
    matches!(names.as_slice(), ["now", "Instant" | "SystemTime"])
}
