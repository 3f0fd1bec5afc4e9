//! The fix that asks again in the step that removes: `remove_if` with the condition that decided.
//!
//! In: the access that looked at the entry, and the removal. The condition is read where the code decides on it: in the
//! closure of `is_some_and` or `filter`, in an `if` around the removal, or where a flag gets its value.

use safe_map_analysis::facts::{Body, ExprId, ExprKind, Lit, PatId, PatKind, StmtKind, UnaryOp};
use safe_map_analysis::knowledge::schema::Op;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::access::Access;
use crate::bodies::{blocks, is_named};
use crate::collected::chain;
use crate::parents::expr_at;
use crate::predicate::{Named, Predicate, Reader};
use crate::races::Accesses;
use crate::remove_if::operands;
use crate::retain::{closure_params, method};
use crate::story::here;
use crate::typing::Typed;
use crate::{Applicability, Edit, Fix};

/// `map.remove_if(key, |_, it| condition)` for `map.remove(key)`.
pub(crate) fn recheck(accesses: &Accesses<'_>, check: &Access<'_>, act: &Access<'_>) -> Option<Fix> {
    let (function, body) = (accesses.function, &accesses.body);
    if check.is_called() || act.is_called() || has_company(body, act.span()) {
        return None;
    }
    let ExprKind::MethodCall { receiver, method: name, method_span, args, .. } =
        &body.expr(expr_at(body, act.span())?).kind
    else {
        return None;
    };
    let [key] = args.as_slice() else { return None };
    let key = body.expr(*key).span;
    let suffix = name.strip_prefix("remove").filter(|it| matches!(*it, "" | "_sync" | "_async"))?;
    let again = format!("remove_if{suffix}");
    let typed = Typed::of(function.file.analysis, function.id)?;
    let known = method(&typed, *receiver, &again).filter(|it| it.spec.op == Op::RemoveIf)?;
    let reader = Reader { function, body, again: act.span() };
    let condition = Deciding { reader: &reader, check: check.span(), act: act.span() }.condition(check)?;
    let params = closure_params(known, &condition)?;
    let text = &function.file.parsed().source.text;
    // Nothing but the end of the call is behind the key: no parenthesis of its own.
    let rest = text.get(key.end as usize..act.span().end as usize)?.trim().trim_start_matches(',').trim();
    let at = Span::new(key.end, act.span().end);
    (rest == ")").then(|| Fix {
        title: "ask again in the step that removes".to_string(),
        applicability: Applicability::MaybeIncorrect,
        edits: vec![
            Edit { place: here(function, *method_span), replacement: again.clone() },
            Edit { place: here(function, at), replacement: format!(", {params} {})", condition.text) },
        ],
    })
}

/// Whether a removal whose result nobody looks at stands beside statements that do something: what they do belongs to a removal
/// that then may not happen, or changes the condition.
pub(crate) fn has_company(body: &Body, removal: Span) -> bool {
    blocks(body).any(|block| {
        let stmts = block.stmts.iter().filter_map(|it| match it.kind {
            StmtKind::Expr { expr, .. } => Some(expr),
            _ => None,
        });
        let all: Vec<ExprId> = stmts.chain(block.tail).collect();
        let is_it = |id: &ExprId| body.expr(*id).span == removal;
        all.iter().any(is_it) && !all.iter().all(|id| is_it(id) || does_nothing(body, *id))
    })
}

/// `break`, `drop(guard)`.
fn does_nothing(body: &Body, id: ExprId) -> bool {
    match &body.expr(id).kind {
        ExprKind::Break { .. } | ExprKind::Continue { .. } | ExprKind::Return(_) => true,
        ExprKind::Call { callee, .. } => match &body.expr(*callee).kind {
            ExprKind::Path(path) => path.last().is_some_and(|it| it.name == "drop"),
            _ => false,
        },
        _ => false,
    }
}

/// Where the code decides.
struct Deciding<'a> {
    reader: &'a Reader<'a>,
    check: Span,
    act: Span,
}

impl Deciding<'_> {
    fn body(&self) -> &Body {
        self.reader.body
    }

    fn condition(&self, check: &Access<'_>) -> Option<Predicate> {
        if matches!(check.op, Op::Iterate | Op::IterateMut) {
            return self.collected();
        }
        self.by_branches().or_else(|| self.by_entry())
    }

    /// `for e in map.iter() { if C { old.push(..) } }`, `map.iter().filter(|e| C)`.
    fn collected(&self) -> Option<Predicate> {
        let body = self.body();
        let chain = chain(body, self.check);
        let mut found = None;
        for id in &chain {
            let ExprKind::MethodCall { method, args, .. } = &body.expr(*id).kind else { continue };
            if method == "filter" {
                let ExprKind::Closure(closure) = &body.expr(*args.first()?).kind else { return None };
                let [(pat, None)] = closure.params.as_slice() else { return None };
                let more = self.reader.predicate(closure.body, &Named::guard(body, *pat, 1)?)?;
                found = Some(both(found, more)?);
            } else if method.contains("filter") || method.contains("while") {
                return None;
            }
        }
        let turn = body.exprs.iter().find_map(|it| match &it.kind {
            ExprKind::For { pat, iter, body: turn, .. } if chain.contains(iter) => Some((*pat, *turn)),
            _ => None,
        });
        let Some((pat, turn)) = turn else { return found };
        let push = self.push_in(body.expr(turn).span)?;
        let named = Named::guard(body, pat, 0)?;
        let more = self.conjuncts(&named, body.expr(turn).span, push)?;
        both(found, more)
    }

    /// The only call in a loop that puts something into a collection.
    fn push_in(&self, turn: Span) -> Option<Span> {
        let is_push = |it: &str| matches!(it, "push" | "insert" | "push_back");
        let mut pushes = self.body().exprs.iter().filter(|it| match &it.kind {
            ExprKind::MethodCall { method, .. } => turn.contains(it.span) && is_push(method),
            _ => false,
        });
        let push = pushes.next()?.span;
        pushes.next().is_none().then_some(push)
    }

    /// The conditions of the `if`s between a place and what they decide about, as far as they are about the entry.
    fn conjuncts(&self, named: &Named, within: Span, place: Span) -> Option<Predicate> {
        let body = self.body();
        let mut found = None;
        for it in body.exprs.iter().filter(|it| within.contains(it.span) && it.span.contains(place)) {
            let ExprKind::If { cond, then, .. } = &it.kind else { continue };
            let is_then = body.expr(*then).span.contains(place);
            // That a chain does not hold says nothing of each of its parts.
            let parts = if is_then { operands(body, *cond) } else { vec![*cond] };
            for part in parts.into_iter().filter(|it| self.is_about(*it, named)) {
                let own = self.reader.predicate(part, named)?;
                found = Some(both(found, if is_then { own } else { own.not() })?);
            }
        }
        found
    }

    /// Whether a condition names the entry; the one that takes it out does not.
    fn is_about(&self, cond: ExprId, named: &Named) -> bool {
        let body = self.body();
        let expr = body.expr(cond);
        let is_in = |name: Option<&Name>| name.is_some_and(|it| is_named(body, expr.span, it));
        let is_let = matches!(expr.kind, ExprKind::Let { .. });
        !is_let && (is_in(named.value_name()) || is_in(named.key_name()))
    }

    /// `if map.get(k).is_some_and(|it| C)`, there or by the name of a local.
    fn by_branches(&self) -> Option<Predicate> {
        let body = self.body();
        body.exprs.iter().find_map(|it| match &it.kind {
            ExprKind::If { cond, then, .. } if body.expr(*then).span.contains(self.act) => self.says(*cond),
            _ => None,
        })
    }

    /// The condition on the entry that a condition of the code is.
    fn says(&self, cond: ExprId) -> Option<Predicate> {
        let body = self.body();
        match &body.expr(cond).kind {
            ExprKind::Unary { op: UnaryOp::Not, operand } => self.says(*operand).map(Predicate::not),
            ExprKind::Lazy { op: safe_map_analysis::facts::LazyOp::And, lhs, rhs } => {
                self.says(*lhs).or_else(|| self.says(*rhs))
            }
            ExprKind::MethodCall { receiver, method, args, .. }
                if body.expr(*receiver).span == self.check =>
            {
                let ExprKind::Closure(closure) = &body.expr(*args.first()?).kind else { return None };
                let [(pat, None)] = closure.params.as_slice() else { return None };
                let said = self.reader.predicate(closure.body, &Named::guard(body, *pat, 0)?)?;
                match method.as_str() {
                    "is_some_and" => Some(said),
                    "is_none_or" => Some(said),
                    _ => None,
                }
            }
            ExprKind::Path(path) => self.says(self.init(path.as_ident()?)?),
            _ => None,
        }
    }

    /// What a local is declared with that is never assigned.
    fn init(&self, name: &Name) -> Option<ExprId> {
        let body = self.body();
        let mut inits = blocks(body).flat_map(|it| &it.stmts).filter_map(|it| match it.kind {
            StmtKind::Let { pat, init: Some(init), .. } => match &body.pat(pat).kind {
                PatKind::Bind { name: it, mutable: false, sub: None, .. } if it == name => Some(init),
                _ => None,
            },
            _ => None,
        });
        let init = inits.next()?;
        inits.next().is_none().then_some(init)
    }

    /// `if let Some(it) = map.get(k) { .. }`, where what is decided on `it` decides about the removal.
    fn by_entry(&self) -> Option<Predicate> {
        let body = self.body();
        let (pat, init) = self.entry()?;
        let PatKind::TupleStruct { path, elems } = &body.pat(pat).kind else { return None };
        let [elem] = elems.as_slice() else { return None };
        if path.last().is_none_or(|it| it.name != "Some") {
            return None;
        }
        let named = match self.is_copied(init) {
            true => Named::copy(body, *elem)?,
            false => Named::guard(body, *elem, 0)?,
        };
        let whole = body.expr(body.root).span;
        self.conjuncts(&named, whole, self.act).or_else(|| self.by_flag(&named))
    }

    /// The pattern that takes the answer apart.
    fn entry(&self) -> Option<(PatId, ExprId)> {
        let body = self.body();
        let is_it = |init: ExprId| body.expr(init).span == self.check || self.is_copied(init);
        let in_conditions = body.exprs.iter().find_map(|it| match it.kind {
            ExprKind::Let { pat, init } if is_it(init) => Some((pat, init)),
            _ => None,
        });
        in_conditions.or_else(|| {
            blocks(body).flat_map(|it| &it.stmts).find_map(|it| match it.kind {
                StmtKind::Let { pat, init: Some(init), otherwise: Some(_), .. } if is_it(init) => {
                    Some((pat, init))
                }
                _ => None,
            })
        })
    }

    /// `map.get(k).map(|it| *it)`.
    fn is_copied(&self, init: ExprId) -> bool {
        let body = self.body();
        let ExprKind::MethodCall { receiver, method, args, .. } = &body.expr(init).kind else { return false };
        let is_deref = |closure: &ExprId| match &body.expr(*closure).kind {
            ExprKind::Closure(it) => {
                matches!(body.expr(it.body).kind, ExprKind::Unary { op: UnaryOp::Deref, .. })
            }
            _ => false,
        };
        body.expr(*receiver).span == self.check && method == "map" && args.first().is_some_and(is_deref)
    }

    /// `let gone = C;`, `gone = C;` or `if C { gone = true; }`, and `if gone` around the removal.
    fn by_flag(&self, named: &Named) -> Option<Predicate> {
        let body = self.body();
        let flag = body.exprs.iter().find_map(|it| match &it.kind {
            ExprKind::If { cond, then, .. } if body.expr(*then).span.contains(self.act) => {
                match &body.expr(*cond).kind {
                    ExprKind::Path(path) => path.as_ident(),
                    _ => None,
                }
            }
            _ => None,
        })?;
        let mut assigned = body.exprs.iter().filter_map(|it| match &it.kind {
            ExprKind::Assign { op: None, lhs, rhs } => match &body.expr(*lhs).kind {
                ExprKind::Path(path) if path.as_ident() == Some(flag) => Some((it.span, *rhs)),
                _ => None,
            },
            _ => None,
        });
        let Some((at, value)) = assigned.next() else {
            return self.reader.predicate(self.init(flag)?, named);
        };
        if assigned.next().is_some() || !is_false_first(body, flag) {
            return None;
        }
        match &body.expr(value).kind {
            ExprKind::Lit(Lit::Bool(true)) => self.conjuncts(named, body.expr(body.root).span, at),
            ExprKind::Lit(_) => None,
            _ => self.reader.predicate(value, named),
        }
    }
}

/// `let mut gone = false;`.
fn is_false_first(body: &Body, flag: &Name) -> bool {
    blocks(body).flat_map(|it| &it.stmts).any(|it| match it.kind {
        StmtKind::Let { pat, init: Some(init), .. } => {
            let is_it = matches!(&body.pat(pat).kind, PatKind::Bind { name, .. } if name == flag);
            is_it && matches!(body.expr(init).kind, ExprKind::Lit(Lit::Bool(false)))
        }
        _ => false,
    })
}

fn both(first: Option<Predicate>, second: Predicate) -> Option<Predicate> {
    match first {
        Some(first) => first.and(second),
        None => Some(second),
    }
}
