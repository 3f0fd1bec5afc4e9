//! Guards that only a scrutinee keeps alive: temporaries of a `match`, `if let`, `while let` or `for` whose branch does not
//! use what they protect.

use std::rc::Rc;

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Body, Expr, ExprId, ExprKind, PatId, PatKind};
use safe_map_analysis::flow::{Guard, Held};
use safe_map_analysis::span::Span;

use crate::fix::body_of;

/// The branches and loops of a function that look into something while a temporary guard is alive.
pub(crate) struct Scrutinees<'a> {
    function: FunctionView<'a>,
    pub(crate) body: Rc<Body>,
    parts: Vec<Part>,
}

/// A part of a branch or loop that the temporaries of its scrutinee live through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Part {
    /// The whole branch or loop.
    pub(crate) whole: Span,
    /// `match`, `if let`, `while let`, `for`.
    pub(crate) keyword: &'static str,
    /// The scrutinee.
    pub(crate) scrutinee: ExprId,
    /// Its value borrows nothing.
    pub(crate) is_owned: bool,
    /// The pattern that is matched on the way there; none for `else`.
    pat: Option<PatId>,
    /// The arm, block or body.
    part: ExprId,
}

impl<'a> Scrutinees<'a> {
    /// None where nothing is looked into while a temporary guard is alive.
    pub(crate) fn of(function: &FunctionView<'a>) -> Option<Scrutinees<'a>> {
        let flow = function.flow;
        let is_scrutinised = |guard: &Guard| {
            let looks_into = |span: Span| span.contains(guard.acquire.span);
            guard.binding.is_none() && flow.scrutinees.iter().any(|it| looks_into(it.span))
        };
        if !flow.guards.iter().any(is_scrutinised) {
            return None;
        }
        let body = body_of(function)?;
        let mut scrutinees = Scrutinees { function: *function, body, parts: Vec::new() };
        scrutinees.parts = scrutinees.body.exprs.iter().flat_map(|it| scrutinees.parts_of(it)).collect();
        Some(scrutinees)
    }

    /// The branch that keeps a guard alive at `at` without using what it protects.
    pub(crate) fn keeper(&self, held: &Held, at: Span) -> Option<&Part> {
        let guard = self.function.flow.guard(held.guard);
        if held.local.is_some() || guard.binding.is_some() || guard.derived {
            return None;
        }
        let span = |id: ExprId| self.body.expr(id).span;
        let keeps =
            |it: &&Part| span(it.scrutinee).contains(guard.acquire.span) && span(it.part).contains(at);
        let part = self.parts.iter().filter(keeps).max_by_key(|it| span(it.part).start)?;
        (!self.needs(part)).then_some(part)
    }

    /// The arm, block or body of a part.
    pub(crate) fn branch(&self, part: &Part) -> Span {
        self.body.expr(part.part).span
    }

    /// Whether another part of the same branch uses what its pattern borrows.
    pub(crate) fn is_needed_elsewhere(&self, part: &Part) -> bool {
        self.siblings(part).any(|it| self.needs(it))
    }

    /// Whether no part of the branch binds a name: the scrutinee is only asked something.
    pub(crate) fn binds_nothing(&self, part: &Part) -> bool {
        !self.siblings(part).filter_map(|it| it.pat).any(|it| self.binds(it))
    }

    fn siblings(&self, part: &Part) -> impl Iterator<Item = &Part> {
        self.parts.iter().filter(move |it| it.scrutinee == part.scrutinee)
    }

    fn binds(&self, pat: PatId) -> bool {
        let within = self.body.pat(pat).span;
        self.body.pats.iter().filter(|it| within.contains(it.span)).any(|it| match &it.kind {
            PatKind::Bind { name, .. } => !name.starts_with(|it: char| it.is_uppercase()),
            PatKind::Unknown => true,
            _ => false,
        })
    }

    fn needs(&self, part: &Part) -> bool {
        match part.pat {
            None => false,
            // The iterator itself is asked again, turn by turn.
            Some(_) if part.keyword == "for" => !part.is_owned,
            Some(pat) => self.borrows(pat, part),
        }
    }

    /// Whether a pattern binds a name that borrows from the scrutinee and is used in the branch.
    fn borrows(&self, pat: PatId, part: &Part) -> bool {
        let any = |pats: &[PatId]| pats.iter().any(|it| self.borrows(*it, part));
        match &self.body.pat(pat).kind {
            PatKind::Bind { name, by_ref, sub, .. } => {
                // A lone capital is a constant or a variant.
                let is_name = !name.starts_with(|it: char| it.is_uppercase());
                let borrows = is_name && (*by_ref || !part.is_owned);
                borrows && self.is_used(name, part.part) || sub.is_some_and(|it| self.borrows(it, part))
            }
            PatKind::Tuple(pats) | PatKind::Or(pats) | PatKind::Slice(pats) => any(pats),
            PatKind::TupleStruct { elems, .. } => any(elems),
            PatKind::Struct { fields, .. } => fields.iter().any(|(_, it)| self.borrows(*it, part)),
            PatKind::Typed(inner, _) => self.borrows(*inner, part),
            PatKind::Unknown => true,
            // `&x` copies.
            PatKind::Ref(_) | PatKind::Wild | PatKind::Rest | PatKind::Path(_) | PatKind::Lit(_) => false,
        }
    }

    /// Whether a name is used within an expression. A macro whose arguments did not parse may use it.
    fn is_used(&self, name: &str, within: ExprId) -> bool {
        let within = self.body.expr(within).span;
        self.body.exprs.iter().filter(|it| within.contains(it.span)).any(|it| match &it.kind {
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| it == name),
            ExprKind::Macro(call) => matches!(call.args, safe_map_analysis::facts::MacroArgs::Opaque),
            _ => false,
        })
    }

    fn parts_of(&self, expr: &Expr) -> Vec<Part> {
        let part = |keyword, scrutinee, pat, part| {
            let is_owned = self.is_owned(self.body.expr(scrutinee).span);
            Part { whole: expr.span, keyword, scrutinee, is_owned, pat, part }
        };
        match &expr.kind {
            ExprKind::Match { scrutinee, arms } => {
                arms.iter().map(|it| part("match", *scrutinee, Some(it.pat), it.body)).collect()
            }
            ExprKind::For { pat, iter, body, .. } => vec![part("for", *iter, Some(*pat), *body)],
            ExprKind::While { cond, body, .. } => {
                let lets = lets(&self.body, *cond).into_iter();
                lets.map(|(pat, init)| part("while let", init, Some(pat), *body)).collect()
            }
            ExprKind::If { cond, then, otherwise } => {
                let lets = lets(&self.body, *cond).into_iter();
                let parts = lets.flat_map(|(pat, init)| {
                    let otherwise = otherwise.map(|it| part("if let", init, None, it));
                    [Some(part("if let", init, Some(pat), *then)), otherwise]
                });
                parts.flatten().collect()
            }
            _ => Vec::new(),
        }
    }

    fn is_owned(&self, scrutinee: Span) -> bool {
        self.function.flow.scrutinees.iter().any(|it| it.span == scrutinee && it.is_owned)
    }
}

/// The `let`s of a condition.
pub(crate) fn lets(body: &Body, cond: ExprId) -> Vec<(PatId, ExprId)> {
    match &body.expr(cond).kind {
        ExprKind::Let { pat, init } => vec![(*pat, *init)],
        ExprKind::Lazy { lhs, rhs, .. } => [lets(body, *lhs), lets(body, *rhs)].concat(),
        _ => Vec::new(),
    }
}
