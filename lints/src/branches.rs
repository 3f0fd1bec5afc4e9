//! Places that no run of a body passes one after the other: the arms of one branch, and what an earlier part has left.
//!
//! In: a body and two places. Out: whether who comes by the first cannot come to the second because of it. A later turn of
//! a loop around both is another run.

use safe_map_analysis::facts::{Block, Body, Expr, ExprId, ExprKind, StmtKind};
use safe_map_analysis::span::Span;

use crate::bodies::is_loop;

/// Whether two places are never on one path.
pub(crate) fn are_apart(body: &Body, first: Span, second: Span) -> bool {
    body.exprs.iter().any(|it| match &it.kind {
        ExprKind::If { then, otherwise: Some(otherwise), .. } => {
            is_split(body, [*then, *otherwise], first, second)
        }
        ExprKind::Match { arms, .. } => {
            let arm_of = |at: Span| arms.iter().position(|it| body.expr(it.body).span.contains(at));
            arm_of(first).zip(arm_of(second)).is_some_and(|(one, other)| one != other)
        }
        ExprKind::Block(block) => {
            it.span.contains(first) && !it.span.contains(second) && is_left(body, it, block, second)
        }
        _ => false,
    })
}

fn is_split(body: &Body, parts: [ExprId; 2], first: Span, second: Span) -> bool {
    let [one, other] = parts.map(|it| body.expr(it).span);
    one.contains(first) && other.contains(second) || other.contains(first) && one.contains(second)
}

/// Whether a block ends by leaving what is around it and the second place.
fn is_left(body: &Body, whole: &Expr, block: &Block, second: Span) -> bool {
    let last = block.tail.or_else(|| match block.stmts.last()?.kind {
        StmtKind::Expr { expr, .. } => Some(expr),
        _ => None,
    });
    let around = |is_it: fn(&Expr) -> bool| {
        let all =
            body.exprs.iter().filter(|it| is_it(it) && it.span.contains(whole.span) && it.span != whole.span);
        all.min_by_key(|it| it.span.end - it.span.start).is_none_or(|it| it.span.contains(second))
    };
    match last.map(|it| &body.expr(it).kind) {
        Some(ExprKind::Return(_)) => around(is_code),
        Some(ExprKind::Continue { label: None } | ExprKind::Break { label: None, .. }) => around(is_loop),
        _ => false,
    }
}

/// What `return` leaves, the function aside.
fn is_code(it: &Expr) -> bool {
    use safe_map_analysis::facts::BlockKind;
    match &it.kind {
        ExprKind::Closure(_) => true,
        ExprKind::Block(block) => matches!(block.kind, BlockKind::Async { .. } | BlockKind::Try),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::found;

    /// What `lost_update` finds in a body that takes entries out of `m` and puts them back.
    fn count(body: &str) -> usize {
        let text = format!(
            "
struct S {{ m: dashmap::DashMap<u64, Vec<u64>> }}
impl S {{
    fn f(&self, k: u64, is_new: bool) {{ {body} }}
    fn add(&self, k: u64) {{ self.m.entry(k).or_default().push(1); }}
}}
"
        );
        let lint = crate::LINTS.iter().find(|it| it.name == "lost_update").expect("the lint");
        found(lint, &text).len()
    }

    #[test]
    fn steps_on_one_path() {
        assert_eq!(count("self.m.remove(&k); self.m.insert(k, vec![]);"), 1);
        assert_eq!(count("if is_new { self.m.remove(&k); } self.m.insert(k, vec![]);"), 1);
        assert_eq!(count("match k { 1 => { self.m.remove(&k); } _ => {} } self.m.insert(k, vec![]);"), 1);
        assert_eq!(
            count("let f = || { if is_new { self.m.remove(&k); return; } }; f(); self.m.insert(k, vec![]);"),
            1
        );
    }

    #[test]
    fn steps_of_two_paths() {
        for body in [
            "if is_new { self.m.remove(&k); } else { self.m.insert(k, vec![]); }",
            "match k { 1 => { self.m.remove(&k); } _ => { self.m.insert(k, vec![]); } }",
            "if is_new { self.m.remove(&k); return; } self.m.insert(k, vec![]);",
            "loop { if is_new { self.m.remove(&k); continue; } self.m.insert(k, vec![]); }",
        ] {
            assert_eq!(count(body), 0, "{body}");
        }
    }

    #[test]
    fn who_looks_at_what_was_replaced_loses_nothing_unseen() {
        assert_eq!(count("self.m.remove(&k); assert!(self.m.insert(k, vec![]).is_none());"), 0);
    }
}
