//! What is known only because a guard was alive: values that were read under it, and decisions that were made.
//!
//! To end the guard and take the lock again makes such knowledge old: another thread comes between. A fix that does so turns a
//! deadlock into a race.

use safe_map_analysis::FunctionView;
use safe_map_analysis::facts::{Block, Body, Expr, ExprId, ExprKind, PatKind, StmtKind};
use safe_map_analysis::flow::Held;
use safe_map_analysis::name::Name;
use safe_map_analysis::span::Span;

use crate::bodies::blocks;
use crate::fix::{body_of, has_word};

/// Whether what follows `hazard`, or the way there, depends on what was seen under the guard.
pub(crate) fn depends_on(function: &FunctionView<'_>, held: &Held, hazard: Span) -> bool {
    let guard = function.flow.guard_at(held);
    let Some((name, binding)) = &guard.binding else { return false };
    let Some(body) = body_of(function) else { return true };
    let text = &function.file.parsed().source.text;
    let stmt = |block: &Block| {
        let spans = block.stmts.iter().map(|it| it.span).chain(block.tail.map(|it| body.expr(it).span));
        spans.filter(|it| it.contains(hazard)).min_by_key(|it| it.end - it.start)
    };
    let around = blocks(&body).filter(|it| it.stmts.iter().any(|it| it.span.contains(*binding)));
    let Some((block, until)) = around.filter_map(|it| Some((it, stmt(it)?))).last() else { return true };
    let mut seen = Seen { body: &body, text, guard: name, names: vec![name.clone()] };
    for it in block.stmts.iter().filter(|it| it.span.start > binding.start && it.span.end <= until.start) {
        if !seen.are_in(it.span) {
            continue;
        }
        if seen.decides(it.span) {
            return true;
        }
        seen.learn(it.span, matches!(it.kind, StmtKind::Let { .. }));
    }
    seen.names.retain(|it| it != name);
    seen.are_in(Span::new(until.start, body.exprs.iter().map(|it| it.span.end).max().unwrap_or(until.end)))
}

/// The names that have something of what the guard protects.
struct Seen<'a> {
    body: &'a Body,
    text: &'a str,
    guard: &'a Name,
    names: Vec<Name>,
}

impl Seen<'_> {
    fn within(&self, span: Span) -> impl Iterator<Item = &Expr> {
        self.body.exprs.iter().filter(move |it| span.contains(it.span))
    }

    /// Whether a piece of code looks at one of them; to drop the guard is no look.
    fn are_in(&self, span: Span) -> bool {
        let dropped: Vec<ExprId> = self.within(span).filter_map(|it| self.dropped(it)).collect();
        self.body.exprs.iter().enumerate().any(|(id, it)| match &it.kind {
            _ if !span.contains(it.span) || dropped.contains(&ExprId(id as u32)) => false,
            ExprKind::Path(path) => path.as_ident().is_some_and(|it| self.names.contains(it)),
            ExprKind::Macro(_) => self.names.iter().any(|name| has_word(it.span.text(self.text), name)),
            _ => false,
        })
    }

    fn dropped(&self, it: &Expr) -> Option<ExprId> {
        let ExprKind::Call { callee, args } = &it.kind else { return None };
        let ExprKind::Path(path) = &self.body.expr(*callee).kind else { return None };
        let is_drop = path.last().is_some_and(|it| it.name == "drop");
        args.first().copied().filter(|_| is_drop)
    }

    /// Whether a statement that looks may end the function or a turn: what follows is done only because of what it saw.
    fn decides(&self, stmt: Span) -> bool {
        self.within(stmt).any(|it| {
            matches!(
                it.kind,
                ExprKind::Return(_) | ExprKind::Break { .. } | ExprKind::Continue { .. } | ExprKind::Try(_)
            )
        })
    }

    /// Takes over what a statement binds, assigns or puts something into.
    fn learn(&mut self, stmt: Span, is_let: bool) {
        let bound = self.body.pats.iter().filter(|it| is_let && stmt.contains(it.span));
        let bound = bound.filter_map(|it| match &it.kind {
            PatKind::Bind { name, .. } => Some(name.clone()),
            _ => None,
        });
        let changed = self.within(stmt).filter_map(|it| match &it.kind {
            ExprKind::Assign { lhs: place, .. } | ExprKind::Ref { mutable: true, operand: place, .. } => {
                self.root(*place)
            }
            ExprKind::MethodCall { receiver, args, .. } => {
                let is_given = args.iter().any(|it| self.are_in(self.body.expr(*it).span));
                is_given.then(|| self.root(*receiver))?
            }
            _ => None,
        });
        let learnt: Vec<Name> = bound.chain(changed.filter(|it| it != self.guard)).collect();
        self.names.extend(learnt);
    }

    /// The local that a place is a part of; not `self`, which everything is in.
    fn root(&self, id: ExprId) -> Option<Name> {
        match &self.body.expr(id).kind {
            ExprKind::Path(path) => path.as_ident().filter(|it| **it != "self").cloned(),
            ExprKind::Field { base, .. } | ExprKind::Index { base, .. } => self.root(*base),
            ExprKind::Unary { operand, .. } => self.root(*operand),
            _ => None,
        }
    }
}
