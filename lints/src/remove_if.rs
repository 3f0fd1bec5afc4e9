//! The fix for an entry that is looked at and removed while it is still had: `remove_if`, which does both in one step.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, ExprId, ExprKind, LazyOp, PatId, PatKind};
use safe_map_analysis::knowledge::schema::Op;
use safe_map_analysis::span::Span;

use crate::fix::with_comments;
use crate::parents::expr_at;
use crate::predicate::{Named, Predicate, Reader};
use crate::retain::{closure_params, method};
use crate::typing::Typed;
use crate::walked::only;
use crate::{Applicability, Fix};

/// `map.remove_if(key, |_, it| condition);` for `if let Some(it) = map.get(key) { if condition { map.remove(key); } }`: where
/// nothing else is done.
pub(crate) fn remove_if(function: &FunctionView<'_>, ask: Span, removal: Span) -> Option<Fix> {
    let typed = Typed::of(function.file.analysis, function.id)?;
    let (body, text) = (&typed.body, &function.file.parsed().source.text);
    let (map, name, key) = call(body, removal)?;
    let (asked, _, asked_key) = call(body, ask)?;
    let same = |a: ExprId, b: ExprId| body.expr(a).span.text(text) == body.expr(b).span.text(text);
    let suffix = name.strip_prefix("remove").filter(|it| matches!(*it, "" | "_sync"))?;
    if !same(map, asked) || !same(key, asked_key) {
        return None;
    }
    let decided = Decided::of(body, ask, removal)?;
    let condition = decided.condition(&Reader { function, body, again: removal })?;
    let known = method(&typed, map, &format!("remove_if{suffix}")).filter(|it| it.spec.op == Op::RemoveIf)?;
    let (map, key) = (body.expr(map).span.text(text), body.expr(key).span.text(text));
    let code = match condition {
        Some(it) => format!("{map}.remove_if{suffix}({key}, {} {});", closure_params(known, &it)?, it.text),
        None => format!("{map}.{name}({key});"),
    };
    Some(Fix {
        title: "look and remove in one step".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![with_comments(function, decided.whole, &code)?],
    })
}

/// The receiver, the method and the key of a call.
fn call(body: &Body, span: Span) -> Option<(ExprId, &str, ExprId)> {
    match &body.expr(expr_at(body, span)?).kind {
        ExprKind::MethodCall { receiver, method, args, .. } => match args.as_slice() {
            [key] => Some((*receiver, method.as_str(), *key)),
            _ => None,
        },
        _ => None,
    }
}

/// An `if let` that looks at an entry, and does nothing but remove it.
struct Decided {
    whole: Span,
    /// What takes the answer apart.
    pat: PatId,
    /// What must hold of it.
    conditions: Vec<ExprId>,
}

impl Decided {
    fn of(body: &Body, ask: Span, removal: Span) -> Option<Decided> {
        let mut decided = body.exprs.iter().find_map(|it| match it.kind {
            ExprKind::If { cond, then, otherwise: None } if body.expr(then).span.contains(removal) => {
                let mut conditions = operands(body, cond);
                let ExprKind::Let { pat, init } = body.expr(conditions.remove(0)).kind else { return None };
                let is_it = body.expr(init).span == ask;
                is_it.then_some((Decided { whole: it.span, pat, conditions }, then))
            }
            _ => None,
        });
        let (decided, then) = decided.as_mut()?;
        let mut inside = only(body, *then)?;
        while let ExprKind::If { cond, then, otherwise: None } = body.expr(inside).kind {
            decided.conditions.extend(operands(body, cond));
            inside = only(body, then)?;
        }
        let Decided { whole, pat, conditions } = decided;
        let conditions = std::mem::take(conditions);
        (body.expr(inside).span == removal).then_some(Decided { whole: *whole, pat: *pat, conditions })
    }

    /// All conditions as one; nothing in it where there are none.
    #[expect(
        clippy::option_option,
        reason = "no condition is another answer than one that is not understood"
    )]
    fn condition(&self, reader: &Reader<'_>) -> Option<Option<Predicate>> {
        let PatKind::TupleStruct { path, elems } = &reader.body.pat(self.pat).kind else { return None };
        let [elem] = elems.as_slice() else { return None };
        path.last().filter(|it| it.name == "Some")?;
        let named = Named::guard(reader.body, *elem, 0)?;
        let mut all: Option<Predicate> = None;
        for it in &self.conditions {
            let more = reader.predicate(*it, &named)?;
            all = Some(match all {
                Some(all) => all.and(more)?,
                None => more,
            });
        }
        Some(all)
    }
}

/// The operands of a chain of `&&`.
pub(crate) fn operands(body: &Body, cond: ExprId) -> Vec<ExprId> {
    match body.expr(cond).kind {
        ExprKind::Lazy { op: LazyOp::And, lhs, rhs } => {
            let mut all = operands(body, lhs);
            all.extend(operands(body, rhs));
            all
        }
        _ => vec![cond],
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::{fixed, found};
    use crate::{LINTS, Lint};

    fn lint() -> &'static Lint {
        LINTS.iter().copied().find(|it| it.name == "double_lock").expect("a lint")
    }

    /// What becomes of a body.
    fn fixed_body(body: &str) -> Option<String> {
        let text = |body: &str| {
            format!(
                "struct V {{ n: u32 }}\nfn f(m: &dashmap::DashMap<u64, V>, k: u64, n: u32) {{\n    {body}\n}}\n"
            )
        };
        assert_eq!(found(lint(), &text(body)).len(), 1, "{body}");
        let fixed = fixed(lint(), &text(body))?;
        assert_eq!(found(lint(), &fixed), [], "{fixed}");
        let (before, after) = text("|").split_once('|').map(|(a, b)| (a.len(), b.len())).expect("a mark");
        Some(fixed[before..fixed.len() - after].to_string())
    }

    #[test]
    fn an_entry_that_is_looked_at_and_removed() {
        for (body, better) in [
            (
                "if let Some(it) = m.get(&k) { if it.n == n { m.remove(&k); } }",
                "m.remove_if(&k, |_, it| it.n == n);",
            ),
            (
                "if let Some(it) = m.get_mut(&k) { if it.n == 0 { if n > 1 || k > 1 { m.remove(&k); } } }",
                "m.remove_if(&k, |_, it| it.n == 0 && (n > 1 || k > 1));",
            ),
            ("if let Some(_it) = m.get(&k) { m.remove(&k); }", "m.remove(&k);"),
            (
                "if let Some(it) = m.get(&k) { if (it.n == n) { m.remove(&k); } }",
                "m.remove_if(&k, |_, it| it.n == n);",
            ),
            (
                "if let Some(it) = m.get(&k) { if (it.n == 0 || n > 1) { m.remove(&k); } }",
                "m.remove_if(&k, |_, it| it.n == 0 || n > 1);",
            ),
            (
                "if let Some(it) = m.get(&k) { if n > 1 && (it.n == 0 || n > 7) { m.remove(&k); } }",
                "m.remove_if(&k, |_, it| n > 1 && (it.n == 0 || n > 7));",
            ),
        ] {
            assert_eq!(fixed_body(body).as_deref(), Some(better), "{body}");
        }
    }

    #[test]
    fn the_map_of_scc_has_a_method_of_its_own_for_each_way_to_wait() {
        let text = "
fn f(m: &scc::HashMap<u64, u32>, k: u64) {
    if let Some(it) = m.get_sync(&k) {
        if *it == 0 {
            m.remove_sync(&k);
        }
    }
}
";
        let fixed = fixed(lint(), text).expect("a fix");
        assert!(fixed.contains("    m.remove_if_sync(&k, |it| *it == 0);\n}"), "{fixed}");
        assert_eq!(found(lint(), &fixed), []);
    }

    #[test]
    fn another_key_or_more_to_do_is_left() {
        for body in [
            "if let Some(it) = m.get(&k) { if it.n == n { m.remove(&7); } }",
            "if let Some(it) = m.get(&k) { if it.n == n { println!(); m.remove(&k); println!(\"{}\", it.n); } }",
            "if let Some(it) = m.get(&k) { if it.n == n { m.remove(&k); } else { println!(); } }",
        ] {
            assert_eq!(fixed_body(body), None, "{body}");
        }
    }
}
