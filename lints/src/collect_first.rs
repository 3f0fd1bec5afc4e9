//! The fix for a walk that removes and does other things as well: the keys are collected first, and each entry is removed
//! with the condition asked again.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Expr, ExprId, ExprKind, PatKind, StmtKind, UnaryOp};
use safe_map_analysis::knowledge::schema::TypeRole;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;
use safe_map_analysis::ty::Ty;

use crate::bodies::{binds, is_named};
use crate::fix::{has_word, indentation, without_parens};
use crate::parents::expr_at;
use crate::predicate::{Named, Predicate, Reader};
use crate::recheck::has_company;
use crate::retain::{closure_params, method};
use crate::story::here;
use crate::typing::Typed;
use crate::walked::only;
use crate::{Applicability, Edit, Fix};

/// `let found: Vec<_> = map.iter().filter(|it| condition).map(|it| it.key().clone()).collect();`, and a loop over that.
pub(crate) fn collect_first(function: &FunctionView<'_>, walk: Span, removal: Span) -> Option<Fix> {
    let typed = Typed::of(function.file.analysis, function.id)?;
    let walk = Walk::of(function, &typed, walk, removal)?;
    let text = walk.text;
    let is_taken = |name: &str| binds(&typed.body, Span::new(0, u32::MAX), name);
    if is_taken("found") || is_taken("key") || !walk.keys_can_be_copied() {
        return None;
    }
    let indent = indentation(text, walk.whole.start)?;
    let turn = walk.turn(removal, indent)?;
    let (map, name) = (typed.expr(walk.map).span.text(text), &walk.name);
    let condition = walk.condition.as_ref().map(|it| &it.filter);
    let keys = format!(".map(|{name}| {name}.key().clone())");
    let code = match walk.end() {
        Some(end) if walk.jumps(end) => return None,
        // A loop of one turn is none: clippy denies it.
        Some(_) => {
            let first = condition.map_or(".next()".to_owned(), |it| format!(".find(|{name}| {it})"));
            format!("let found = {map}.iter(){first}{keys};\n{indent}if let Some(key) = found {{{turn}}}")
        }
        None => {
            let filter = condition.map_or(String::new(), |it| format!(".filter(|{name}| {it})"));
            format!(
                "let found: Vec<_> = {map}.iter(){filter}{keys}.collect();\n{indent}for key in found {{{turn}}}"
            )
        }
    };
    Some(Fix {
        title: "collect the keys first, and ask again when they are removed".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![Edit { place: here(function, walk.whole), replacement: code }],
    })
}

/// `for it in map.iter() { if condition { .. } }`.
struct Walk<'a> {
    typed: &'a Typed<'a>,
    text: &'a str,
    whole: Span,
    map: ExprId,
    name: Name,
    condition: Option<Condition>,
    /// The block that is left of the turn.
    rest: ExprId,
}

struct Condition {
    /// For the closure that removes.
    asked: Predicate,
    /// For the closure that is given a reference to the guard.
    filter: String,
}

impl<'a> Walk<'a> {
    fn of(
        function: &'a FunctionView<'_>,
        typed: &'a Typed<'a>,
        walk: Span,
        removal: Span,
    ) -> Option<Walk<'a>> {
        let body = &typed.body;
        let (whole, pat, iter, turn) = body.exprs.iter().find_map(|it| match &it.kind {
            ExprKind::For { label: None, pat, iter, body: turn } => {
                let is_it = body.expr(*iter).span == walk && body.expr(*turn).span.contains(removal);
                is_it.then_some((it.span, *pat, *iter, *turn))
            }
            _ => None,
        })?;
        let ExprKind::MethodCall { receiver: map, method, .. } = &body.expr(iter).kind else { return None };
        let PatKind::Bind { name, by_ref: false, mutable: false, sub: None } = &body.pat(pat).kind else {
            return None;
        };
        if *method != "iter" || !is_dash_map(typed, *map) {
            return None;
        }
        let text = &*function.file.parsed().source.text;
        let mut walk =
            Walk { typed, text, whole, map: *map, name: name.clone(), condition: None, rest: turn };
        if let Some(ExprKind::If { cond, then, otherwise: None }) =
            only(body, turn).map(|it| &body.expr(it).kind)
        {
            let reader = Reader { function, body, again: removal };
            let asked = reader.predicate(*cond, &Named::guard(body, pat, 0)?)?;
            let filter = without_parens(&walk.filter(*cond)).to_string();
            walk.condition = Some(Condition { asked, filter });
            walk.rest = *then;
            // What is said around the `if` has no place any more.
            let (outer, inner) = (body.expr(turn).span, body.expr(*then).span);
            let around = [Span::new(outer.start, inner.start), Span::new(inner.end, outer.end)];
            if around.iter().any(|it| it.text(text).contains("//")) {
                return None;
            }
        }
        // A turn that only removes is `retain`'s.
        let removes_only = only(body, walk.rest).is_some_and(|it| body.expr(it).span == removal);
        (!removes_only).then_some(walk)
    }

    /// A condition on the guard, of a reference to it: derefs need one more.
    fn filter(&self, cond: ExprId) -> String {
        let body = &self.typed.body;
        let span = body.expr(cond).span;
        let stars = body.exprs.iter().filter(|it| span.contains(it.span)).filter_map(|it| match it.kind {
            ExprKind::Unary { op: UnaryOp::Deref, operand } if self.is_entry(operand) => {
                Some((Span::new(it.span.start, it.span.start), "*".to_string()))
            }
            _ => None,
        });
        edited(self.text, span, stars.collect())
    }

    /// What is done with each key, in braces, where the entry is only asked for it.
    fn turn(&self, removal: Span, indent: &str) -> Option<String> {
        let body = &self.typed.body;
        let block = body.expr(self.rest).span;
        let mut edits = vec![];
        for (id, it) in self.typed.exprs().filter(|(_, it)| block.contains(it.span)) {
            match &it.kind {
                ExprKind::Path(path) if path.as_ident() == Some(&self.name) => edits.push(self.key_at(id)?),
                ExprKind::Macro(_) if !self.is_plain_macro(it) => return None,
                _ => {}
            }
        }
        edits.extend(self.removal(removal)?);
        if let Some(end) = self.end().filter(|it| matches!(it.kind, ExprKind::Break { .. })) {
            // What is an `if let` then has nothing to break.
            let before = Span::new(block.start, end.span.start).text(self.text).trim_end().len() as u32;
            let semicolon = self.text.get(end.span.end as usize..)?.starts_with(';');
            let whole = Span::new(block.start + before, end.span.end + u32::from(semicolon));
            edits.push((whole, String::new()));
        }
        let inner = Span::new(block.start + 1, block.end - 1);
        let text = edited(self.text, inner, edits);
        if self.condition.is_none() {
            return Some(text);
        }
        // One level less: the `if` is gone.
        let (deep, less) = (format!("{indent}        "), format!("{indent}    "));
        let is_string = |line: &str| line.matches('"').count() % 2 == 1;
        let lines: Vec<String> = text
            .split('\n')
            .map(|it| match it.strip_prefix(&deep) {
                Some(rest) => format!("{less}{rest}"),
                None if it.trim().is_empty() && it.len() > indent.len() => indent.to_string(),
                None => it.to_string(),
            })
            .collect();
        (!text.lines().any(is_string)).then(|| lines.join("\n"))
    }

    /// How the last statement of a turn that does something ends the walk, if it does: nothing is behind it.
    fn end(&self) -> Option<&Expr> {
        let ExprKind::Block(block) = &self.typed.expr(self.rest).kind else { return None };
        let last = block.tail.or_else(|| match block.stmts.last()?.kind {
            StmtKind::Expr { expr, .. } => Some(expr),
            _ => None,
        });
        let end = self.typed.expr(last?);
        matches!(end.kind, ExprKind::Break { label: None, value: None } | ExprKind::Return(_)).then_some(end)
    }

    /// Whether a turn has another way out of the loop, or to the next turn, than `end`.
    fn jumps(&self, end: &Expr) -> bool {
        let block = self.typed.expr(self.rest).span;
        let inside =
            self.typed.exprs().map(|it| it.1).filter(|it| block.contains(it.span) && it.span != end.span);
        let mut jumps =
            inside.filter(|it| matches!(it.kind, ExprKind::Break { .. } | ExprKind::Continue { .. }));
        jumps.next().is_some()
    }

    /// `it.key()`, and what it becomes.
    fn key_at(&self, name: ExprId) -> Option<(Span, String)> {
        let parent = |child: ExprId| {
            self.typed.exprs().find(|(_, it)| match &it.kind {
                ExprKind::MethodCall { receiver, .. } => *receiver == child,
                ExprKind::Unary { op: UnaryOp::Deref, operand } => *operand == child,
                _ => false,
            })
        };
        let (call, expr) = parent(name)?;
        match &expr.kind {
            ExprKind::MethodCall { method, args, .. } if *method == "key" && args.is_empty() => {}
            _ => return None,
        }
        match parent(call) {
            Some((_, Expr { kind: ExprKind::MethodCall { .. }, .. })) => Some((expr.span, "key".to_string())),
            Some((_, it)) => Some((it.span, "key".to_string())),
            None => Some((expr.span, "&key".to_string())),
        }
    }

    /// Whether a macro has no hidden use of the entry: all that it names is read.
    fn is_plain_macro(&self, it: &Expr) -> bool {
        let body = &self.typed.body;
        !has_word(it.span.text(self.text), &self.name) || is_named(body, it.span, &self.name)
    }

    /// `remove_if` with the condition for `remove`.
    fn removal(&self, removal: Span) -> Option<Vec<(Span, String)>> {
        let body = &self.typed.body;
        let ExprKind::MethodCall { receiver, method: name, method_span, args, .. } =
            &body.expr(expr_at(body, removal)?).kind
        else {
            return None;
        };
        let [_] = args.as_slice() else { return None };
        let Some(condition) = &self.condition else { return Some(Vec::new()) };
        if has_company(body, removal) {
            return None;
        }
        let known = (*name == "remove").then(|| method(self.typed, *receiver, "remove_if"))??;
        let params = closure_params(known, &condition.asked)?;
        let at = Span::new(removal.end - 1, removal.end - 1);
        Some(vec![
            (*method_span, "remove_if".to_string()),
            (at, format!(", {params} {}", condition.asked.text)),
        ])
    }

    fn is_entry(&self, id: ExprId) -> bool {
        matches!(&self.typed.expr(id).kind, ExprKind::Path(path) if path.as_ident() == Some(&self.name))
    }

    /// Whether keys are surely `Clone`.
    fn keys_can_be_copied(&self) -> bool {
        let map = self.typed.derefs(&self.typed.ty(self.map));
        map.iter().any(
            |it| matches!(it, Ty::Known(_, args) if args.first().is_some_and(|it| is_clone(self.typed, it))),
        )
    }
}

fn is_dash_map(typed: &Typed<'_>, map: ExprId) -> bool {
    typed.derefs(&typed.ty(map)).iter().any(|it| {
        typed.model.role(it) == Some(TypeRole::SharedMap)
            && matches!(it, Ty::Known(id, _) if typed.model.knowledge().ty(*id).path.starts_with("dashmap::DashMap"))
    })
}

fn is_clone(typed: &Typed<'_>, ty: &Ty) -> bool {
    match ty {
        Ty::Prim(_) | Ty::Ref(safe_map_analysis::ty::Mutability::Shared, _) => true,
        Ty::Tuple(items) => items.iter().all(|it| is_clone(typed, it)),
        Ty::Known(id, _) => matches!(typed.model.knowledge().ty(*id).name(), "String" | "Arc" | "PathBuf"),
        Ty::Adt(id, _) => {
            let derives = &typed.model.item(typed.model.adt(*id).at).attrs.derives;
            derives.iter().any(|it| *it == "Clone")
        }
        _ => false,
    }
}

/// The text of a span with edits, all of which lie in it.
fn edited(text: &str, span: Span, mut edits: Vec<(Span, String)>) -> String {
    let mut out = span.text(text).to_string();
    edits.sort_by_key(|it| std::cmp::Reverse(it.0));
    for (at, new) in edits {
        out.replace_range((at.start - span.start) as usize..(at.end - span.start) as usize, &new);
    }
    out
}
